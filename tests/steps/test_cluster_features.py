"""Figures of a cluster against another way to compute them, and what each must say of a script and of strangers."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest, spearmanr

from abuse.steps.features import statistics as figures_of
from abuse.steps.features.clusters import figures
from abuse.steps.features.funding import digits
from abuse.tables import CLUSTER_FEATURES, FEATURE_FAMILIES, ClusterFeatures

SECOND = 1_000_000
DAY = 86_400 * SECOND
numbers = st.lists(st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 3)), min_size=5, max_size=40)


@given(numbers)
def test_evenness_is_the_distance_to_a_uniform_draw(values: list[float]) -> None:
    found = np.array(values)
    if np.ptp(found) == 0:
        assert np.isnan(figures_of.evenness(found))
        return
    wanted = kstest(found, "uniform", args=(found.min(), np.ptp(found))).statistic
    assert figures_of.evenness(found) == pytest.approx(wanted, abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=30))
def test_agreement_is_spearmans(pairs: list[tuple[int, int]]) -> None:
    one, other = (np.array(side, dtype=np.float64) for side in zip(*pairs, strict=True))
    found = figures_of.agreement(one, other)
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(spearmanr(one, other).statistic, abs=1e-9)


@given(st.lists(st.sets(st.sampled_from("abcdef"), min_size=1), min_size=2, max_size=12))
def test_overlap_is_the_mean_over_all_pairs(sets: list[set[str]]) -> None:
    wanted = np.mean([len(a & b) / len(a | b) for a, b in combinations(sets, 2)])
    assert figures_of.overlap(sets) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("amount", "number"), [(0.05, 1), (0.0512, 3), (1.0, 1), (120.0, 2), (0.123456789, 9), (10.5, 3)]
)
def test_digits_are_counted_as_a_person_writes_them(amount: float, number: int) -> None:
    assert digits(amount) == number


def member(n: int, **known: Any) -> dict[str, Any]:
    """A member of whom only its first action is known, and what is said."""
    plain: dict[str, Any] = dict.fromkeys(
        (
            *("volume_usd", "acts", "calls", "addresses", "funded_at", "funding_tx", "funder", "funding_amount"),
            *("funder_serves", "hops", "origin", "sunk_at", "sink", "sink_amount", "sink_serves"),
        )
    )
    began: dict[str, Any] = {
        "first_at": n * 60 * SECOND,
        "last_at": n * 60 * SECOND + DAY,
        "campaign_start": 0,
        "num_actions": 1,
    }
    began |= {"precision_s": 0.0}
    partners = {"time_partners": 3, "time_expected": 1.0, "money_partners": 0, "sink_partners": 0}
    tied = {"sequence_partners": 0, "num_neighbours": 1}
    return {"cluster_id": "c", "account": f"a{n:02d}"} | began | partners | tied | plain | known


def described(rows: list[dict[str, Any]]) -> dict[str, float | None]:
    (row,) = figures(pa.Table.from_pylist(rows)).to_pylist()
    return {name: row[name] for name in CLUSTER_FEATURES}


def test_every_figure_has_a_family_a_unit_and_a_sentence() -> None:
    assert [name for family in FEATURE_FAMILIES.values() for name in family] == list(CLUSTER_FEATURES)
    for field in ClusterFeatures.fields():
        if field.name in CLUSTER_FEATURES:
            assert field.unit, field.name
            assert field.doc[0].isupper() and field.doc.endswith("."), field.name


def test_of_members_whose_money_is_unknown_nothing_is_said_of_money() -> None:
    found = described([member(n) for n in range(8)])
    assert {found[name] for name in FEATURE_FAMILIES["funding"]} == {None}
    assert {found[name] for name in FEATURE_FAMILIES["sink"]} == {None}
    assert found["median_gap_s"] == 60
    assert found["size"] == 8


def untimed(n: int) -> dict[str, Any]:
    """The same script on a list without times."""
    row = scripted(n)
    acts = [act | {"at": None} for act in row["acts"]]
    return row | {"first_at": None, "last_at": None, "campaign_start": None, "acts": acts}


def test_of_members_whose_times_are_unknown_nothing_is_said_of_time_and_order() -> None:
    found = described([untimed(n) for n in range(10)])
    timed = {
        *FEATURE_FAMILIES["time"],
        "pause_s",
        "pause_spread",
        "span_cv",
        "step_lag_spread",
        "wait_s",
        "prior_calls",
    }
    timed |= {
        "prior_cv",
        "wait_cv",
        "same_order_share",
        "order_overlap",
        "sink_wait_s",
        "order_agreement",
        "sink_order_agreement",
    }
    said = {name for name in timed if found[name] is not None}
    assert said <= {"together_share", "together_surprise"}, "which say that nobody began near another"
    assert (found["same_tasks_share"], found["task_overlap"], found["num_words"]) == (1.0, 1.0, 3.0)


def test_the_times_that_are_known_speak_for_half_a_cluster_or_more() -> None:
    half = described([member(n) if n % 2 else member(n, first_at=None) for n in range(10)])
    less = described([member(n) if n % 3 == 0 else member(n, first_at=None) for n in range(10)])
    assert (half["median_gap_s"], less["median_gap_s"]) == (120, None)
    dates = described([member(n, precision_s=86_400.0) for n in range(10)])
    assert (dates["median_gap_s"], dates["hour_concentration"], dates["gap_cv"]) == (86_460, None, None)


def scripted(n: int) -> dict[str, Any]:
    """Paid in a queue by one wallet, acting in the same queue, the same tasks at one pace."""
    first = 100 * DAY + n * 40 * SECOND
    acts = [{"at": first + step * 20 * SECOND, "word": word} for step, word in enumerate(("swap", "stake", "claim"))]
    calls = [{"at": act["at"], "selector": "0x1", "tip_wei": 5.0, "is_ok": True, "is_act": True} for act in acts]
    money = {"funded_at": first - DAY, "funding_tx": f"t{n}", "funder": "boss", "funding_amount": 0.05}
    where = {"funder_serves": False, "hops": 1.0, "origin": "boss", "sink": "till", "sink_serves": False}
    gone = {"sunk_at": first + DAY, "sink_amount": 0.04}
    return member(n, first_at=first, last_at=acts[-1]["at"], acts=acts, calls=calls, **money, **where, **gone)


def test_a_script_is_told_by_its_sameness() -> None:
    found = described([scripted(n) for n in range(10)])
    ones = ("same_tasks_share", "same_order_share", "task_overlap", "order_overlap", "tip_mode_share")
    for name in (*ones, "same_funder_share", "same_sink_share", "order_agreement"):
        assert found[name] == pytest.approx(1.0), name
    zeros = ("funder_entropy", "sink_entropy", "funding_cv", "gap_cv", "step_lag_spread", "outside_share", "wait_cv")
    assert {name: found[name] for name in zeros if found[name] > 1e-9} == {}  # type: ignore[operator]


def test_a_service_is_no_shared_funder_and_members_may_pay_each_other() -> None:
    rows = [scripted(n) | {"funder_serves": True, "addresses": [f"x{n}"]} for n in range(4)]
    rows[3] |= {"funder_serves": False, "funder": "x0"}
    found = described(rows)
    assert found["same_funder_share"] == found["member_funded_share"] == 0.25
    assert found["same_service_share"] == found["service_share"] == 0.75


def test_the_order_of_rows_changes_nothing() -> None:
    rows = [scripted(n) | {"funding_amount": 0.01 * (n % 3 + 1)} for n in range(9)]
    assert described(rows) == described(rows[::-1])


def test_only_failures_that_are_known_count() -> None:
    rows = [scripted(n) for n in range(2)]
    rows[0]["calls"] = [dict(call, is_ok=None) for call in rows[0]["calls"]]
    rows[1]["calls"] = [dict(call, is_ok=place > 0) for place, call in enumerate(rows[1]["calls"])]
    assert described(rows)["failed_share"] == pytest.approx(1 / 3)
