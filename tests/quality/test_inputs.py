"""How far sources can be believed, at the limits of each gate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from abuse.quality.gates import Gate
from abuse.quality.inputs import analysed_gate, belief_gates
from abuse.settings import Ingest, Policy, Settings

DUE = datetime(2026, 4, 8, tzinfo=UTC)
RULES = Settings(
    ingest=Ingest(max_conflict_share=0.01, max_unknown_status_share=0.05, max_stale_days=3, max_unowned_share=0.5),
    policy=Policy(max_not_analysed_share=0.5),
)


def source(name: str = "moves", days_old: float | None = 0, table: str = "transfers", **figures: Any) -> dict[str, Any]:
    newest = None if days_old is None else (DUE - timedelta(days=days_old)).isoformat()
    return {"source": name, "table": table, "chain": "base", "rows_in": 1000, "newest": newest} | figures


def gates(*sources: dict[str, Any], **record: Any) -> dict[str, Gate]:
    return {gate.gate: gate for gate in belief_gates({"sources": sources} | record, DUE, RULES)}


AGES = {"of today": (0, True), "three days": (3, True), "a moment more": (3.001, False), "after it was due": (-5, True)}


@pytest.mark.parametrize(("days", "passes"), AGES.values(), ids=AGES)
def test_movements_that_end_long_before_the_cutoff_hold_a_run(days: float, passes: bool) -> None:
    """Of the days that are missing nobody's cash-out is known, and everybody would come out as clear."""
    gate = gates(source(days_old=days))["stale:moves"]
    assert gate.passed == passes
    assert "2026-04-08 00:00" in gate.message


def test_sources_that_go_on_from_each_other_are_as_old_as_the_newest() -> None:
    found = gates(source("last-year", 400), source("this-year", 1))
    assert [name for name in found if name.startswith("stale")] == ["stale:last-year"]
    assert found["stale:last-year"].passed


def test_a_fresh_source_of_one_chain_does_not_hide_a_stale_one_of_another() -> None:
    found = gates(source("eth", 1), source("poly", 30) | {"chain": "polygon"}, source("logs", 30, "token_transfers"))
    stale = {name: gate.passed for name, gate in found.items() if name.startswith("stale")}
    assert stale == {"stale:eth": True, "stale:poly": False, "stale:logs": False}


def test_a_source_without_any_time_says_nothing_of_its_age() -> None:
    assert not [name for name in gates(source(days_old=None)) if name.startswith("stale")]


SHARES = {  # name: figure, rows of 1,000 -> passes
    "conflicts at the limit": ("conflicts", 10, True),
    "conflicts beyond it": ("conflicts", 11, False),
    "unknown status at the limit": ("unknown_status", 50, True),
    "unknown status beyond it": ("unknown_status", 51, False),
}


@pytest.mark.parametrize(("figure", "rows", "passes"), SHARES.values(), ids=SHARES)
def test_rows_that_contradict_each_other_or_do_not_say_whether_they_happened_hold_a_run(
    figure: str, rows: int, passes: bool
) -> None:
    assert gates(source() | {figure: rows})[f"{figure}:moves"].passed == passes


def asset(rows: int, counting: int, *, is_listed: bool = True, **why: int) -> dict[str, Any]:
    causes = {"without_decimals": 0, "without_price": 0, "dust": 0}
    return {"asset": "0xa0", "is_listed": is_listed, "rows": rows, "counting": counting} | causes | why


def test_a_listed_asset_of_which_nothing_counts_holds_a_run_and_names_its_cause() -> None:
    unpriced = gates(assets=[asset(5, 0, without_price=5)])["nothing_counts:0xa0"]
    assert not unpriced.passed
    assert "give `usd` in a source of format tokens" in unpriced.message
    dust = gates(assets=[asset(5, 0, dust=5)])["nothing_counts:0xa0"]
    assert "smallest unit" in dust.message
    unknown = gates(assets=[asset(5, 0, without_decimals=5)])["nothing_counts:0xa0"]
    assert "decimals" in unknown.message
    assert gates(assets=[asset(5, 1, dust=4)])["nothing_counts:0xa0"].passed


def test_assets_that_nobody_listed_or_that_never_moved_hold_nothing() -> None:
    assert not gates(assets=[asset(5, 0, is_listed=False), asset(0, 0)])


def test_addresses_that_belong_to_nobody_hold_a_run_beyond_the_limit() -> None:
    assert gates(owned={"given": 10, "unowned": 5})["unowned_addresses"].passed
    assert not gates(owned={"given": 10, "unowned": 6})["unowned_addresses"].passed


def test_a_row_that_names_nobody_holds_a_run() -> None:
    """It has no verdict, so it must not go by unseen."""
    assert gates(unnamed=0)["unnamed_participants"].passed
    assert not gates(unnamed=1)["unnamed_participants"].passed


def test_a_run_that_knows_nothing_of_most_is_held() -> None:
    assert analysed_gate({"clear": 5, "not_analysed": 5}, RULES).passed
    held = analysed_gate({"clear": 4, "not_analysed": 6}, RULES)
    assert (held.passed, held.value, held.stage) == (False, 0.6, "outputs")
