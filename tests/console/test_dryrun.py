"""Another policy over a published night: the same rule, people's word over it, and no answer where it does not hold."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from abuse.lake.publication import REFRESHED
from abuse.lake.storage import made_of, storage_of, write_json
from abuse.tables import ClusterMembers, Clusters, Decisions, Features, ParticipantAddresses, Participants, Scores
from tests.console.conftest import Served
from tests.console.lakes import FARM, MEMBERS, REPORT, STRANGERS, Rows, decision, public_rows, publish, work_rows
from tests.console.test_pages import ON, scanned, text_of
from tests.lake.test_publication import NIGHT
from tests.review.made_up import says

RUN = f"/api/v1{ON}/dry-run"
PAIR = ["0x" + "c1" * 20, "0x" + "c2" * 20]


def with_a_pair(public: Rows, work: Rows) -> tuple[Rows, Rows]:
    """Two more accounts that paid each other at one time: too few for the policy."""
    about = {"cluster_id": "beef", "founder": PAIR[0], "size": 2, "num_links": 1, "shape": "pair", "num_cut": 0}
    public[Clusters].append(about | {"is_giant": False})
    for account in PAIR:
        member = {"cluster_id": "beef", "account": account}
        public[ClusterMembers].append(
            member
            | {"role": "leaf", "num_neighbours": 1, "link_kinds": ["direct"], "strength": 1}
            | {"num_cut": 0, "is_weak": False}
        )
        scored = {"score": 0.8, "score_lower": 0.6, "member_score": 0.8}
        public[Scores].append(member | scored | {"model_version": "m", "top_reasons": ["median_gap: Soon."]})
        public[Decisions].append(decision(account, "clear", **{"cluster_id": "beef"} | scored))
        figures = {"size": 2, "time_partners": 9, "time_expected": 0.1, "money_partners": 1, "sink_partners": 0}
        work[Features].append(member | figures | {"sequence_partners": 0})
        work[Participants].append(work[Participants][0] | {"account": account, "reward": 5.0})
        work[ParticipantAddresses].append(work[ParticipantAddresses][0] | {"account": account, "address": account})
    return public, work


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    publish(tmp_path, *with_a_pair(public_rows(), work_rows()))
    return tmp_path


def asked(served: Served, lake: Path, **numbers: Any) -> dict[str, Any]:
    found = served(lake).get(RUN, params=numbers)
    assert found.status_code == 200, found.text
    told: dict[str, Any] = found.json()
    return told


def test_its_own_policy_moves_nobody(served: Served, pairs: Path) -> None:
    found = asked(served, pairs)
    assert found["moves"] == found["accounts"] == []
    assert found["before"] == found["after"] == {"disqualified": 9, "review": 1, "clear": 3, "not_analysed": 1}
    page = text_of(served(pairs).get(f"{ON}/dry-run").text)
    assert "give exactly the verdicts that were published" in page


def test_a_smaller_group_comes_in_with_its_reward_and_why(served: Served, pairs: Path) -> None:
    found = asked(served, pairs, min_cluster_size=2)
    assert found["moves"] == [{"before": "clear", "after": "disqualified", "num": 2, "reward": 10.0}]
    assert found["after"]["disqualified"] == 11
    assert found["clusters"] == [{"cluster_id": "beef", "size": 2, "num": 2}]
    assert [row["account"] for row in found["accounts"]] == PAIR
    assert found["accounts"][0]["why"] == ["Its group of 2 accounts is large enough: 2 are asked."]
    assert found["accounts"][0]["evidence_kinds"] == ["money", "time"]
    page = text_of(served(pairs).get(f"{ON}/dry-run", params={"min_cluster_size": 2}).text)
    assert "Its group of 2 accounts is large enough" in page
    assert "a run like that would be held" in page
    assert "as published, 85.7% under these numbers" in page
    assert len(re.findall(r"<th [^>]*>As published</th><th [^>]*>Under these numbers<", page)) == 3
    assert "min_cluster_size = 2" in page


def test_higher_bars_let_accounts_go(served: Served, pairs: Path) -> None:
    found = asked(served, pairs, min_score_lower=0.9, min_evidence_kinds=4)
    assert found["moves"] == [{"before": "disqualified", "after": "review", "num": 9, "reward": 112.5}]
    assert found["accounts"][0]["why"] == [
        "3 kinds of evidence hold, which is too few: 4 are asked.",
        "The lower bound of the score, 0.8642, is too low: 0.9 is asked.",
    ]
    left_alone = asked(served, pairs, min_score_review=0.95)
    assert {(move["before"], move["after"], move["num"]) for move in left_alone["moves"]} == {
        ("disqualified", "clear", 9),
        ("review", "clear", 1),
    }


def test_a_persons_word_stands_whatever_the_policy(served: Served, pairs: Path) -> None:
    says(str(pairs), "exempt", PAIR[0])
    says(str(pairs), "confirm", MEMBERS[9])
    found = asked(served, pairs, min_cluster_size=2)
    assert [row["account"] for row in found["accounts"]] == [PAIR[1]]
    assert (found["num_kept"], found["before"]["exempt"], found["after"]["exempt"]) == (1, 1, 1)
    assert found["before"]["disqualified"] == 10, "the confirmed one is out by now"
    strict = asked(served, pairs, min_score_review=0.95)
    assert strict["after"]["disqualified"] == 1
    assert strict["num_kept"] == 1
    assert "a person's word stands" in text_of(served(pairs).get(f"{ON}/dry-run?min_cluster_size=2").text)


def test_whom_the_allow_list_names_stays_exempt(served: Served, tmp_path: Path) -> None:
    public, work = with_a_pair(public_rows(), work_rows())
    public[Decisions][-1] |= {"verdict": "exempt", "reasons": ["allow_listed: The campaign's allow-list names it."]}
    publish(tmp_path, public, work)
    found = asked(served, tmp_path, min_cluster_size=2)
    assert [row["account"] for row in found["accounts"]] == [PAIR[0]]
    assert found["after"]["exempt"] == 1


def test_pages_hold_each_account_once_and_can_be_narrowed(served: Served, pairs: Path) -> None:
    numbers = {"min_score_review": 0.85, "min_score_lower": 0.9, "min_cluster_size": 2}
    whole = asked(served, pairs, **numbers, limit=500)
    found: list[str] = []
    offset: int | None = 0
    while offset is not None:
        page = asked(served, pairs, **numbers, limit=2, offset=offset)
        found += [row["account"] for row in page["accounts"]]
        offset = page["next_offset"]
    assert found == [row["account"] for row in whole["accounts"]]
    assert len(set(found)) == whole["num"] == 9
    narrowed = asked(served, pairs, **numbers, was="review")
    assert narrowed["num"] == 0


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("made_of", "does not say under which policy it was made"),
        ("settings", "was made under settings that are unknown here"),
        ("verdict", "of 1 account the rule as it is here gives another verdict than was published"),
        ("outside", "of 1 account the rule as it is here gives another verdict than was published"),
        ("figures", "of 12 accounts the figures behind the verdict are kept no more"),
    ],
)
def test_what_cannot_be_made_again_is_not_guessed(served: Served, tmp_path: Path, broken: str, said: str) -> None:
    public, work = with_a_pair(public_rows(), work_rows())
    if broken == "verdict":
        public[Decisions][0] |= {"machine_verdict": "review"}
    if broken == "outside":
        next(row for row in public[Decisions] if row["account"] == STRANGERS[0])["machine_verdict"] = "not_analysed"
    publish(tmp_path, public, work if broken != "figures" else work | {Features: []})
    if broken == "settings":
        write_json(made_of(str(tmp_path), "drop", NIGHT, "run1"), {"settings": {"policy": {"of_old": 1}}})
    if broken == "made_of":
        storage_of(str(tmp_path)).remove([made_of(str(tmp_path), "drop", NIGHT, "run1")])
    client = served(tmp_path)
    for path in (RUN, f"{ON}/dry-run"):
        found = client.get(path)
        assert found.status_code == 409
        assert said in text_of(found.text)


def test_a_refreshed_publication_is_read_with_what_its_night_made(served: Served, tmp_path: Path) -> None:
    publish(tmp_path)
    report = REPORT | {"made_by": "run1"}
    publish(tmp_path, work={}, run_id="run2", minutes=1, report=report, reason=f"{REFRESHED} run1")
    found = asked(served, tmp_path, min_score_lower=0.9)
    assert (found["run_id"], found["num"], found["moves"][0]["reward"]) == ("run2", 9, 112.5)


def test_a_campaign_without_clusters(served: Served, tmp_path: Path) -> None:
    public: Rows = {Decisions: [decision(STRANGERS[0], "clear")]}
    work: Rows = {ParticipantAddresses: work_rows()[ParticipantAddresses][10:11]}
    publish(tmp_path, public, work)
    assert asked(served, tmp_path, min_cluster_size=2)["moves"] == []
    assert "Nobody." in served(tmp_path).get(f"{ON}/dry-run?min_cluster_size=2").text


@pytest.mark.parametrize(
    "numbers", ["min_cluster_size=x", "min_score_lower=2", "min_evidence_kinds=1", "min_score_review=nan"]
)
def test_numbers_that_no_policy_has_are_refused(served: Served, pairs: Path, numbers: str) -> None:
    client = served(pairs)
    assert client.get(f"{RUN}?{numbers}").status_code == 422
    assert client.get(f"{ON}/dry-run?{numbers}").status_code == 400
    assert client.get(f"{ON}/dry-run?min_cluster_size=").status_code == 200


def test_an_earlier_night_and_what_attackers_write(served: Served, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    public, work = with_a_pair(public_rows(), work_rows())
    for rows in (*public.values(), *work.values()):
        for row in rows:
            if row.get("account") == PAIR[0]:
                row["account"] = evil
    publish(tmp_path, public, work, as_of=NIGHT + timedelta(days=1))
    text = served(tmp_path).get(f"{ON}/dry-run?min_cluster_size=2").text
    assert scanned(text).inline == []
    assert "&lt;script&gt;" in text
    assert served(tmp_path).get(f"{ON}/dry-run?as_of=2026-04-02T00:00:00Z").status_code == 200
    assert FARM not in text
