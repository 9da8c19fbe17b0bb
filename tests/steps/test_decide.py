"""The written policy, people over it, and what every verdict must show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from pyspark.sql import SparkSession

from abuse import settings
from abuse.steps.decide import decide
from abuse.steps.decide.evidence import PER_KIND
from abuse.tables import (
    VERDICTS,
    Clusters,
    Decisions,
    Features,
    Links,
    ParticipantAddresses,
    Participants,
    Reviews,
    Scores,
)
from tests.conftest import frame
from tests.steps.worlds import Fact, hour

POLICY = settings.Policy(version="7", min_cluster_size=8, min_score_lower=0.5, min_evidence_kinds=2)
TOGETHER = settings.Features(min_time_partners=3, time_surprise=3.0)
REASON = re.compile(r"[a-z_]+: [A-Z0-9][^\n]*\.")
KIND_OF = {"first_gas": "money", "direct": "money", "disperse": "money", "sweep": "sink", "time": "time"}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One account: by default in a proven group of ten, tied by money and by time."""

    verdict: str
    machine: str = ""
    codes: str = ""
    kinds: str = ""
    size: int | None = 10
    score_lower: float = 0.9
    money: int = 4
    sink: int = 0
    together: int = 9
    expected: float = 0.5
    is_giant: bool = False
    known: tuple[bool, ...] = (True,)
    allowed: bool = False
    reviews: list[Fact] = field(default_factory=list)


def review(review_id: str, action: str, at: float = 0, supersedes: str | None = None) -> Fact:
    return {"review_id": review_id, "action": action, "decided_at": hour(at), "supersedes": supersedes}


GROUP = "cluster_size money_link same_time farm_score"
MACHINE: dict[str, Case] = {
    "money, time, a good score and enough members": Case(verdict="disqualified", codes=GROUP, kinds="money time"),
    "money and a common destination": Case(
        verdict="disqualified",
        sink=3,
        together=0,
        codes="cluster_size money_link sink_link farm_score",
        kinds="money sink",
    ),
    "all three kinds": Case(
        verdict="disqualified",
        sink=3,
        codes="cluster_size money_link sink_link same_time farm_score",
        kinds="money sink time",
    ),
    "just the score that is asked": Case(verdict="disqualified", score_lower=0.5, kinds="money time"),
    "just the members that are asked": Case(verdict="disqualified", size=8, kinds="money time"),
    "money alone is for a person": Case(
        verdict="review", together=0, codes="cluster_size money_link farm_score one_kind_of_evidence", kinds="money"
    ),
    "a common destination alone is for a person": Case(verdict="review", money=0, sink=4, together=0, kinds="sink"),
    "a score below the bar is for a person": Case(
        verdict="review",
        score_lower=0.4999,
        codes="cluster_size money_link same_time low_score",
        kinds="money time",
    ),
    "a group too large to be believed is for a person": Case(
        verdict="review", is_giant=True, codes=f"{GROUP} giant_cluster", kinds="money time"
    ),
    "a group below the size is left alone": Case(verdict="clear", size=7, codes="small_group"),
    "tied to nobody": Case(verdict="clear", size=None, codes="no_links"),
    "nothing is known of its money": Case(verdict="not_analysed", size=None, known=(False,), codes="no_funding_data"),
    "no address is known of it": Case(verdict="not_analysed", size=None, known=(), codes="no_funding_data"),
    "money is known of one of its addresses": Case(verdict="clear", size=None, known=(False, True), codes="no_links"),
    "nothing is known of its money, in a small group": Case(
        verdict="not_analysed", size=2, known=(False,), codes="small_group no_funding_data"
    ),
    "two at the same time may be friends": Case(verdict="review", together=2, expected=0.0, kinds="money"),
    "three at the same time are not, in a quiet time": Case(
        verdict="disqualified", together=3, expected=0.0, kinds="money time"
    ),
    "what chance explains is no evidence": Case(verdict="review", together=9, expected=4.0, kinds="money"),
    "just more than chance explains": Case(verdict="disqualified", together=10, expected=4.0, kinds="money time"),
}
CONFIRM, OVERTURN, EXEMPT = (review("r1", action) for action in ("confirm", "overturn", "exempt"))
PEOPLE: dict[str, Case] = {
    "the allow-list exempts": Case(
        verdict="exempt", machine="disqualified", allowed=True, codes=f"allow_listed {GROUP}", kinds="money time"
    ),
    "the allow-list exempts whom nothing is known of": Case(
        verdict="exempt",
        machine="not_analysed",
        size=None,
        known=(),
        allowed=True,
        codes="allow_listed no_funding_data",
    ),
    "the allow-list beats a person's confirmation": Case(
        verdict="exempt", machine="disqualified", allowed=True, reviews=[CONFIRM], kinds="money time"
    ),
    "a person exempts": Case(
        verdict="exempt", machine="disqualified", reviews=[EXEMPT], codes=f"review_exempt {GROUP}", kinds="money time"
    ),
    "an exemption beats a later confirmation": Case(
        verdict="exempt", machine="disqualified", reviews=[EXEMPT, review("r2", "confirm", 5)], kinds="money time"
    ),
    "an exemption that was superseded no longer counts": Case(
        verdict="disqualified",
        machine="disqualified",
        reviews=[EXEMPT, review("r2", "confirm", 5, "r1")],
        codes=f"review_confirmed {GROUP}",
        kinds="money time",
    ),
    "an overturned verdict is clear": Case(
        verdict="clear",
        machine="disqualified",
        reviews=[OVERTURN],
        codes=f"review_overturned {GROUP}",
        kinds="money time",
    ),
    "an overturned suspicion is clear": Case(
        verdict="clear", machine="review", together=0, reviews=[OVERTURN], kinds="money"
    ),
    "a confirmed suspicion is out": Case(
        verdict="disqualified",
        machine="review",
        together=0,
        reviews=[CONFIRM],
        codes="review_confirmed cluster_size money_link farm_score one_kind_of_evidence",
        kinds="money",
    ),
    "a person's word outlives the group": Case(
        verdict="disqualified", machine="clear", size=None, reviews=[CONFIRM], codes="review_confirmed no_links"
    ),
    "the later of two words counts: overturned": Case(
        verdict="clear", machine="disqualified", reviews=[CONFIRM, review("r2", "overturn", 5)], kinds="money time"
    ),
    "the later of two words counts: confirmed": Case(
        verdict="disqualified",
        machine="review",
        together=0,
        reviews=[OVERTURN, review("r2", "confirm", 5)],
        kinds="money",
    ),
    "a superseded word does not count, though it is later": Case(
        verdict="clear",
        machine="disqualified",
        reviews=[review("r1", "confirm", 5), review("r2", "overturn", 1, "r1")],
        kinds="money time",
    ),
    "a note decides nothing": Case(
        verdict="disqualified", machine="disqualified", reviews=[review("r1", "note")], codes=GROUP, kinds="money time"
    ),
    "a note after an overturn leaves it": Case(
        verdict="clear", machine="disqualified", reviews=[OVERTURN, review("r2", "note", 5)], kinds="money time"
    ),
    "a word that was taken back leaves the machine's": Case(
        verdict="disqualified",
        machine="disqualified",
        reviews=[OVERTURN, review("r2", "note", 5, "r1")],
        codes=GROUP,
        kinds="money time",
    ),
}
CASES = MACHINE | PEOPLE


def grouped() -> dict[str, Case]:
    return {name: case for name, case in CASES.items() if case.size is not None}


def described(name: str, case: Case) -> Fact:
    row: Fact = {"cluster_id": f"c {name}", "account": name, "size": case.size, "median_gap_s": 3600.0, "gap_s": 60.0}
    row |= {"time_partners": case.together, "time_expected": case.expected}
    return row | {"money_partners": case.money, "sink_partners": case.sink}


def movement(kind: str, sender: str, recipient: str, at: float | None) -> tuple[object, ...]:
    """An item of evidence, in the order of tables.EVIDENCE."""
    when = None if at is None else hour(at)
    return (kind, "ethereum", f"{kind}{at}", sender, recipient, when, 1.0, "native", 1, "moves")


def ties(name: str, case: Case) -> list[Fact]:
    """Links of the account to others of its group, each with two movements."""
    kinds = [("first_gas", "money", case.money), ("sweep", "sink", case.sink)]
    return [
        {"src": f"{name}/{n}", "dst": name, "kind": kind, "evidence_kind": evidence_kind, "via": "f", "strength": 2}
        | {"evidence": [movement(kind, "f", name, 0), movement(kind, "f", f"{name}/{n}", n + 1)]}
        for kind, evidence_kind, num in kinds
        for n in range(num)
    ]


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Mapping[str, list[Fact]]:
    acted = {"first_action_at": hour(0), "last_action_at": hour(1), "first_tx_hash": "first"}
    addresses = [
        {"account": name, "chain": "ethereum", "address": f"{name}{n}", "has_transfers": known}
        for name, case in CASES.items()
        for n, known in enumerate(case.known)
    ]
    scored: list[Fact] = [
        {"cluster_id": f"c {name}", "account": name, "score": 0.95, "score_lower": case.score_lower}
        for name, case in grouped().items()
    ]
    said = [
        one
        | {"account": name, "campaign_id": "drop", "reason_code": "seen", "actor": "ann", "role": "ops"}
        | {"review_id": f"{name} {one['review_id']}"}
        | {"supersedes": f"{name} {one['supersedes']}" if one["supersedes"] else None}
        for name, case in CASES.items()
        for one in case.reviews
    ]
    whole = decide(
        frame(spark, Participants, [{"account": name} | acted for name in CASES]),
        frame(spark, ParticipantAddresses, addresses),
        frame(spark, Clusters, [{"cluster_id": f"c {n}", "is_giant": case.is_giant} for n, case in grouped().items()]),
        frame(spark, Features, [described(name, case) for name, case in grouped().items()]),
        frame(spark, Scores, scored),
        frame(spark, Links, [tie for name, case in grouped().items() for tie in ties(name, case)]),
        frame(spark, Reviews, list(said)),
        [*(name for name, case in CASES.items() if case.allowed), "took part in nothing"],
        POLICY,
        TOGETHER,
        "time-gap-1",
    )
    ours = [c for c in Decisions.columns() if c not in ("campaign_id", "as_of", "run_id")]
    rows: dict[str, list[Fact]] = {}
    for row in whole.select(*ours).collect():
        rows.setdefault(row.account, []).append(row.asDict(recursive=True))
    return rows


def test_every_participant_has_exactly_one_row(found: Mapping[str, list[Fact]]) -> None:
    assert {name: len(rows) for name, rows in found.items()} == dict.fromkeys(CASES, 1)


@pytest.mark.parametrize("name", CASES)
def test_the_verdict(found: Mapping[str, list[Fact]], name: str) -> None:
    case, row = CASES[name], found[name][0]
    assert (row["verdict"], row["machine_verdict"]) == (case.verdict, case.machine or case.verdict)
    assert row["evidence_kinds"] == case.kinds.split()
    assert (row["rule_version"], row["model_version"]) == ("7", "time-gap-1")
    assert row["cluster_id"] == (None if case.size is None else f"c {name}")
    assert row["score_lower"] == (None if case.size is None else case.score_lower)


@pytest.mark.parametrize("name", CASES)
def test_the_reasons(found: Mapping[str, list[Fact]], name: str) -> None:
    reasons = listed(found[name][0]["reasons"])
    assert reasons
    assert [r for r in reasons if not REASON.fullmatch(str(r))] == []
    if CASES[name].codes:
        assert [str(r).split(":", maxsplit=1)[0] for r in reasons] == CASES[name].codes.split()


@pytest.mark.parametrize("name", CASES)
def test_the_evidence(found: Mapping[str, list[Fact]], name: str) -> None:
    """Every kind that is claimed is shown, nothing else is, and little of each."""
    row = found[name][0]
    items = [item for item in listed(row["evidence"]) if isinstance(item, dict)]
    assert {KIND_OF[i["kind"]] for i in items} == set(listed(row["evidence_kinds"]))
    kinds = [i["kind"] for i in items]
    assert all(kinds.count(kind) <= PER_KIND for kind in kinds)
    paid_at = [i["at"] for i in items if i["kind"] == "first_gas"]
    assert paid_at == sorted(paid_at)
    assert len({tuple(i.values()) for i in items}) == len(items)


def test_the_reasons_name_the_figures_that_held(found: Mapping[str, list[Fact]]) -> None:
    assert found["all three kinds"][0]["reasons"] == [
        "cluster_size: It is tied to a group of 10 accounts.",
        "money_link: Money ties it to the group; direct ties: 4.",
        "sink_link: Its last coins went to the same address as those of others of the group.",
        "same_time: 9 others of the group began within the same window of time; chance gives 0.5.",
        "farm_score: Half of the group began within 60.0 minutes of the one before.",
    ]


def test_time_is_shown_by_the_accounts_own_first_action(found: Mapping[str, list[Fact]]) -> None:
    name = "money, time, a good score and enough members"
    (shown,) = [i for i in listed(found[name][0]["evidence"]) if isinstance(i, dict) and i["kind"] == "time"]
    assert [shown[c] for c in ("tx_hash", "from", "n", "source")] == ["first", name, 9, "participation"]


def test_the_cases_reach_every_verdict(found: Mapping[str, list[Fact]]) -> None:
    assert {rows[0]["verdict"] for rows in found.values()} == set(VERDICTS)


def listed(value: object) -> list[object]:
    assert isinstance(value, list)
    return value
