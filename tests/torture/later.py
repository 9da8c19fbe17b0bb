"""A person's word and an old run, a month later: the word still holds, and the run can still be made again.

One night, two accounts of its farm let off, a night each day for a month, a backfill of older days, maintenance by a
clock far ahead; then the first run is made again from the facts as they were.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from abuse.backfill import backfill, plan
from abuse.lake.delta import Lake
from abuse.lake.maintain import maintain
from abuse.lake.publication import Publication, publications
from abuse.replay import recorded, replay
from abuse.review.decide import decide
from abuse.review.said import Said
from abuse.settings import Maintain, Review
from abuse.tables import Decisions, DisqualifiedAccounts
from tests.night import tiny
from tests.night.lakes import Silent
from tests.torture.kill import raise_if
from tests.torture.session import started

FIRST, NUM = datetime(2026, 4, 1, tzinfo=UTC), 30
OLDER = date(2026, 3, 24), date(2026, 3, 30)
FAR = datetime(2030, 1, 1, tzinfo=UTC)
LET_OFF = tiny.farm()[:2]


def later(folder: Path) -> None:
    """Prints what was found; raises SystemExit when an account is out again, or the old run comes out otherwise."""
    nights, file, lake = started(), tiny.write(folder / "inputs"), folder / "lake"
    nights(file, lake, FIRST.isoformat())
    first = publications(str(lake), "tiny")[0].run.run_id
    said = Said(action="overturn", reason_code="shared_payer", actor="ann")
    decide(str(lake), "tiny", said, LET_OFF, Review())
    for place in range(NUM):
        nights(file, lake, (FIRST + (place + 1) * timedelta(days=1)).isoformat())
        print(f"night {place + 1} of {NUM}", flush=True)
    planned = plan(str(lake), [str(file)], nights.settings, *OLDER, every_days=3)
    backfill(Lake(str(lake), nights.spark), planned, Silent(), print)
    wrong, judged = 0, [one for one in publications(str(lake), "tiny") if one.run.run_id != first]
    for one in judged:
        out, farm = counted(one)
        wrong += out + (farm != len(tiny.farm()) - len(LET_OFF))
    print(f"{len(judged)} nights, {len(planned)} of them older: {wrong} in which who was let off is out", flush=True)
    swept = sum(done.files_removed for done in maintain(str(lake), Maintain(keep_days=1), now=FAR))
    found = replay(Lake(str(lake), nights.spark), recorded(str(lake), first), None, Silent())
    differ = [one.table for one in found if not one.is_same]
    print(
        f"{swept} files swept; the first run made again: {len(found)} tables, {differ or 'none'} otherwise", flush=True
    )
    raise_if(wrong > 0 or bool(differ))


def counted(night: Publication) -> tuple[int, int]:
    """(how many who were let off are out, how many of the farm are)."""
    listed = set(night.read(DisqualifiedAccounts, [DisqualifiedAccounts.account]).to_pydict()["account"])
    rows = night.read(Decisions, [Decisions.account, Decisions.verdict]).to_pylist()
    judged = {row["account"] for row in rows if row["verdict"] == "disqualified"}
    return len((listed | judged) & set(LET_OFF)), len(listed & judged & set(tiny.farm()))
