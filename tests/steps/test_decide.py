"""The written policy, people over it, and what every verdict must show.

Longer than 200 lines because it is one table of cases.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from pyspark.sql import SparkSession

from abuse import authority, settings
from abuse.authority import Standing
from abuse.steps.decide import decide
from abuse.steps.decide.evidence import PER_KIND
from abuse.tables import (
    VERDICTS,
    ClusterMembers,
    Clusters,
    Decisions,
    Features,
    Links,
    ParticipantAddresses,
    Participants,
    Scores,
    Services,
    Standings,
)
from tests.conftest import frame
from tests.steps.worlds import Fact, hour

POLICY = settings.Policy(
    version="7", min_cluster_size=8, min_score_lower=0.5, min_score_review=0.3, min_evidence_kinds=2
)
TOGETHER = settings.Features(min_time_partners=3, time_surprise=3.0)
REASON = re.compile(r"[a-z_]+: [A-Z0-9][^\n]*\.")
KIND_OF = {"first_gas": "money", "sweep": "sink", "co_activity": "sequence", "time": "time"}
LINKS = {"first_gas": "money", "sweep": "sink", "co_activity": "sequence", "counterparty": "money", "direct": "money"}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One account: by default in a proven group of ten, tied by money and by time.

    `dealt`: others it is tied to by a common counterparty. `unknown`: by an address of which nothing else is known.
    `cut`: members of another group that it was tied to. `services`: why addresses of it serve many.
    """

    verdict: str
    machine: str = ""
    codes: str = ""
    kinds: str = ""
    size: int | None = 10
    score: float = 0.95
    score_lower: float = 0.9
    money: int = 4
    sink: int = 0
    sequence: int = 0
    dealt: int = 0
    unknown: int = 0
    cut: int = 0
    together: int = 9
    expected: float = 0.5
    gap_s: float | None = 3600.0
    is_giant: bool = False
    is_weak: bool = False
    services: tuple[str, ...] = ()
    known: tuple[bool, ...] = (True,)
    allowed: bool = False
    reviews: list[Fact] = field(default_factory=list)


def review(review_id: str, action: str, at: float = 0, supersedes: str | None = None) -> Fact:
    return {"review_id": review_id, "action": action, "decided_at": hour(at), "supersedes": supersedes}


GROUP = "cluster_size money_link same_time farm_score"
LISTED = "The list a calls it exchange."
PAID_MANY = "The list b calls it bridge."
MACHINE: dict[str, Case] = {
    "money, time, a good score and enough members": Case(verdict="disqualified", codes=GROUP, kinds="money time"),
    "money and a common destination": Case(
        verdict="disqualified",
        sink=3,
        together=0,
        codes="cluster_size money_link sink_link farm_score",
        kinds="money sink",
    ),
    "money and the same acts in the same order": Case(
        verdict="disqualified",
        sequence=3,
        together=0,
        codes="cluster_size money_link sequence_link farm_score",
        kinds="money sequence",
    ),
    "the same acts in the same order, and time": Case(
        verdict="disqualified",
        money=0,
        sequence=3,
        codes="cluster_size sequence_link same_time farm_score",
        kinds="sequence time",
    ),
    "all four kinds": Case(
        verdict="disqualified",
        sink=3,
        sequence=2,
        codes="cluster_size money_link sink_link sequence_link same_time farm_score",
        kinds="money sink sequence time",
    ),
    "when its group began is unknown, and money and a common destination tie it": Case(
        verdict="disqualified",
        sink=3,
        together=0,
        gap_s=None,
        codes="cluster_size money_link sink_link farm_score time_unknown",
        kinds="money sink",
    ),
    "just the score that is asked": Case(verdict="disqualified", score_lower=0.5, kinds="money time"),
    "just the members that are asked": Case(verdict="disqualified", size=8, kinds="money time"),
    "money alone is for a person": Case(
        verdict="review", together=0, codes="cluster_size money_link farm_score one_kind_of_evidence", kinds="money"
    ),
    "a common destination alone is for a person": Case(verdict="review", money=0, sink=4, together=0, kinds="sink"),
    "the same acts in the same order alone are for a person": Case(
        verdict="review",
        money=0,
        sequence=1,
        together=0,
        codes="cluster_size sequence_link farm_score one_kind_of_evidence",
        kinds="sequence",
    ),
    "a common counterparty and time are one fact, for a person": Case(
        verdict="review",
        money=0,
        dealt=4,
        codes="cluster_size same_time farm_score one_kind_of_evidence",
        kinds="time",
    ),
    "a common counterparty alone is for a person": Case(
        verdict="review", money=0, dealt=4, together=0, codes="cluster_size farm_score one_kind_of_evidence"
    ),
    "an address of which nothing else is known is no evidence beside time": Case(
        verdict="review",
        money=0,
        unknown=4,
        codes="cluster_size same_time farm_score one_kind_of_evidence unknown_payer",
        kinds="time",
    ),
    "an address of which nothing else is known, beside one that is": Case(
        verdict="disqualified", unknown=4, codes=GROUP, kinds="money time"
    ),
    "what tied it to another group was cut, and is no evidence": Case(
        verdict="disqualified",
        money=0,
        sink=4,
        cut=3,
        codes="cluster_size sink_link same_time farm_score",
        kinds="sink time",
    ),
    "a score below the bar is for a person": Case(
        verdict="review",
        score_lower=0.4999,
        codes="cluster_size money_link same_time low_score",
        kinds="money time",
    ),
    "a group too large to be believed is for a person": Case(
        verdict="review", is_giant=True, codes=f"{GROUP} giant_cluster", kinds="money time"
    ),
    "a giant that is too unlike a farm is left alone": Case(
        verdict="clear", is_giant=True, score=0.2, score_lower=0.1, codes="unlike_a_farm"
    ),
    "just like enough a farm to be looked at": Case(
        verdict="review",
        score=0.3,
        score_lower=0.3,
        codes="cluster_size money_link same_time low_score",
        kinds="money time",
    ),
    "a group too unlike a farm is left alone": Case(
        verdict="clear", score=0.2999, score_lower=0.2, sink=3, sequence=3, dealt=3, codes="unlike_a_farm"
    ),
    "in a group too unlike a farm, and nothing is known of its money": Case(
        verdict="not_analysed", score=0.2999, score_lower=0.0, known=(False,), codes="unlike_a_farm"
    ),
    "a group too small and too unlike a farm is too small": Case(
        verdict="clear", size=7, score=0.1, score_lower=0.0, codes="small_group"
    ),
    "one acquaintance ties it, so it is for a person": Case(
        verdict="review", is_weak=True, codes=f"{GROUP} weak_tie", kinds="money time"
    ),
    "one acquaintance ties it, whatever else holds": Case(
        verdict="review",
        is_weak=True,
        sink=3,
        sequence=3,
        codes="cluster_size money_link sink_link sequence_link same_time farm_score weak_tie",
        kinds="money sink sequence time",
    ),
    "one acquaintance ties it to a giant": Case(
        verdict="review", is_weak=True, is_giant=True, codes=f"{GROUP} giant_cluster weak_tie", kinds="money time"
    ),
    "one acquaintance ties it to a group too unlike a farm": Case(
        verdict="clear", is_weak=True, score=0.2, score_lower=0.2, codes="unlike_a_farm"
    ),
    "one acquaintance ties it to a small group": Case(verdict="clear", is_weak=True, size=3, codes="small_group"),
    "an address of it serves many": Case(verdict="clear", size=None, services=(LISTED,), codes="no_links serves_many"),
    "two lists say so of its address": Case(
        verdict="clear", size=None, services=(PAID_MANY, LISTED), codes="no_links serves_many"
    ),
    "an address of it serves many and nothing is known of its money": Case(
        verdict="not_analysed", size=None, known=(False,), services=(LISTED,), codes="no_funding_data serves_many"
    ),
    "another address of it is in a group": Case(
        verdict="disqualified",
        known=(True, True),
        services=(PAID_MANY,),
        codes=GROUP,
        kinds="money time",
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
    "a confirmed acquaintance is out": Case(
        verdict="disqualified",
        machine="review",
        is_weak=True,
        reviews=[CONFIRM],
        codes=f"review_confirmed {GROUP} weak_tie",
        kinds="money time",
    ),
    "a person may see a farm where the machine sees none": Case(
        verdict="disqualified",
        machine="clear",
        score=0.1,
        score_lower=0.0,
        reviews=[CONFIRM],
        codes="review_confirmed unlike_a_farm",
    ),
    "the allow-list exempts whom the machine leaves alone": Case(
        verdict="exempt", machine="clear", score=0.1, score_lower=0.0, allowed=True, codes="allow_listed unlike_a_farm"
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
    row: Fact = {"cluster_id": f"c {name}", "account": name, "size": case.size, "gap_s": 60.0}
    row |= {"median_gap_s": case.gap_s, "time_partners": case.together, "time_expected": case.expected}
    row["unknown_partners"] = case.unknown
    return row | {"money_partners": case.money, "sink_partners": case.sink, "sequence_partners": case.sequence}


def movement(kind: str, sender: str, recipient: str, at: float | None) -> tuple[object, ...]:
    """An item of evidence, in the order of tables.EVIDENCE."""
    when = None if at is None else hour(at)
    return (kind, "ethereum", f"{kind}{at}", sender, recipient, when, 1.0, "native", 1, "moves")


def fellow(name: str, n: int) -> str:
    """Another member of its group."""
    return f"{n} beside {name}"


def cut_from(name: str, n: int) -> str:
    """A member of the group that was cut from its own."""
    return f"{name} and cut {n}"


def ties(name: str, case: Case) -> list[Fact]:
    """Links of the account to others of its group, each with two movements."""
    partners = dict(zip(LINKS, (case.money, case.sink, case.sequence, case.dealt, case.cut), strict=True))
    rows: list[Fact] = []
    for kind, num in partners.items():
        for n in range(num):
            src, dst = (name, cut_from(name, n)) if kind == "direct" else (fellow(name, n), name)
            shown = [movement(kind, "f", name, 0), movement(kind, "f", fellow(name, n), n + 1)]
            row: Fact = {"src": src, "dst": dst, "kind": kind, "evidence_kind": LINKS[kind], "via": "f", "strength": 2}
            rows.append(row | {"evidence": shown})
    return rows


def standings_of_cases() -> dict[str, Standing]:
    said = [
        one
        | {"account": name, "campaign_id": "drop", "reason_code": "chance", "actor": "ann", "role": "reviewer"}
        | {"review_id": f"{name} {one['review_id']}", "decision_id": f"{name} {one['review_id']}"}
        | {"supersedes": f"{name} {one['supersedes']}" if one["supersedes"] else None}
        | {"cluster_id": f"c {name}", "others": [], "approves": None, "needs_approval": False}
        for name, case in CASES.items()
        for one in case.reviews
    ]
    allowed = [*(name for name, case in CASES.items() if case.allowed), "took part in nothing"]
    return authority.standings(authority.counted(said), {}, 1.0, allowed)


def standing_rows(said: dict[str, Standing]) -> list[Fact]:
    return [{"account": a, "verdict": one.verdict, "reasons": list(one.reasons)} for a, one in said.items()]


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Mapping[str, list[Fact]]:
    assert all(case.score >= case.score_lower for case in CASES.values())
    acted = {"first_action_at": hour(0), "last_action_at": hour(1), "first_tx_hash": "first"}
    addresses = [
        {"account": name, "chain": "ethereum", "address": f"{name}{n}", "has_transfers": known}
        for name, case in CASES.items()
        for n, known in enumerate(case.known)
    ]
    scored: list[Fact] = [
        {"cluster_id": f"c {name}", "account": name, "score": case.score, "score_lower": case.score_lower}
        for name, case in grouped().items()
    ]
    members: list[Fact] = [
        {"cluster_id": f"c {name}", "account": name, "is_weak": case.is_weak} for name, case in grouped().items()
    ]
    for name, n in itertools.product(grouped(), range(5)):
        members += [{"cluster_id": f"c {name}", "account": fellow(name, n), "is_weak": False}]
        members += [{"cluster_id": f"cut from {name}", "account": cut_from(name, n), "is_weak": False}]
    served: list[Fact] = [
        {"chain": "ethereum", "address": f"{name}0", "kind": f"kind {n}", "why": why}
        for name, case in CASES.items()
        for n, why in enumerate(case.services)
    ]
    said = standings_of_cases()
    whole = decide(
        frame(spark, Participants, [{"account": name} | acted for name in CASES]),
        frame(spark, ParticipantAddresses, addresses),
        frame(spark, Clusters, [{"cluster_id": f"c {n}", "is_giant": case.is_giant} for n, case in grouped().items()]),
        frame(spark, Features, [described(name, case) for name, case in grouped().items()]),
        frame(spark, Scores, scored),
        frame(spark, Links, [tie for name, case in grouped().items() for tie in ties(name, case)]),
        frame(spark, ClusterMembers, members),
        frame(spark, Services, served),
        frame(spark, Standings, standing_rows(said)),
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
    scores = (None, None) if case.size is None else (case.score, case.score_lower)
    assert (row["score"], row["score_lower"]) == scores


@pytest.mark.parametrize("name", CASES)
def test_the_reasons(found: Mapping[str, list[Fact]], name: str) -> None:
    reasons = listed(found[name][0]["reasons"])
    assert reasons
    assert [r for r in reasons if not REASON.fullmatch(str(r))] == []
    if CASES[name].codes:
        assert [str(r).split(":", maxsplit=1)[0] for r in reasons] == CASES[name].codes.split()


@pytest.mark.parametrize("name", PEOPLE)
def test_readers_without_spark_see_the_same_verdict(found: Mapping[str, list[Fact]], name: str) -> None:
    """Whether they start from what the machine said, or from a row that people's word is in already."""
    row, standing = found[name][0], standings_of_cases().get(name)
    machines = [r for r in listed(row["reasons"]) if authority.code(str(r)) not in authority.PEOPLES_CODES]
    if not CASES[name].allowed:  # an allow-list is the run's, and people's word never undoes it
        bare = row | {"verdict": row["machine_verdict"], "reasons": machines}
        assert authority.overlaid(bare, standing) == row
    assert authority.overlaid(row, standing) == row


@pytest.mark.parametrize("name", CASES)
def test_the_evidence(found: Mapping[str, list[Fact]], name: str) -> None:
    """Every kind that is claimed is shown, and little of each. Of the rest only a common counterparty is shown: it is
    what holds the group, if no kind of evidence.
    """
    case, row = CASES[name], found[name][0]
    items = [item for item in listed(row["evidence"]) if isinstance(item, dict)]
    kinds = [i["kind"] for i in items]
    assert {KIND_OF.get(k, k) for k in kinds if k != "counterparty"} == set(listed(row["evidence_kinds"]))
    in_group = case.size is not None and case.size >= 8 and case.score >= 0.3
    assert ("counterparty" in kinds) == (in_group and case.dealt > 0)
    assert all(kinds.count(kind) <= PER_KIND for kind in kinds)
    paid_at = [i["at"] for i in items if i["kind"] == "first_gas"]
    assert paid_at == sorted(paid_at)
    assert len({tuple(i.values()) for i in items}) == len(items)


def test_the_reasons_name_the_figures_that_held(found: Mapping[str, list[Fact]]) -> None:
    assert found["all four kinds"][0]["reasons"] == [
        "cluster_size: It is tied to a group of 10 accounts.",
        "money_link: Money ties it to the group; direct ties: 4.",
        "sink_link: Its coins went to the same address as those of others of the group.",
        "sequence_link: It did the same in the same order as 2 others of the group, at a constant lag.",
        "same_time: 9 others of the group began within the same window of time; chance gives 0.5.",
        "farm_score: The group scores 0.95 as a farm; half of it began within 60.0 minutes of the one before.",
    ]


def test_numbers_agree_with_their_nouns(found: Mapping[str, list[Fact]]) -> None:
    one = listed(found["the same acts in the same order alone are for a person"][0]["reasons"])
    assert "sequence_link: It did the same in the same order as 1 other of the group, at a constant lag." in one
    assert "one_kind_of_evidence: 1 kind of evidence holds; 2 are needed." in one
    none = listed(found["a common counterparty alone is for a person"][0]["reasons"])
    assert "one_kind_of_evidence: 0 kinds of evidence hold; 2 are needed." in none


def test_no_pace_is_told_of_a_group_whose_times_are_unknown(found: Mapping[str, list[Fact]]) -> None:
    name = "when its group began is unknown, and money and a common destination tie it"
    assert "farm_score: The group scores 0.95 as a farm." in listed(found[name][0]["reasons"])


def test_who_is_left_alone_is_told_why(found: Mapping[str, list[Fact]]) -> None:
    assert found["a group too unlike a farm is left alone"][0]["reasons"] == [
        "unlike_a_farm: It is tied to a group of 10 accounts that began too far apart to be looked at as a farm."
    ]
    weak = listed(found["one acquaintance ties it, so it is for a person"][0]["reasons"])
    assert str(weak[-1]).endswith(" all that ties it; it may be an acquaintance.")


def test_an_account_that_serves_many_is_told_which_list_says_so(found: Mapping[str, list[Fact]]) -> None:
    for name in ("an address of it serves many", "two lists say so of its address"):
        assert listed(found[name][0]["reasons"])[-1] == f"serves_many: Nothing ties it. {LISTED}"


def test_time_is_shown_by_the_accounts_own_first_action(found: Mapping[str, list[Fact]]) -> None:
    name = "money, time, a good score and enough members"
    (shown,) = [i for i in listed(found[name][0]["evidence"]) if isinstance(i, dict) and i["kind"] == "time"]
    assert [shown[c] for c in ("tx_hash", "from", "n", "source")] == ["first", name, 9, "participation"]


def test_the_cases_reach_every_verdict(found: Mapping[str, list[Fact]]) -> None:
    assert {rows[0]["verdict"] for rows in found.values()} == set(VERDICTS)


def listed(value: object) -> list[object]:
    assert isinstance(value, list)
    return value
