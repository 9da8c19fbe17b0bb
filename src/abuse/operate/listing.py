"""`abuse runs` and `abuse gates`: ledgers as tables on a terminal, or JSON."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from abuse.errors import InputError
from abuse.lake.ledger import ledger
from abuse.lake.publication import Run, let_pass
from abuse.lake.publication import runs as all_runs
from abuse.lake.storage import read_json, record_folder, record_folders
from abuse.operate.page import printable
from abuse.quality.runbook import advice
from abuse.registry import STAGES
from abuse.tables import GateResults

SHOWN = 5
"""Of the first rows that close a gate, so many on a terminal."""


def validation_file(folder: str, stage: str) -> str:
    """Where the suite's validation of a slice lies, beside the records of its steps."""
    return f"{folder}/validation-{stage}.json"


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


def latest_run(lake: str) -> str | None:
    """The run of the attempt that ended last."""
    return next((run.run_id for run in all_runs(lake) if run.is_attempt), None)


def gates_table(lake: str, run_id: str | None, console: Console, *, stage: str | None = None, is_json: bool) -> bool:
    """Prints each gate's latest answer on a run; whether none holds it. Raises InputError where none was asked."""
    run_id = run_id or latest_run(lake)
    every = ledger(lake, GateResults).to_pylist()
    ours = [row for row in every if row[GateResults.run_id] == run_id and stage in (None, row[GateResults.stage])]
    if not ours:
        what = f"no gate {f'of stage {stage} ' if stage else ''}was asked about {run_id}"
        raise InputError("--run", what, "a run of this lake", f"See `abuse runs --lake {lake}`.")
    ours.sort(key=lambda row: row[GateResults.attempt])
    latest_of = {(row[GateResults.stage], row[GateResults.gate]): row for row in ours}
    answers = sorted(latest_of.values(), key=lambda row: (STAGES.index(row["stage"]), row["gate"]))
    closed = {row[GateResults.gate] for row in answers if not row[GateResults.passed]}
    if is_json:
        console.out(json.dumps(answers, default=str, indent=1), highlight=False)
    else:
        _print(answers, console)
    return not closed or closed <= let_pass(all_runs(lake), str(run_id))


def _print(answers: list[dict[str, Any]], console: Console) -> None:
    """Each answer; under a closed gate the first rows that close it, and what the runbook says."""
    for row in answers:
        word = "passed" if row[GateResults.passed] else "HELD  "
        text = f"{word}  {row[GateResults.stage]:<8} {row[GateResults.gate]}: {row[GateResults.message]}"
        console.print(printable(text), soft_wrap=True)
        if row[GateResults.passed]:
            continue
        shown = json.loads(row[GateResults.detail] or "[]")
        for one in shown[:SHOWN]:
            said = ", ".join(f"{name} {value}" for name, value in one.items())
            console.print(printable(f"        {said}"), soft_wrap=True)
        if len(shown) > SHOWN:
            console.print(f"        and {len(shown) - SHOWN} more; --json shows them", soft_wrap=True)
        if told := advice(row[GateResults.gate]):
            console.print(f"        look at: {told.look}\n        do: {told.do}", soft_wrap=True)


def gate_docs(lake: str, run_id: str, folder: Path) -> Path:
    """Writes what the suites said of a run as Data Docs; the page to open. Raises InputError where nothing is kept."""
    from abuse.quality.docs import write_docs

    found = []
    for slice_ in record_folders(lake.rstrip("/")):
        record = read_json(f"{slice_}/ingest.json")
        if record and record["run_id"] == run_id:
            files = (read_json(validation_file(slice_, stage)) for stage in STAGES)
            found = [said for said in files if said]
    if not found:
        fix = "Its slice was run again since, or by an earlier version: run the night again."
        raise InputError(f"run {run_id}", "no validation of it in this lake", "the latest run of its slice", fix)
    return write_docs(folder, found)
