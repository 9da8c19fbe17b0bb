"""publish: the only writer of public tables. Its last act is one append to `runs`, the commit point."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from abuse.edge import lineage
from abuse.edge.context import Night
from abuse.edge.gating import gates_after
from abuse.edge.report import page_of, report_of
from abuse.errors import Held
from abuse.lake.ledger import append, replace_rows
from abuse.lake.lock import slice_lock
from abuse.lake.publication import Run, let_pass, runs
from abuse.lake.storage import made_of, report_folder, write_json
from abuse.operate.night_page.kept import keep
from abuse.quality.gates import Gate
from abuse.registry import STEPS
from abuse.tables import PUBLIC, GateResults, Published, Runs

COPIED: tuple[type[Published], ...] = tuple(t for t in PUBLIC if t not in lineage.COMPARED)
"""What steps made; the others compare this slice with the one before it."""


def attempt_of(lake: str, campaign_id: str, run_id: str) -> int:
    """The number of a run's next row: one more than `runs` knows of."""
    return 1 + max((r.attempt for r in runs(lake, campaign_id) if r.run_id == run_id), default=0)


def record_gates(night: Night, gates: list[Gate]) -> None:
    """Writes the answers of one stage; asking again replaces them."""
    if not gates:
        return
    run, stage = night.run, gates[0].stage
    attempt = attempt_of(night.lake.uri, run.campaign_id, run.run_id)
    about = {"run_id": run.run_id, "attempt": attempt, "campaign_id": run.campaign_id, "as_of": run.as_of}
    where = f"run_id = '{run.run_id}' AND attempt = {attempt} AND stage = '{stage}'"
    replace_rows(night.lake.uri, GateResults, [about | gate.row() for gate in gates], where)


def released(night: Night) -> Run | None:
    """The latest row of a person who let this run pass gates."""
    every = runs(night.lake.uri, night.campaign.id)
    return next((r for r in every if r.run_id == night.run.run_id and r.status == "released"), None)


def publish(night: Night) -> dict[str, Any]:
    """Copies this run's slices to the public tables, and compares them with those beside them in time.

    Raises Held, having changed no public table, when a gate does not pass.
    """
    gates = [gate for step in STEPS for gate in gates_after(step, night)]
    hold_if_closed(night, gates)
    by = released(night)
    versions = {}
    require_lake(night)
    for place, table in enumerate(COPIED):
        night.say(f"publishing {table.table_name()}", place, len(PUBLIC))
        versions[table.table_name()] = night.lake.replace_slice(table, night.slice(table), night.run, publish=True)
    night.say("comparing with the nights before and after", len(COPIED), len(PUBLIC))
    ours = lineage.side_of(night)
    versions |= lineage.since_earlier(night.lake, ours)
    later = lineage.for_later(night.lake, ours)
    actor, reason = (by.actor, by.reason) if by else (None, None)
    require_lake(night)
    write_json(made_of(night.lake.uri, night.campaign.id, night.as_of, night.run.run_id), night.record["ingest"])
    finish(night, "published", gates, versions=versions, actor=actor, reason=reason, later=later)
    return {"versions": versions}


def require_lake(night: Night) -> None:
    """Raises LakeError where the lease was lost meanwhile: by now another may write what these versions name."""
    with slice_lock(night.lake.uri, night.campaign.id, night.as_of):  # who enters again renews the lease
        pass


def hold_if_closed(night: Night, gates: list[Gate]) -> None:
    """Writes the run down as held and raises Held, where a gate is closed that no person let this run pass."""
    closed = [gate for gate in gates if not gate.passed]
    passed = let_pass(runs(night.lake.uri, night.campaign.id), night.run.run_id) if closed else frozenset()
    closed = [gate for gate in closed if gate.gate not in passed]
    if not closed:
        return
    names = tuple(gate.gate for gate in closed)
    finish(night, "held", gates, reason="; ".join(names), held_by=names)
    release = f'`abuse release {night.run.run_id} --lake {night.lake.uri} --reason "..."`'
    raise Held(
        f"run {night.run.run_id}",
        f"held by {', '.join(g.gate for g in closed)}: {closed[0].message}",
        "every gate to pass",
        f"Mend the cause, or {release}. Its page: {page_of(night)}",
    )


def finish(
    night: Night,
    status: str,
    gates: list[Gate],
    *,
    versions: dict[str, int] | None = None,
    actor: str | None = None,
    reason: str | None = None,
    held_by: tuple[str, ...] = (),
    later: Run | None = None,
) -> None:
    """How an attempt at this night's run ended."""
    attempt = attempt_of(night.lake.uri, night.campaign.id, night.run.run_id)
    report = report_of(night, status, attempt, gates)
    night.report = report
    ours = Run(
        run_id=night.run.run_id,
        attempt=attempt,
        campaign_id=night.campaign.id,
        as_of=night.as_of,
        status=status,
        finished_at=datetime.now(UTC),
        seconds=round(sum(report["seconds"].values()), 3),
        versions=versions or {},
        report=report,
        actor=actor,
        reason=reason,
        held_by=held_by,
    )
    commit(night.lake.uri, ours, later)


def commit(lake: str, ours: Run, later: Run | None = None) -> None:
    """The report, then the row in `runs`: with it a publication begins to exist. In the same append, so that no reader
    sees the one without the other, the row of the later slice that is compared with this one from now on. Then the
    pages that people read, which take no run back.
    """
    write_json(f"{report_folder(lake, ours.campaign_id, ours.as_of)}/run_report.json", ours.report)
    rows = [ours]
    if later is not None:  # a moment before, so that the latest row is that of the run which was asked for
        moment = ours.finished_at - timedelta(microseconds=1)
        attempt = attempt_of(lake, later.campaign_id, later.run_id)
        rows.append(replace(later, attempt=attempt, finished_at=moment))
    append(lake, Runs, [_row(run) for run in rows])
    for run in rows:
        keep(lake, run)


def _row(run: Run) -> dict[str, Any]:
    texts = {Runs.versions: run.versions, Runs.report: run.report}
    said = {name: json.dumps(value, sort_keys=True) for name, value in texts.items()}
    return asdict(run) | said | {Runs.held_by: list(run.held_by)}
