"""Every gate has a line that says what it means, what to look at and what to do."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import abuse
from abuse.quality.gates import MUST_BE_ZERO, cluster_gates, drift_gates, input_gates, output_gates
from abuse.quality.inputs import analysed_gate, belief_gates
from abuse.quality.rules import RULES
from abuse.quality.runbook import advice, runbook
from abuse.settings import Settings

SOURCE = Path(abuse.__file__).parent
INGEST = {
    "sources": [
        {"source": "a", "table": "traces", "rows_in": 1, "chain": "base", "newest": "2026-02-01T00:00:00+00:00"}
    ],
    "assets": [{"asset": "native", "is_listed": True, "rows": 1, "counting": 1}],
    "owned": {"given": 1, "unowned": 0},
    "unnamed": 0,
}
"""What ingest says where it says everything."""


def gate_names() -> set[str]:
    """Every name a gate can have, without what it speaks of; those of contracts and records are made in code."""
    settings = Settings()
    figures = {"flagged": 0, "participants": 1} | dict.fromkeys(MUST_BE_ZERO, 0)
    gates = [
        *input_gates([{"source": "a", "table": "traces", "rows_in": 1, "quarantined": 0}], settings),
        *cluster_gates({"largest": 1, "participants": 1}, settings),
        *output_gates(figures, settings),
        *drift_gates({"scored_before": 0}, settings),
        *belief_gates(INGEST, datetime(2026, 3, 1, tzinfo=UTC), settings),
        analysed_gate({"clear": 1}, settings),
    ]
    text = "".join(path.read_text() for path in SOURCE.rglob("*.py"))
    made = set(re.findall(r'Gate\(f"(\w+):', text))
    return {gate.gate.partition(":")[0] for gate in gates} | set(RULES) | made


def test_the_runbook_has_a_line_for_each_gate_and_none_for_others() -> None:
    assert {"contract", "not_asked"} <= gate_names()
    assert set(runbook()) == gate_names()


def test_a_line_says_something_in_every_column() -> None:
    for gate, told in runbook().items():
        assert all(told), gate
    lines = [line for line in (SOURCE / "quality" / "RUNBOOK.md").read_text().splitlines() if line.startswith("| `")]
    assert len(lines) == len(runbook()), "no line is left out because it is written otherwise"


def test_what_a_gate_speaks_of_is_no_part_of_its_name() -> None:
    told = advice("quarantine_share:eth-transactions")
    assert told is not None
    assert "quarantine" in told.look
    assert advice("nobody_knows") is None
