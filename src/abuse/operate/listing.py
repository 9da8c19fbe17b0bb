"""`abuse runs` and `abuse gates`: ledgers as tables on a terminal, or JSON."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from abuse.errors import InputError
from abuse.lake.publication import Run, ledger
from abuse.lake.publication import runs as all_runs
from abuse.lake.storage import read_json, record_folder
from abuse.operate.page import printable
from abuse.tables import GateResults

STAGES = ("inputs", "clusters", "outputs")
"""In the order they are asked."""


def runs_table(found: list[Run], console: Console, *, is_json: bool) -> None:
    """Newest first."""
    if is_json:
        plain = [dataclasses.asdict(run) for run in found]
        console.out(json.dumps(plain, default=str, indent=1), highlight=False)
        return
    table = Table(
        "campaign", "as of", "run", "try", "status", "finished", "seconds", "by / why", box=None, pad_edge=False
    )
    for run in found:
        said = " ".join(filter(None, [run.actor and f"{run.actor}:", run.reason]))
        table.add_row(
            run.campaign_id,
            run.as_of.strftime("%Y-%m-%d %H:%M"),
            run.run_id,
            str(run.attempt),
            run.status,
            run.finished_at.strftime("%Y-%m-%d %H:%M"),
            f"{run.seconds:.0f}",
            printable(said),
        )
    console.print(table if found else "No run yet.")


def run_under_way(lake: str, campaign_id: str, as_of: datetime) -> str:
    """The run a slice is at: the one its last ingest began. Raises InputError when there was none."""
    record = read_json(f"{record_folder(lake, campaign_id, as_of)}/ingest.json")
    if record is None:
        raise InputError(
            f"lake {lake}",
            f"no night of {campaign_id!r} as of {as_of.isoformat()}",
            "one that ingest has begun",
            f"See `abuse runs --lake {lake}`.",
        )
    return str(record["run_id"])


def gates_table(lake: str, run_id: str | None, console: Console, *, stage: str | None = None, is_json: bool) -> bool:
    """Prints each gate's latest answer on a run; whether none holds it. Raises InputError where none was asked."""
    if run_id is None:
        latest = all_runs(lake)
        run_id = latest[0].run_id if latest else None
    every = ledger(lake, GateResults).to_pylist()
    ours = [row for row in every if row[GateResults.run_id] == run_id and stage in (None, row[GateResults.stage])]
    if not ours:
        what = f"no gate {f'of stage {stage} ' if stage else ''}was asked about {run_id}"
        raise InputError("--run", what, "a run of this lake", f"See `abuse runs --lake {lake}`.")
    ours.sort(key=lambda row: row[GateResults.attempt])
    latest_of = {(row[GateResults.stage], row[GateResults.gate]): row for row in ours}
    answers = sorted(latest_of.values(), key=lambda row: (STAGES.index(row["stage"]), row["gate"]))
    is_open = all(row[GateResults.passed] for row in answers)
    if is_json:
        console.out(json.dumps(answers, default=str, indent=1), highlight=False)
    else:
        _print(answers, console)
    return is_open or _let_pass(lake, run_id)


def _let_pass(lake: str, run_id: str | None) -> bool:
    return any(run.run_id == run_id and run.status == "released" for run in all_runs(lake))


def _print(answers: list[dict[str, Any]], console: Console) -> None:
    for row in answers:
        word = "passed" if row[GateResults.passed] else "HELD  "
        text = f"{word}  {row[GateResults.stage]:<8} {row[GateResults.gate]}: {row[GateResults.message]}"
        console.print(printable(text), soft_wrap=True)
