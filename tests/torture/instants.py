"""Point in time: a backfill of the whole campaign says what a night on inputs cut off at that instant says.

And a canary, a row at the instant or after it, changes nothing but the count of rows that come after.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from abuse.backfill import backfill, plan
from abuse.lake.delta import Lake
from abuse.lake.publication import current
from abuse.tables import PUBLIC
from tests.night import tiny
from tests.night.lakes import Silent
from tests.torture.kill import raise_if
from tests.torture.session import Nights, started

FIRST, NUM, QUICK = date(2026, 3, 12), 20, 1
TIMED = ("participation.csv", "transfers.csv")
RUN = ("run_id", "campaign_id")


def instants(folder: Path, *, is_quick: bool = False) -> None:
    """Prints a line per instant; raises SystemExit where a row differs."""
    nights, whole = lenient(started()), tiny.write(folder / "whole")
    num = QUICK if is_quick else NUM
    last = FIRST + timedelta(days=2 * (num - 1))
    planned = plan(str(folder / "lake"), [str(whole)], nights.settings, FIRST, last, every_days=2)
    backfill(Lake(str(folder / "lake"), nights.spark), planned, Silent(), print)
    differing = 0
    for one in planned:
        cut = folder / f"cut-{one.as_of:%m%d}"
        truncated(tiny.write(cut), one.as_of)
        same = judged(nights, cut / "campaign.toml", cut / "lake", one.as_of) == rows(folder / "lake", one.as_of)
        differing += not same
        print(f"as of {one.as_of:%Y-%m-%d}: backfill and a night on what was known then agree {same}", flush=True)
    differing += canary(nights, folder, datetime.combine(FIRST, time(), UTC))
    raise_if(differing > 0)


def lenient(nights: Nights) -> Nights:
    """Of few rows that were known by then, the one in quarantine is more than a gate lets pass."""
    ingest = replace(nights.settings.ingest, max_quarantine_share=1.0)
    return nights._replace(settings=replace(nights.settings, ingest=ingest))


def truncated(file: Path, as_of: datetime) -> None:
    """Takes out every row at the instant or after it."""
    for name in TIMED:
        path = file.parent / name
        header, *lines = csv.reader(path.read_text().splitlines())
        place = header.index("at")
        stamp = f"{as_of:%Y-%m-%dT%H:%M:%SZ}"
        kept = [line for line in lines if not line[place][:1].isdigit() or line[place] < stamp]
        with path.open("w", newline="") as out:
            csv.writer(out).writerows([header, *kept])


def canary(nights: Nights, folder: Path, as_of: datetime) -> int:
    """Rows of the farm's operator at the instant itself; 1 when they change more than `after_as_of`."""
    file = tiny.write(folder / "canary")
    paid = (
        f"0x{77:064x}",
        f"{as_of:%Y-%m-%dT%H:%M:%SZ}",
        tiny.OPERATOR,
        tiny.honest()[0],
        "native",
        "5",
        tiny.OPERATOR,
        "0",
    )
    with (file.parent / "transfers.csv").open("a", newline="") as out:
        csv.writer(out).writerow(paid)
    before, after = rows(folder / "lake", as_of), judged(nights, file, folder / "canary" / "lake", as_of)
    counts = [
        _after(current(str(lake), "tiny", as_of).run.report) for lake in (folder / "lake", folder / "canary/lake")
    ]
    print(f"a canary at {as_of:%Y-%m-%d}: same rows {before == after}, after_as_of {counts[0]} then {counts[1]}")
    return int(before != after or counts[1] != counts[0] + 1)


def _after(report: dict[str, Any]) -> int:
    return sum(source["after_as_of"] for source in report["sources"])


def judged(nights: Nights, file: Path, lake: Path, as_of: datetime) -> dict[str, list[str]]:
    """The rows of a night of its own."""
    nights(file, lake, as_of.isoformat())
    return rows(lake, as_of)


def rows(lake: Path, as_of: datetime) -> dict[str, list[str]]:
    """Public rows of a slice, without the run that made them and what it says of other slices."""
    publication = current(str(lake), "tiny", as_of)
    found = {}
    for table in PUBLIC:
        if table.table_name() not in ("cluster_lineage", "verdict_changes"):
            names = [name for name in table.columns() if name not in RUN]
            found[table.table_name()] = sorted(str(row) for row in publication.read(table, names).to_pylist())
    return found
