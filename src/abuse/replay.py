"""A published run -> the same steps again on the facts as they were then, in a lake of their own, and what differs.

The run left a record of what it was made of: campaign, settings, reviews, and the version of every table of facts.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from abuse import __version__
from abuse.campaign import Campaign, campaign_from_json
from abuse.contract import Table
from abuse.edge.context import Night
from abuse.edge.publish import COPIED
from abuse.edge.rules import rules_digest
from abuse.edge.taking_part import write_participants
from abuse.errors import InputError, LakeError
from abuse.lake.delta import Lake, Slice
from abuse.lake.publication import Publication, Run, runs
from abuse.lake.storage import made_of, read_json, remove_tree, storage_of
from abuse.night import Progress, run_step
from abuse.registry import STEPS
from abuse.settings import Settings, settings_from_json
from abuse.steps.score.acts import is_local
from abuse.tables import Fact, FirstFunders, Published

AGAIN = tuple(step for step in STEPS if step not in ("ingest", "publish"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A published run and what it was made of."""

    run: Run
    ingest: dict[str, Any]
    campaign: Campaign
    settings: Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """Rows of a table as published and as made again; the last two count those that the other has not."""

    table: str
    published: int
    again: int
    only_published: int
    only_again: int

    @property
    def is_same(self) -> bool:
        return self.only_published == self.only_again == 0

    def row(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)


class Beside(Lake):
    """Facts, first funders and reviews of a lake; everything else in a folder of its own."""

    def __init__(self, source: Lake, folder: str) -> None:
        super().__init__(folder, source.spark)
        self.source = source

    @property
    def ledgers(self) -> str:
        return self.source.uri

    def work(self, table: type[Table]) -> str:
        return self.source.work(table) if issubclass(table, (Fact, FirstFunders)) else super().work(table)


def recorded(lake: str, run_id: str) -> Made:
    """Raises LakeError where the run is unknown, was not published, left no record or is of another version."""
    run = next((run for run in runs(lake) if run.run_id == run_id and run.status == "published"), None)
    if run is None:
        raise LakeError(f"run {run_id}", "not published here", "a published one", f"See `abuse runs --lake {lake}`.")
    ingest = read_json(made_of(lake, run.campaign_id, run.as_of, run_id))
    if ingest is None:
        fix = "Publish its night again with this version, which keeps one."
        raise LakeError(f"run {run_id}", "no record of what it was made of", "one", fix)
    if ingest["version"] != __version__:
        wanted = f"the version that is installed, {__version__}"
        raise LakeError(
            f"run {run_id}", f"made by version {ingest['version']}", wanted, "Install that one, replay there."
        )
    campaign, settings = campaign_from_json(ingest["campaign"]), settings_from_json(ingest["settings"])
    if ingest["rules_digest"] != rules_digest(campaign, settings):
        found = f"the model in {settings.score.model} is another than it was"
        raise LakeError(f"run {run_id}", found, "the one that scored it", "Put it back, and replay then.")
    return Made(run=run, ingest=ingest, campaign=campaign, settings=settings)


def replay(lake: Lake, made: Made, keep: str | None, progress: Progress) -> list[Compared]:
    """Every table that steps made, compared row by row. `keep` is where the new ones stay."""
    run = made.run
    with _folder(lake, keep) as folder:
        night = Night(Beside(lake, folder), made.campaign, made.settings, run.as_of, record={"ingest": made.ingest})
        write_participants(night)
        for name in AGAIN:
            run_step(name, night, progress)
        publication = Publication(lake.uri, run)
        return [_compared(lake, night, publication, table) for table in COPIED]


@contextmanager
def _folder(lake: Lake, keep: str | None) -> Iterator[str]:
    """Where it was asked for. Else one that goes again: of this machine or, where others work too, with the spills."""
    if keep is not None:
        if storage_of(keep).matching(keep):
            raise InputError(f"--keep {keep}", "there already", "a new folder", "Name another, or remove it.")
        yield keep
    elif is_local(lake.spark):
        with tempfile.TemporaryDirectory(prefix="abuse-replay-") as folder:
            yield folder
    else:
        folder = f"{lake.uri}/work/spill/replay-{os.urandom(8).hex()}"
        try:
            yield folder
        finally:
            remove_tree(folder)


def _compared(lake: Lake, night: Night, publication: Publication, table: type[Published]) -> Compared:
    slice_ = Slice.of(publication.run)
    names = [name for name in table.columns() if name != table.run_id]  # a refresh names only the tables it wrote anew
    before = lake.published(table, slice_, publication.version(table)).select(names)
    again = night.lake.slice(table, slice_).select(names)
    return Compared(
        table=table.table_name(),
        published=before.count(),
        again=again.count(),
        only_published=before.exceptAll(again).count(),
        only_again=again.exceptAll(before).count(),
    )
