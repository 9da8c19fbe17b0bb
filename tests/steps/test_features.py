"""Members described, against a few lines of plain Python."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Mapping
from datetime import timedelta
from statistics import median

import pytest
from pyspark.sql import Row, SparkSession

from abuse import settings
from abuse.steps.features import features
from abuse.tables import ClusterMembers, Links, Participants
from tests.conftest import frame
from tests.steps.worlds import START, Fact

DAY = 86400.0
RULES = settings.Features(time_window_s=DAY)
SIZES = range(2, 34)
CROWD = 400  # spread evenly over ten days
APART = 100 * DAY


def random_starts(size: int) -> list[float]:
    """Seconds; every other cluster began in a burst."""
    rng = random.Random(size)
    span = DAY / 10 if size % 2 else DAY * 20
    return [round(rng.uniform(0, span), 6) for _ in range(size)]


STARTS: dict[str, list[float]] = {f"of {size}": random_starts(size) for size in SIZES} | {
    "at once": [0.0, 0.0, 0.0, 0.0],
    "the window is closed at both ends": [0.0, DAY, 2 * DAY + 1e-6],
    "quiet": [600.0 * n for n in range(10)],
    "rush": [600.0 * n for n in range(10)],
    "one pays and enrols": [60.0 * n for n in range(6)],
}


def people() -> dict[str, float]:
    """account -> seconds; each cluster has its own season, and the crowd began around the rush."""
    born = {f"{c}/{n}": i * APART + s for i, (c, starts) in enumerate(STARTS.items()) for n, s in enumerate(starts)}
    rush = born["rush/0"]
    return born | {f"crowd/{n}": rush + (n / CROWD - 0.5) * 10 * DAY for n in range(CROWD)}


def link(src: str, dst: str, kind: str, evidence_kind: str = "money") -> Fact:
    return {"src": src, "dst": dst, "kind": kind, "evidence_kind": evidence_kind, "strength": 1, "evidence": []}


LINKS = [
    link("of 4/0", "of 4/1", "first_gas"),
    link("of 4/0", "of 4/1", "direct"),
    link("of 4/0", "of 4/2", "disperse"),
    link("of 4/1", "of 4/2", "sweep", "sink"),
    link("of 5/0", "of 5/1", "sweep", "sink"),
    link("of 5/0", "of 5/1", "deposit", "sink"),
    link("of 5/0", "of 5/2", "deposit", "sink"),
    link("of 6/0", "of 6/1", "co_activity", "sequence"),
    link("of 6/1", "of 6/2", "co_activity", "sequence"),
    link("of 6/2", "of 6/3", "direct"),
    link("of 7/0", "of 7/1", "counterparty"),
    link("of 7/1", "of 7/2", "counterparty"),
    link("of 7/1", "of 7/2", "direct"),
    link("of 8/0", "of 8/1", "sweep", "sink"),
    link("of 8/0", "of 9/0", "direct"),
    link("of 8/1", "of 9/0", "direct"),
    link("of 8/1", "stranger", "direct"),
    link("one pays and enrols/0", "one pays and enrols/1", "disperse")
    | {"begun_by_payment": ["one pays and enrols/0", "one pays and enrols/1"]},
    link("one pays and enrols/2", "one pays and enrols/5", "co_activity", "sequence")
    | {"begun_by_payment": ["one pays and enrols/2"]},
    link("one pays and enrols/3", "of 11/0", "direct") | {"begun_by_payment": ["one pays and enrols/3", "of 11/0"]},
    link("of 12/0", "of 12/1", "first_gas") | {"is_known": False},
    link("of 12/0", "of 12/2", "first_gas") | {"is_known": True},
    link("of 12/1", "of 12/2", "sweep", "sink") | {"is_known": False},
    link("of 12/1", "of 12/3", "counterparty") | {"is_known": False},
    link("of 12/2", "of 13/2", "first_gas") | {"is_known": False},
]
PAYOUT, ENROLLED = "one pays and enrols", (0, 1, 2)
"""A cluster, and those of its members who began by a transaction of a tie within it."""
PARTNERS: dict[str, tuple[str, list[tuple[int, int, int]]]] = {
    # name: cluster -> money, sink and sequence partners of its first few members
    "each other counts once, whatever the number of links": ("of 4", [(2, 0, 0), (1, 1, 0), (1, 1, 0), (0, 0, 0)]),
    "a shared deposit address and a shared destination are one kind": ("of 5", [(0, 2, 0), (0, 1, 0), (0, 1, 0)]),
    "who did the same at a constant lag counts apart": ("of 6", [(0, 0, 1), (0, 0, 2), (1, 0, 1), (1, 0, 0)]),
    "a counterparty chosen by time is no money": ("of 7", [(0, 0, 0), (1, 0, 0), (1, 0, 0)]),
    "ties that were cut to other clusters, or to nobody's, do not count": ("of 8", [(0, 1, 0), (0, 1, 0)]),
    "nor from the other end": ("of 9", [(0, 0, 0)]),
    "nobody is tied": ("of 10", [(0, 0, 0)]),
    "an address of which nothing else is known is no evidence": ("of 12", [(1, 0, 0), (0, 0, 0), (1, 0, 0)]),
}


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Mapping[str, list[Row]]:
    born = {a: START + timedelta(microseconds=round(s * 1e6)) for a, s in people().items()}
    members: list[Fact] = [
        {"cluster_id": c, "account": f"{c}/{n}"} for c, starts in STARTS.items() for n in range(len(starts))
    ]
    whole = features(
        frame(spark, ClusterMembers, members),
        frame(spark, Participants, [{"account": a, "first_action_at": t} for a, t in born.items()]),
        frame(spark, Links, LINKS),
        RULES,
    )
    rows = sorted(whole.collect(), key=lambda r: int(r.account.split("/")[1]))
    return {cluster: [r for r in rows if r.cluster_id == cluster] for cluster in STARTS}


def gaps(starts: list[float]) -> list[float]:
    ordered = sorted(starts)
    return sorted(b - a for a, b in itertools.pairwise(ordered))


def coverage(rank: int, m: int) -> float:
    """Chance that the rank-th of m gaps, 1 the least, is no less than the true median: sign test, no distribution."""
    return float(sum(math.comb(m, k) for k in range(rank)) / 2**m)


@pytest.mark.parametrize("name", STARTS)
def test_a_member_is_described_as_plain_python_would(found: Mapping[str, list[Row]], name: str) -> None:
    starts = STARTS[name]
    assert len(found[name]) == len(starts)
    for n, row in enumerate(found[name]):
        others = [abs(s - starts[n]) for i, s in enumerate(starts) if i != n]
        own = [name != PAYOUT or i not in ENROLLED for i in range(len(starts))]
        near = sum(own[i] and abs(s - starts[n]) <= DAY for i, s in enumerate(starts) if i != n)
        assert row["size"] == len(starts)
        assert row.gap_s == pytest.approx(min(others), abs=2e-6)
        assert row.time_partners == (near if own[n] else 0)
        assert row.median_gap_s == pytest.approx(median(gaps(starts)), abs=2e-6)


@pytest.mark.parametrize("size", SIZES)
def test_the_upper_bound_is_the_least_gap_that_covers_the_median_in_95_of_100(
    found: Mapping[str, list[Row]], size: int
) -> None:
    """One rank more is let pass where the normal approximation is a hair over; one less is a bound that is not."""
    ordered = gaps(STARTS[f"of {size}"])
    m = len(ordered)
    least = next((r for r in range(1, m + 1) if coverage(r, m) >= 0.95), None)
    upper = found[f"of {size}"][0].median_gap_upper_s
    if least is None:
        assert upper is None
    else:
        ranks = [r for r in range(1, m + 1) if ordered[r - 1] == pytest.approx(upper, abs=2e-6)]
        assert ranks
        assert least <= ranks[0] <= least + 1


def test_the_cluster_figures_repeat_on_every_member(found: Mapping[str, list[Row]]) -> None:
    for rows in found.values():
        assert len({(r["size"], r.median_gap_s, r.median_gap_upper_s) for r in rows}) == 1


def test_in_a_rush_chance_explains_many_and_in_a_quiet_time_nobody(found: Mapping[str, list[Row]]) -> None:
    born = people()
    for row in found["rush"]:
        near = [a for a, s in born.items() if abs(s - born[row.account]) <= DAY and not a.startswith("rush/")]
        assert row.time_expected == pytest.approx(len(near) / (len(born) - 10) * 9, rel=0.15)
    assert {(r.time_partners, r.time_expected) for r in found["quiet"]} == {(9, 0.0)}


def test_an_action_that_moved_the_money_of_a_tie_is_no_evidence_of_time_too(found: Mapping[str, list[Row]]) -> None:
    """A sponsor pays fresh wallets and enrols them in one transaction: that is one kind of evidence, not two."""
    assert [row.time_partners for row in found[PAYOUT]] == [0, 0, 0, 2, 2, 2]


def test_who_is_tied_by_unknown_addresses_alone_is_counted_apart(found: Mapping[str, list[Row]]) -> None:
    assert [r.unknown_partners for r in found["of 12"][:5]] == [1, 2, 1, 0, 0]
    assert {r.unknown_partners for name in STARTS for r in found[name] if name != "of 12"} == {0}


@pytest.mark.parametrize("name", PARTNERS)
def test_partners(found: Mapping[str, list[Row]], name: str) -> None:
    cluster, expected = PARTNERS[name]
    counted = [(r.money_partners, r.sink_partners, r.sequence_partners) for r in found[cluster]]
    assert counted == expected + [(0, 0, 0)] * (len(counted) - len(expected))
