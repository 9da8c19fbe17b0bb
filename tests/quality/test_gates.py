"""Gates at their limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from abuse import settings
from abuse.quality.gates import MUST_BE_ZERO, cluster_gates, drift_gates, input_gates, output_gates

RULES = settings.Settings(
    ingest=settings.Ingest(max_quarantine_share=0.05),
    policy=settings.Policy(
        max_component_share=0.2, small_component=50, min_flagged_share=0.1, max_flagged_share=0.45, max_score_drift=0.2
    ),
)
GOOD = {"participants": 1000, "flagged": 300} | dict.fromkeys(MUST_BE_ZERO, 0)

QUARANTINE = {  # name: rows in, quarantined -> passes
    "none": (100, 0, True),
    "just the limit": (100, 5, True),
    "one over the limit": (100, 6, False),
    "over by less than is shown": (1_000_000, 50_001, False),
    "all": (3, 3, False),
    "an empty source": (0, 0, True),
}


@pytest.mark.parametrize(("rows", "bad", "passes"), QUARANTINE.values(), ids=QUARANTINE)
def test_bad_rows_hold_a_run_over_the_limit(rows: int, bad: int, passes: bool) -> None:
    (gate,) = input_gates([{"source": "eth", "rows_in": rows, "quarantined": bad}], RULES)
    assert gate.passed == passes
    assert (gate.stage, gate.gate, gate.limit) == ("inputs", "quarantine_share:eth", 0.05)
    assert f"{bad} of {rows} rows of eth" in gate.message


def test_every_source_has_its_gate_and_one_bad_source_does_not_hide_behind_a_good_one() -> None:
    sources: list[Mapping[str, Any]] = [
        {"source": "large", "rows_in": 10**6, "quarantined": 0},
        {"source": "b", "rows_in": 10, "quarantined": 9},
    ]
    assert [(g.gate, g.passed, g.value) for g in input_gates(sources, RULES)] == [
        ("quarantine_share:large", True, 0.0),
        ("quarantine_share:b", False, 0.9),
    ]


@pytest.mark.parametrize(("table", "passes"), [("transfers", False), ("traces", False), ("labels", None)])
def test_a_source_of_movements_without_a_row_holds_a_run(table: str, passes: bool | None) -> None:
    """Nobody would be tied, and the list of the day be empty."""
    line = {"source": "eth", "table": table, "quarantined": 0}
    empty, full = (input_gates([line | {"rows_in": rows}], RULES) for rows in (0, 7))
    assert {gate.gate: gate.passed for gate in empty}.get("empty_source:eth") == passes
    assert all(gate.passed for gate in full)


LARGEST = {  # name: largest, participants -> passes
    "just the share": (200, 1000, True),
    "one over the share": (201, 1000, False),
    "a small campaign may be one small cluster": (50, 50, True),
    "one over what is small": (51, 51, False),
    "no cluster": (0, 1000, True),
    "nobody took part": (0, 0, True),
}


@pytest.mark.parametrize(("largest", "participants", "passes"), LARGEST.values(), ids=LARGEST)
def test_a_cluster_that_takes_in_too_many_holds_a_run(largest: int, participants: int, passes: bool) -> None:
    (gate,) = cluster_gates({"largest": largest, "participants": participants}, RULES)
    assert (gate.stage, gate.passed) == ("clusters", passes)
    assert f"{largest} of {participants} participants" in gate.message


FLAGGED = {  # flagged of 1000 -> passes
    "just the upper limit": (450, True),
    "one over": (451, False),
    "just the lower limit": (100, True),
    "one under": (99, False),
}


@pytest.mark.parametrize(("flagged", "passes"), FLAGGED.values(), ids=FLAGGED)
def test_a_flagged_share_outside_the_band_holds_a_run(flagged: int, passes: bool) -> None:
    gates = {g.gate: g for g in output_gates(GOOD | {"flagged": flagged}, RULES)}
    assert gates["flagged_share"].passed == passes
    assert (gates["flagged_share"].value, gates["flagged_share"].limit) == (flagged / 1000, 0.45)
    assert "10% to 45%" in gates["flagged_share"].message


DRIFT = {  # scored before, mean change -> passes
    "just the limit": (100, 0.2, True),
    "over by less than is shown": (100, 0.20001, False),
    "too few to tell": (99, 1.0, True),
    "nobody was scored before": (0, 0.0, True),
}


@pytest.mark.parametrize(("scored", "moved", "passes"), DRIFT.values(), ids=DRIFT)
def test_scores_that_moved_far_since_the_publication_before_hold_a_run(scored: int, moved: float, passes: bool) -> None:
    (gate,) = drift_gates({"scored_before": scored, "moved": moved}, RULES)
    assert (gate.gate, gate.stage, gate.limit, gate.passed) == ("score_drift", "outputs", 0.2, passes)
    assert ("not compared" in gate.message) == (scored < 100)


def test_a_campaign_where_nobody_is_flagged_may_be_clean() -> None:
    gates = output_gates(GOOD | {"flagged": 0}, settings.Settings())
    assert all(gate.passed for gate in gates)


@pytest.mark.parametrize("name", MUST_BE_ZERO)
def test_one_account_without_what_a_publication_must_keep_holds_a_run(name: str) -> None:
    held = [gate for gate in output_gates(GOOD | {name: 1}, RULES) if not gate.passed]
    assert [(g.gate, g.stage, g.value, g.limit) for g in held] == [(name, "outputs", 1.0, 0.0)]


def test_good_figures_pass_every_gate() -> None:
    gates = output_gates(GOOD, RULES)
    assert {g.gate for g in gates} == {"flagged_share", *MUST_BE_ZERO}
    assert all(gate.passed for gate in gates)


def test_a_figure_that_is_missing_never_passes() -> None:
    for name in GOOD:
        with pytest.raises(KeyError, match=name):
            output_gates({key: value for key, value in GOOD.items() if key != name}, RULES)


def test_the_gate_on_bad_rows_says_the_most_frequent_cause_and_its_own_fix() -> None:
    line = {"source": "eth", "rows_in": 10, "quarantined": 9, "why_quarantined": "the asset is missing. Map it."}
    (gate,) = input_gates([line], RULES)
    assert gate.message.endswith("Most often the asset is missing. Map it.")
