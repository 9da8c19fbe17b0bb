"""A run and its lake -> all that its page tells: a function of the run's tables and of the ledgers up to its row."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pyarrow.compute as pc

from abuse.errors import SettingsError
from abuse.lake.ledger import ledger
from abuse.lake.publication import Run, runs
from abuse.lake.storage import made_of, read_json, record_folder
from abuse.operate.night_page.found import Found, found
from abuse.registry import STAGES
from abuse.settings import Settings, settings_from_json
from abuse.tables import GateResults

SAME_COMMIT = timedelta(microseconds=1)
"""Rows of one commit are so far apart."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    lake: str
    """As the run knew it: a lake that was moved since gives the same page."""
    run: Run
    earlier: list[Run]
    """Attempts at this night and those before it until then, newest first."""
    gates: list[dict[str, Any]]
    """Each gate's last answer, in the order they are asked."""
    found: Found
    settings: Settings | None
    """What it was decided under, where that is kept."""
    version: str | None
    """Of the project."""


def told(lake: str, run: Run) -> Told:
    """Raises LakeError where the tables of the run are kept no more."""
    run = replace(run, report=json.loads(json.dumps(run.report, sort_keys=True)))  # as `runs` gives it back
    made = _made(lake, run)
    settings = _settings(made)
    known = [one for one in runs(lake, run.campaign_id) if one.finished_at <= run.finished_at + SAME_COMMIT]
    return Told(
        lake=run.report.get("lake") or lake,
        run=run,
        earlier=[one for one in known if one.as_of <= run.as_of],
        gates=_gates(lake, run),
        found=found(lake, run, (settings or Settings()).policy.min_cluster_size),
        settings=settings,
        version=made.get("version"),
    )


def _made(lake: str, run: Run) -> dict[str, Any]:
    """What ingest wrote down of the run: kept for good of a publication, of others until the slice is run again."""
    kept = read_json(made_of(lake, run.campaign_id, run.as_of, run.run_id))
    lying = read_json(f"{record_folder(lake, run.campaign_id, run.as_of)}/ingest.json")
    if kept is None and lying is not None and lying["run_id"] == run.made_by:
        return dict(lying)
    return dict(kept or {})


def _settings(made: dict[str, Any]) -> Settings | None:
    """None also of an earlier version's that this one does not know."""
    try:
        return settings_from_json(made["settings"]) if made.get("settings") else None
    except SettingsError:
        return None


def _gates(lake: str, run: Run) -> list[dict[str, Any]]:
    ours = pc.field(GateResults.run_id) == run.made_by
    last: dict[tuple[str, str], dict[str, Any]] = {}
    for row in sorted(ledger(lake, GateResults, ours).to_pylist(), key=lambda row: row[GateResults.attempt]):
        if run.made_by != run.run_id or row[GateResults.attempt] <= run.attempt:
            last[row[GateResults.stage], row[GateResults.gate]] = row
    answers = list(last.values()) or run.report.get("gates") or []
    return sorted(answers, key=lambda row: (STAGES.index(row["stage"]), row["gate"]))
