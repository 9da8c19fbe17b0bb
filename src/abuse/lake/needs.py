"""Lake -> what must stay readable beside the present state of its tables: publications, what was frozen for payout, and
the facts that records of runs name.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from abuse.lake.ledger import ledger
from abuse.lake.publication import Run, runs
from abuse.lake.storage import made_of, read_json, record_folders
from abuse.tables import FirstFunders, Freezes, PerRun


class Need(NamedTuple):
    """A version that may still be read: all of it, or the partitions that `within` names."""

    version: int
    within: tuple[tuple[str, str | datetime], ...] = ()


def needed_versions(root: str, before: datetime) -> dict[str, set[Need]]:
    """Table, as its folder in the lake -> what must stay readable beside its present state."""
    needs: dict[str, set[Need]] = defaultdict(set)
    readable = _readable(runs(root), before)
    published = [(run.campaign_id, run.as_of, run.versions) for run in readable]
    for campaign_id, as_of, versions in published + _frozen(root):
        slice_ = ((PerRun.campaign_id, campaign_id), (PerRun.as_of, as_of))
        for name, version in versions.items():
            needs[name].add(Need(version, slice_))
    for said in _records(root, readable):
        if (version := said.get("first_funders", {}).get("version")) is not None:
            needs[f"work/{FirstFunders.table_name()}"].add(Need(version))
        for name, fact in said["facts"].items():
            if fact["units"] and fact["version"] is not None:
                needs[f"work/{name}"].add(Need(fact["version"]))
    return needs


def _records(root: str, readable: list[Run]) -> Iterator[dict[str, Any]]:
    """What a resumed or released night reads, and what `abuse replay` reads of these runs."""
    begun = (f"{folder}/ingest.json" for folder in record_folders(root))
    kept = (made_of(root, run.campaign_id, run.as_of, run.run_id) for run in readable)
    for file in (*begun, *kept):
        if (said := read_json(file)) is not None:
            yield said


def _readable(newest_first: list[Run], before: datetime) -> list[Run]:
    """The publication of every slice, and those whose place another took since `before`: their appeals are open."""
    found = []
    replaced_at: dict[tuple[str, datetime], datetime] = {}
    for run in (r for r in newest_first if r.status == "published"):
        slice_ = (run.campaign_id, run.as_of)
        if replaced_at.get(slice_, before) >= before:
            found.append(run)
        replaced_at[slice_] = run.finished_at
    return found


def _frozen(root: str) -> list[tuple[str, datetime, dict[str, int]]]:
    """What payout was given is kept for good."""
    rows = ledger(root, Freezes).to_pylist()
    return [(row[Freezes.campaign_id], row[Freezes.as_of], json.loads(row[Freezes.versions])) for row in rows]
