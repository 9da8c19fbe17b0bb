"""From participation to verdicts where times are missing, shared by all, or known to the day: farms and honest teams.

Every group is tied by its first coins and by where its coins went, so that its times decide between the verdicts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.decide import decide
from abuse.steps.features import features
from abuse.steps.ingest.participants import participants
from abuse.steps.ingest.stamps import Times, instants, with_known_times
from abuse.steps.score import TimeGapRule, score
from abuse.tables import (
    ClusterFeatures,
    ClusterMembers,
    Clusters,
    Decisions,
    Features,
    Links,
    ParticipantAddresses,
    Participants,
    Participation,
    PerRun,
    Services,
    Standings,
)
from tests.conftest import frame
from tests.steps.worlds import START, Fact, hour

DAY_S = 86_400.0
STAMP = hour(30 * 24)
SIZE = 12
TIME_UNKNOWN = "time_unknown: When the members of its group began is not known, so their times say nothing."
When = Callable[[int], "datetime | None"]


def farm(n: int) -> datetime:
    return hour(200) + timedelta(minutes=7 * n)


def over_midnight(n: int) -> datetime:
    return hour(9 * 24) + timedelta(minutes=7 * (n - 6))


def slow(n: int) -> datetime:
    """A team whose members come one by one."""
    return hour(100 + 31 * n)


def from_half(when: When) -> When:
    return lambda n: when(n) if n % 2 else None


def up_to(num: int, when: When) -> When:
    return lambda n: when(n) if n < num else None


GROUPS: dict[str, tuple[list[When], str, str]] = {
    # name: when each member acted -> the verdict on its members; of times known to the day
    "a farm": ([farm], "disqualified", "disqualified"),
    "a farm over midnight": ([over_midnight], "disqualified", "disqualified"),
    "a slow team": ([slow], "clear", "clear"),
    "a team on a list without times": ([lambda n: None], "review", "review"),
    "a team with the time of the export": ([lambda n: STAMP], "review", "review"),
    "a team with the time of the export, and then the opening's": ([lambda n: START, farm], "review", "review"),
    "a farm with a snapshot after it": ([farm, lambda n: STAMP], "disqualified", "disqualified"),
    "a farm on a list beside its actions": ([farm, lambda n: None], "disqualified", "disqualified"),
    "a farm of which half is timed": ([from_half(farm)], "disqualified", "disqualified"),
    "a team of which less than half is timed": ([up_to(5, farm)], "review", "review"),
}
FIGURES = [field.name for field in Features.own_fields()]
STAMPS = Times(stamps=((int(STAMP.timestamp()), 0.3), (int(START.timestamp()), 0.3)))


def rows(account: str, times: Iterable[datetime | None]) -> list[Fact]:
    plain: Fact = {"campaign_id": "c", "account": account, "num_actions": 1, "source": "s", "file_digest": "d"}
    return [plain | {"position": str(n), "tx_hash": f"{account}{n}", "at": at} for n, at in enumerate(times)]


def people() -> list[Fact]:
    """Sixty that began whenever they liked, ten that nobody knows when, and the groups."""
    crowd = [row for n in range(60) for row in rows(f"crowd/{n}", [hour(12 * n + 5), STAMP if n % 3 else None])]
    listed = [row for n in range(10) for row in rows(f"listed/{n}", [None])]
    groups = [
        row
        for name, (times, _, _) in GROUPS.items()
        for n in range(SIZE)
        for row in rows(f"{name}/{n}", [when(n) for when in times])
    ]
    return crowd + listed + groups


def ties(name: str) -> list[Fact]:
    pairs = [(f"{name}/0", f"{name}/{n}") for n in range(1, SIZE)]
    kinds = {"first_gas": "money", "sweep": "sink"}
    plain: Fact = {"strength": 1, "evidence": []}
    return [
        plain | {"src": src, "dst": dst, "kind": kind, "evidence_kind": evidence}
        for src, dst in pairs
        for kind, evidence in kinds.items()
    ]


def dated(row: Fact) -> Fact:
    at = row["at"]
    return row | {"at": at.replace(hour=0, minute=0, second=0) if isinstance(at, datetime) and at != STAMP else at}


def verdicts(spark: SparkSession, acts: list[Fact], times: Times) -> list[Row]:
    """Every step from participation to decisions, for all groups at once; each reads what was written."""
    everybody = [(group, f"{group}/{n}") for group in GROUPS for n in range(SIZE)]
    who = participants(frame(spark, Participation, acts), times)
    who = who.withColumn(Participants.bad_row, F.lit(None).cast("string"))
    held: list[Fact] = [{"cluster_id": group, "account": account, "is_weak": False} for group, account in everybody]
    members = frame(spark, ClusterMembers, held)
    links = frame(spark, Links, [tie for name in GROUPS for tie in ties(name)])
    rules = settings.Features()
    rows = features(members, who, links, rules, times.precision_s).select(*FIGURES).collect()
    described = frame(spark, Features, [row.asDict() for row in rows])
    scores = score(described, frame(spark, ClusterFeatures, []), TimeGapRule(settings.Score()))
    own: Fact = {"chain": "ethereum", "has_transfers": True}
    decided = decide(
        who,
        frame(spark, ParticipantAddresses, [own | {"account": a, "address": a} for _, a in everybody]),
        frame(spark, Clusters, [{"cluster_id": group, "is_giant": False} for group in GROUPS]),
        described.drop(*PerRun.columns()),
        scores,
        links,
        members,
        frame(spark, Services, []),
        frame(spark, Standings, []),
        settings.Policy(),
        rules,
        "time-gap-1",
    )
    told = described.select(Features.account, Features.median_gap_s, Features.gap_s, Features.time_partners)
    columns = [name for name in Decisions.columns() if name not in PerRun.columns()]
    return decided.select(*columns).join(told, on=Features.account).collect()


def by_group(found: list[Row]) -> Mapping[str, list[Row]]:
    return {name: [row for row in found if row.account.startswith(f"{name}/")] for name in GROUPS}


@pytest.fixture(scope="module")
def exact(spark: SparkSession) -> Mapping[str, list[Row]]:
    return by_group(verdicts(spark, people(), STAMPS))


@pytest.fixture(scope="module")
def to_the_day(spark: SparkSession) -> Mapping[str, list[Row]]:
    times = Times(precision_s=DAY_S, stamps=STAMPS.stamps)
    return by_group(verdicts(spark, [dated(row) for row in people()], times))


@pytest.mark.parametrize("name", GROUPS)
def test_who_acted_at_a_known_time_is_judged_by_it_and_others_by_no_time(
    exact: Mapping[str, list[Row]], name: str
) -> None:
    assert {row.verdict for row in exact[name]} == {GROUPS[name][1]}
    assert len(exact[name]) == SIZE


@pytest.mark.parametrize("name", GROUPS)
def test_dates_are_believed_to_the_day(to_the_day: Mapping[str, list[Row]], name: str) -> None:
    """A farm that began on one date is still caught: two thirds of its gaps are of one day at most."""
    assert {row.verdict for row in to_the_day[name]} == {GROUPS[name][2]}


def test_a_time_that_is_unknown_is_no_evidence_and_is_said(exact: Mapping[str, list[Row]]) -> None:
    untimed = [name for name in GROUPS if GROUPS[name][1] == "review"]
    for row in [row for name in untimed for row in exact[name] if "time" not in row.evidence_kinds]:
        assert TIME_UNKNOWN in row.reasons
        assert (row.score, row.score_lower, row.median_gap_s) == (0.5, 0.0, None)
    for name in untimed[:3]:
        assert {(row.time_partners, row.gap_s) for row in exact[name]} == {(0, None)}


def test_times_to_the_day_are_off_by_a_day_at_most(
    exact: Mapping[str, list[Row]], to_the_day: Mapping[str, list[Row]]
) -> None:
    """Nobody's gap is believed to be less than it is, and nobody has more partners in time than it has."""
    for name in GROUPS:
        sure = {row.account: row for row in exact[name]}
        for row in to_the_day[name]:
            known = sure[row.account]
            assert (row.median_gap_s is None) == (known.median_gap_s is None)
            assert known.median_gap_s is None or row.median_gap_s >= known.median_gap_s
            assert row.time_partners <= known.time_partners
    assert {row.time_partners for row in to_the_day["a farm"]} == {SIZE - 1}


def test_a_campaigns_instants_are_counted_by_source_and_in_all(spark: SparkSession) -> None:
    listed = rows("ann", [hour(1), hour(1), hour(5)]) + rows("bob", [hour(1) + timedelta(milliseconds=40), None])
    other = [row | {"source": "t"} for row in rows("ann", [hour(0), hour(5)])]
    found = instants(frame(spark, Participation, listed + other)).collect()
    second = int(START.timestamp())
    assert {(row.scope, (row.second - second) // 3600): (row.accounts, row.firsts) for row in found} == {
        ("s", 1): (2, 2), ("s", 5): (1, 0), ("t", 0): (1, 1), ("t", 5): (1, 0),
        ("", 0): (1, 1), ("", 1): (2, 1), ("", 5): (1, 0),
    }  # fmt: skip
    times = Times(stamps=((second + 3600, 1.0),), untimed=("t",))
    kept = with_known_times(frame(spark, Participation, listed + other), times).collect()
    assert [row["at"] for row in kept if row["at"]] == [hour(5).replace(tzinfo=None)]
