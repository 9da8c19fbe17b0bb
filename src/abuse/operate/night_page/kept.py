"""Where a run's page lies: beside its run report, whatever became of the run."""

from __future__ import annotations

import logging
from datetime import datetime

from abuse.errors import LakeError
from abuse.lake.publication import Run, runs
from abuse.lake.storage import report_folder, storage_of
from abuse.operate.night_page.page import page
from abuse.operate.night_page.told import told
from abuse.operate.page import printable

LOG = logging.getLogger("abuse.report")


def address(lake: str, campaign_id: str, as_of: datetime, run_id: str) -> str:
    return f"{report_folder(lake, campaign_id, as_of)}/{run_id}.html"


def _address(lake: str, run: Run) -> str:
    return address(lake, run.campaign_id, run.as_of, run.run_id)


def keep(lake: str, run: Run) -> None:
    """Whatever goes wrong, the run has ended as its row says: so it is a line in the log, and no error."""
    try:
        storage_of(lake).write(_address(lake, run), page(told(lake, run)))
    except Exception as why:
        found = (str(why).splitlines() or [""])[0]
        LOG.warning("The report of run %s was not written: %s: %s", run.run_id, type(why).__name__, printable(found))


def kept(lake: str, run: Run) -> bytes | None:
    """The page as the run left it; None where there is none."""
    return storage_of(lake).read(_address(lake, run))


def made_again(lake: str, run_id: str) -> tuple[Run, bytes]:
    """The run's last row, and its page: made anew from its tables or, where those are gone, as it was left."""
    run = next((one for one in runs(lake) if one.run_id == run_id), None)
    if run is None:
        raise LakeError(
            f"run {printable(run_id)}", "is unknown", "a run of this lake", f"See `abuse runs --lake {lake}`."
        )
    try:
        return run, page(told(lake, run))
    except LakeError:
        if (found := kept(lake, run)) is None:
            raise
        return run, found
