"""publish: the only writer of public tables. Its last act is the row in `runs`, the commit point."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from abuse.edge.context import Night
from abuse.edge.report import report_of
from abuse.errors import Held
from abuse.lake.publication import Run, append, replace_rows, runs
from abuse.lake.storage import write_json
from abuse.quality.gates import Gate, cluster_gates, input_gates, output_gates
from abuse.tables import (
    PUBLIC,
    ClusterLineage,
    GateResults,
    Published,
    Runs,
    VerdictChanges,
)

NOT_YET = (ClusterLineage, VerdictChanges)
"""Declared, and written once nights are compared with the nights before them."""
COPIED: tuple[type[Published], ...] = tuple(t for t in PUBLIC if t not in NOT_YET)


def gates_after(step: str, night: Night) -> list[Gate]:
    """The gates asked once this step is done."""
    if step == "ingest":
        return input_gates(night.record["ingest"]["sources"], night.settings)
    if step == "clusters":
        participants = night.record["ingest"]["participants"]
        return cluster_gates(night.record["clusters"]["clusters"] | {"participants": participants}, night.settings)
    if step == "decide":
        return output_gates(night.record["decide"]["figures"], night.settings)
    return []


def attempt_of(night: Night) -> int:
    """The number of the attempt under way: one more than `runs` knows of."""
    run_id = night.run.run_id
    return 1 + max((r.attempt for r in runs(night.lake.uri, night.campaign.id) if r.run_id == run_id), default=0)


def record_gates(night: Night, gates: list[Gate]) -> None:
    """Writes the answers of one stage; asking again replaces them."""
    if not gates:
        return
    run, attempt, stage = night.run, attempt_of(night), gates[0].stage
    about = {"run_id": run.run_id, "attempt": attempt, "campaign_id": run.campaign_id, "as_of": run.as_of}
    where = f"run_id = '{run.run_id}' AND attempt = {attempt} AND stage = '{stage}'"
    replace_rows(night.lake.uri, GateResults, [about | gate.row() for gate in gates], where)


def released(night: Night) -> Run | None:
    """The row of the person who let this run pass its gates."""
    every = runs(night.lake.uri, night.campaign.id)
    return next((r for r in every if r.run_id == night.run.run_id and r.status == "released"), None)


def publish(night: Night) -> dict[str, Any]:
    """Copies this run's slices to the public tables. Raises Held, having changed none, when a gate does not pass."""
    gates = [gate for step in ("ingest", "clusters", "decide") for gate in gates_after(step, night)]
    let_pass = released(night)
    if not all(gate.passed for gate in gates) and not let_pass:
        hold(night, gates)
    versions = {}
    for place, table in enumerate(COPIED):
        night.say(f"publishing {table.table_name()}", place, len(COPIED))
        versions[table.table_name()] = night.lake.replace_slice(table, night.slice(table), night.run, publish=True)
    actor, reason = (let_pass.actor, let_pass.reason) if let_pass else (None, None)
    finish(night, "published", gates, versions=versions, actor=actor, reason=reason)
    return {"versions": versions}


def hold(night: Night, gates: list[Gate]) -> None:
    """Writes the run down as held and raises Held."""
    closed = [gate for gate in gates if not gate.passed]
    finish(night, "held", gates, reason="; ".join(g.gate for g in closed))
    raise Held(
        f"run {night.run.run_id}",
        f"held by {', '.join(g.gate for g in closed)}: {closed[0].message}",
        "every gate to pass",
        f'Mend the cause, or `abuse release {night.run.run_id} --lake {night.lake.uri} --reason "..."`.',
    )


def finish(
    night: Night,
    status: str,
    gates: list[Gate],
    *,
    versions: dict[str, int] | None = None,
    actor: str | None = None,
    reason: str | None = None,
) -> None:
    """The report, then the row in `runs`: with it a publication begins to exist."""
    attempt = attempt_of(night)
    report = report_of(night, status, attempt, gates)
    folder = f"{night.lake.uri}/reports/{night.campaign.id}/{night.as_of:%Y%m%dT%H%M%SZ}"
    write_json(f"{folder}/run_report.json", report)
    night.report = report
    row = {
        Runs.run_id: night.run.run_id,
        Runs.attempt: attempt,
        Runs.campaign_id: night.campaign.id,
        Runs.as_of: night.as_of,
        Runs.status: status,
        Runs.finished_at: datetime.now(UTC),
        Runs.seconds: round(sum(report["seconds"].values()), 3),
        Runs.versions: json.dumps(versions or {}, sort_keys=True),
        Runs.report: json.dumps(report, sort_keys=True),
        Runs.actor: actor,
        Runs.reason: reason,
    }
    append(night.lake.uri, Runs, [row])
