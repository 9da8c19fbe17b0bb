"""A case's folder -> what comes of it: an error, gates that hold, or verdicts."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from pyspark.sql import SparkSession

from abuse.campaign import load_campaign
from abuse.edge import gating
from abuse.edge import ingest as reading
from abuse.edge.context import Night
from abuse.errors import AbuseError
from abuse.instants import parse_as_of
from abuse.lake.storage import read_json, record_folder
from abuse.quality.gates import Gate
from abuse.registry import STEPS
from abuse.settings import Settings
from abuse.tables import Decisions
from tests.cases.memory import MemoryLake
from tests.night.lakes import night_of, run

AS_OF = "2026-04-08T00:00:00Z"
CASES = Path(os.environ.get("ABUSE_CASES") or Path(__file__).parent / "inputs")
KEPT = (Decisions.account, Decisions.verdict, Decisions.reasons, Decisions.evidence, Decisions.evidence_kinds)


@dataclass
class Outcome:
    """What became of a case."""

    refused: str = ""
    held: dict[str, str] = field(default_factory=dict)
    verdicts: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, list[str]] = field(default_factory=dict)
    evidence: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)
    night: Night | None = None

    def with_verdict(self, verdict: str) -> set[str]:
        return {account for account, said in self.verdicts.items() if said == verdict}


def outcome(
    spark: SparkSession, settings: Settings, folder: Path, work: Path, as_of: str = AS_OF, *, last: str = "decide"
) -> Outcome:
    """Every step up to `last`; gates of one pass over what the steps counted. Nobody is judged before `decide`."""
    try:
        campaign, ours = load_campaign(folder / "campaign.toml", settings)
        night = Night(MemoryLake(str(work), spark), campaign, ours, parse_as_of(as_of, campaign))
        reading.check_sources(night)
        for name, step in STEPS.items():
            night.record[name] = step(night)
            if name == last:
                break
    except AbuseError as why:
        return Outcome(refused=str(why))
    gates = figure_gates(night) if last == "decide" else input_gates(night)
    found = Outcome(held={gate.gate: gate.message for gate in gates if not gate.passed}, record=night.record)
    found.night = night
    if last == "decide":
        _judge(found, [row.asDict(recursive=True) for row in night.slice(Decisions).select(*KEPT).collect()])
    return found


def published(spark: SparkSession, settings: Settings, folder: Path, lake: Path) -> Outcome:
    """A whole run with its gates: what anybody reads in the lake afterwards. Raises Held."""
    report = run(spark, settings, folder / "campaign.toml", lake, AS_OF)
    assert report["status"] == "published"
    night = night_of(spark, settings, folder / "campaign.toml", lake, AS_OF)
    record = read_json(f"{record_folder(str(lake), night.campaign.id, night.as_of)}/ingest.json")
    assert record is not None
    found = Outcome(record={"ingest": record})
    rows = DeltaTable(str(lake / Decisions.table_name())).to_pyarrow_table(columns=list(KEPT))
    _judge(found, rows.to_pylist())
    return found


def _judge(found: Outcome, decisions: list[dict[str, Any]]) -> None:
    for row in decisions:
        account = row[Decisions.account]
        assert account not in found.verdicts, f"two verdicts on {account}"
        found.verdicts[account] = row[Decisions.verdict]
        found.reasons[account] = row[Decisions.reasons]
        found.evidence[account] = row[Decisions.evidence]


def figure_gates(night: Night) -> list[Gate]:
    """The gates that are figures of a step's record."""
    return gating.figure_gates(night)


def input_gates(night: Night) -> list[Gate]:
    """Those of them that are asked after ingest."""
    return gating._input_figures(night)
