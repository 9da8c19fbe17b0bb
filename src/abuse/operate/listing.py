"""`abuse runs` and `abuse gates`: ledgers as tables on a terminal, or JSON."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from rich.console import Console
from rich.table import Table

from abuse.errors import InputError
from abuse.lake.publication import Run, ledger
from abuse.lake.publication import runs as all_runs
from abuse.operate.page import printable
from abuse.tables import GateResults


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


def gates_table(lake: str, run_id: str | None, console: Console, *, is_json: bool) -> bool:
    """Prints the answers of a run's latest attempt; whether none holds it. Raises InputError for an unknown run."""
    rows = ledger(lake, GateResults).to_pylist()
    if run_id is None:
        latest = all_runs(lake)
        run_id = latest[0].run_id if latest else None
    ours = [row for row in rows if row[GateResults.run_id] == run_id]
    if not ours:
        raise InputError(
            "--run", f"no gate was asked about {run_id}", "a run of this lake", f"See `abuse runs --lake {lake}`."
        )
    attempt = max(row[GateResults.attempt] for row in ours)
    answers = [row for row in ours if row[GateResults.attempt] == attempt]
    answers.sort(key=lambda row: (row["stage"] != "inputs", row["stage"] == "outputs", row["gate"]))
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
