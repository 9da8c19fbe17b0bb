"""Which gates are asked after a step: about which tables, by which rules. The answers go into the step's record.

In work, tables that only feed the next step are not asked about: what they feed is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse.edge.context import Night, is_before
from abuse.edge.counts import FACT_TABLES
from abuse.edge.lineage import as_published, neighbours
from abuse.lake.storage import read_json, write_json
from abuse.operate.listing import validation_file
from abuse.quality.ask import Stage, ask
from abuse.quality.gates import Gate, cluster_gates, drift_gates, input_gates, output_gates
from abuse.quality.inputs import analysed_gate, belief_gates
from abuse.quality.measure import ROWS, Subject, asked_of, counts_by
from abuse.quality.rules import cluster_rules, output_rules
from abuse.registry import STEPS
from abuse.settings import digest
from abuse.steps.changes import score_drift
from abuse.tables import (
    ClusterMembers,
    Clusters,
    Decisions,
    DisqualifiedAccounts,
    Explanations,
    Fact,
    Links,
    ParticipantAddresses,
    Participants,
    Participation,
    PerRun,
    Scores,
    Services,
    Transfers,
)


def asked(step: str, night: Night) -> dict[str, Any]:
    """What a step's record says of its gates; nothing after a step that has none."""
    gate = STEPS[step].gate
    if not gate:
        return {}
    started = time.monotonic()
    night.say("asking the gates", 0, 1)
    stage = ASKED[gate](night)
    found = ask(night.lake.spark, stage)
    write_json(validation_file(night.folder, stage.name), found.validation)
    gates = [gate.row() for gate in found.gates]
    return {"gates": gates, "gate_seconds": round(time.monotonic() - started, 3)}


def gates_after(step: str, night: Night) -> list[Gate]:
    """The answers of the gates asked once this step was done."""
    if not STEPS[step].gate:
        return []
    rows = night.record[step].get("gates")
    if rows is None:  # the record of an earlier version: its night is held and may be released, not published unasked
        message = "the gates of this step were not asked; run the night again"
        return [Gate(f"not_asked:{step}", STEPS[step].gate, False, 0.0, 0.0, message)]
    return [Gate(**row) for row in rows]


def inputs(night: Night) -> Stage:
    """Bad rows by source, the facts' contracts, who takes part."""
    subjects = [*_slices(night, Participants, ParticipantAddresses), *_facts(night)]
    return Stage("inputs", subjects, [], _input_figures(night))


def _input_figures(night: Night) -> list[Gate]:
    ingest = night.record["ingest"]
    settled = night.campaign.ends_at + timedelta(days=night.settings.ingest.settled_days)
    gates = input_gates(ingest["sources"], night.settings)
    return gates + belief_gates(ingest, min(night.as_of, settled), night.settings)


def figure_gates(night: Night) -> list[Gate]:
    """The gates that are nothing but figures of the records, without a look at any table."""
    return [*_input_figures(night), *_cluster_figures(night), *_output_figures(night)]


def _cluster_figures(night: Night) -> list[Gate]:
    figures = night.record["clusters"]["clusters"] | {"participants": night.record["ingest"]["participants"]}
    return cluster_gates(figures, night.settings)


def _output_figures(night: Night) -> list[Gate]:
    made = night.record["decide"]
    missing = abs(night.record["ingest"]["participants"] - made["figures"]["participants"])
    figures = made["figures"] | {"undecided": made["figures"]["undecided"] + missing}  # of an empty table all is right
    return [*output_gates(figures, night.settings), analysed_gate(made["verdicts"], night.settings)]


def clusters(night: Night) -> Stage:
    """The largest cluster, and whether clusters, members and participants fit together."""
    rules = cluster_rules(night.slice(Clusters), night.slice(ClusterMembers), night.slice(Participants))
    subjects = _slices(night, Services, Links, Clusters, ClusterMembers)
    return Stage("clusters", subjects, rules, _cluster_figures(night))


def outputs(night: Night) -> Stage:
    """What is about to be published."""
    out, made = night.slice(DisqualifiedAccounts), night.record["decide"]
    facts = [night.stored(t).where(is_before(t, night.as_of)).select("tx_hash") for t in (Transfers, Participation)]
    rules = output_rules(
        night.slice(Decisions),
        out,
        facts,
        {source.name for source in night.campaign.sources},
        num_out=made["verdicts"].get("disqualified", 0),
    )
    subjects = _slices(night, Scores, Explanations, Decisions, DisqualifiedAccounts)
    return Stage("outputs", subjects, rules, [*_output_figures(night), *drift_gates(_drift(night), night.settings)])


ASKED: dict[str, Callable[[Night], Stage]] = {"inputs": inputs, "clusters": clusters, "outputs": outputs}
"""Stage -> what is asked."""


def _drift(night: Night) -> dict[str, Any]:
    """How far scores moved since the nearest earlier publication; the first has none before it."""
    earlier, _ = neighbours(night.lake.uri, night.run)
    if earlier is None:
        return {"scored_before": 0}
    before = as_published(night.lake, earlier, Decisions)
    (row,) = score_drift(night.slice(Decisions), before).collect()
    return dict(row.asDict())


def _slices(night: Night, *tables: type[PerRun]) -> list[Subject]:
    return [Subject(table, night.lake.slice(table, night.run)) for table in tables]


def _facts(night: Night) -> list[Subject]:
    """The facts of this campaign's sources, counted once for every unit: what is stored never changes."""
    found = []
    for table in FACT_TABLES:
        if units := night.units(table)["units"]:
            frame = night.stored(table)
            found.append(Subject(table, frame, _known(night, table, frame, units)))
    return found


def _known(night: Night, table: type[Fact], frame: DataFrame, units: list[str]) -> dict[str, int]:
    """Promise -> rows of these units that break it. Units new to the lake, or to this contract, are counted now."""
    asked_for = digest([(p.name, p.holds) for p in asked_of(table)])
    files = {unit: f"{night.lake.uri}/work/promises/{table.table_name()}-{unit}.json" for unit in units}
    known = {unit: read_json(file) for unit, file in files.items()}
    new = [unit for unit, said in known.items() if said is None or said["asked"] != asked_for]
    if new:
        counted = counts_by(frame.where(F.col(Fact.file_digest).isin(*new)), table, Fact.file_digest)
        for unit in new:
            known[unit] = {"asked": asked_for, "bad": counted.get(unit, {})}
            write_json(files[unit], known[unit])
    names = (ROWS, *(p.name for p in asked_of(table)))
    return {name: sum(said["bad"].get(name, 0) for said in known.values() if said) for name in names}
