"""What a person says counts at once, for whom it was said, and for nobody else; and nothing said is ever changed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from abuse.errors import InputError
from abuse.lake.ledger import append, ledger
from abuse.lake.people import reviews
from abuse.review.appeals import open_appeal, resolve_appeal
from abuse.review.decide import approve, decide_each, undo
from abuse.review.refused import Changed, NotAllowed, Unknown
from abuse.review.said import Decision
from abuse.tables import Reviews
from tests.lake.test_publication import NIGHT
from tests.review.made_up import (
    ALONE,
    BOB,
    FARM,
    LISTED,
    RULES,
    TEAM,
    codes,
    now,
    published,
    said,
    says,
    seen,
    verdicts,
)

WORDS = {  # what is said of the team -> what it then is
    "confirm": "disqualified",
    "overturn": "clear",
    "hold": "review",
    "exempt": "exempt",
    "note": "review",
}


@pytest.mark.parametrize(("action", "verdict"), WORDS.items())
def test_a_word_about_a_cluster_is_one_row_per_member_in_one_commit(lake: str, action: str, verdict: str) -> None:
    more = {"note": "seen them"} if action == "note" else {}
    found = says(lake, action, "team", seen=seen(TEAM), **more)
    assert (found.accounts, found.is_new, found.needs_approval) == (sorted(TEAM), True, False)
    rows = ledger(lake, Reviews).to_pylist()
    assert {row["account"] for row in rows} == set(TEAM)
    assert {(row["decision_id"], row["cluster_id"], row["member_set_digest"], row["run_id"]) for row in rows} == {
        (found.decision_id, "team", seen(TEAM), "run1")
    }
    assert DeltaTable(f"{lake}/reviews").version() == 1, "made, then one commit"
    assert verdicts(lake, TEAM) == {verdict}
    assert verdicts(lake, FARM) == {"disqualified"}, "nobody else's"


def test_accounts_are_found_as_people_paste_them_and_decided_on_once(lake: str) -> None:
    found = says(lake, "overturn", f" {FARM[9].upper().replace('X', 'x')}", FARM[9], BOB)
    assert found.accounts == sorted([FARM[9], BOB])
    assert verdicts(lake, [FARM[9], BOB]) == {"clear"}
    assert verdicts(lake, set(FARM) - {FARM[9]}) == {"disqualified"}


def test_the_same_request_again_changes_nothing(lake: str) -> None:
    first = says(lake, "overturn", "team", seen=seen(TEAM))
    again = says(lake, "overturn", "team", seen=seen(TEAM))
    assert (again.decision_id, again.is_new) == (first.decision_id, False)
    assert ledger(lake, Reviews).num_rows == len(TEAM)


def test_what_was_said_before_may_be_said_again_after_something_else(lake: str) -> None:
    for action in ("overturn", "confirm", "overturn"):
        assert says(lake, action, "team", seen=seen(TEAM)).is_new
    assert verdicts(lake, TEAM) == {"clear"}


def test_a_key_makes_a_request_count_once_whatever_was_said_since(lake: str) -> None:
    first = says(lake, "overturn", ALONE, key="form-7")
    says(lake, "hold", ALONE)
    again = says(lake, "overturn", ALONE, key="form-7")
    assert (again.decision_id, again.is_new) == (first.decision_id, False)
    assert verdicts(lake, [ALONE]) == {"review"}, "the later word still counts"
    with pytest.raises(InputError, match=r"--key form-7: was given to another request"):
        says(lake, "overturn", BOB, key="form-7")


def test_a_cluster_is_not_decided_on_unseen_or_after_its_members_changed(lake: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="decided on without --seen"):
        says(lake, "confirm", "team")
    old = seen(TEAM)
    published(tmp_path / "lake", {"farm": FARM, "team": TEAM[1:]}, as_of=NIGHT + timedelta(days=1), run_id="run2")
    for target in ("team", TEAM[3]):
        with pytest.raises(
            InputError, match=rf"--seen: {old} is not the member set of now, wanted the digest of the 7 members of now"
        ):
            says(lake, "confirm", target, seen=old)
    assert ledger(lake, Reviews).num_rows == 0
    assert says(lake, "confirm", "team", seen=seen(TEAM[1:])).is_new


def test_one_word_about_many_clusters_is_one_commit_and_each_has_its_answer(lake: str) -> None:
    asked = {"farm": seen(FARM), "team": seen(TEAM[1:]), "gone": seen(TEAM), "\x00": "x"}
    found = decide_each(lake, "drop", said("confirm", key="k"), asked, RULES)
    assert list(found) == list(asked)
    assert isinstance(farm := found["farm"], Decision)
    assert (farm.is_new, farm.accounts) == (True, sorted(FARM))
    kinds = {name: type(found[name]) for name in ("team", "gone", "\x00")}
    assert kinds == {"team": Changed, "gone": Unknown, "\x00": Unknown}
    assert DeltaTable(f"{lake}/reviews").version() == 1, "made, then one commit"
    again = decide_each(lake, "drop", said("confirm", key="k"), asked | {"team": seen(TEAM)}, RULES)
    assert [one.is_new for one in again.values() if isinstance(one, Decision)] == [False, True]
    (many,) = decide_each(lake, "drop", said("overturn"), {"farm": seen(FARM)}, RULES).values()
    assert isinstance(many, Decision)
    assert many.needs_approval
    (whole,) = decide_each(lake, "drop", said("split"), {"team": seen(TEAM)}, RULES).values()
    assert "a whole cluster" in str(whole)
    with pytest.raises(NotAllowed):
        decide_each(lake, "drop", said("confirm", role="viewer"), asked, RULES)


def test_members_that_are_split_off_are_clear_and_the_rest_is_not(lake: str) -> None:
    says(lake, "split", *FARM[:3])
    assert verdicts(lake, FARM[:3]) == {"clear"}
    assert verdicts(lake, FARM[3:]) == {"disqualified"}
    for targets, match in ((("team",), "a whole cluster"), ((ALONE,), "in no cluster")):
        with pytest.raises(InputError, match=match):
            says(lake, "split", *targets, seen=seen(TEAM) if targets == ("team",) else None)


def test_an_exemption_beats_every_later_word_until_it_is_taken_back(lake: str) -> None:
    exempt = says(lake, "exempt", FARM[0])
    says(lake, "confirm", FARM[0])
    assert verdicts(lake, [FARM[0]]) == {"exempt"}
    undo(lake, "drop", said("undo"), exempt.decision_id)
    assert verdicts(lake, [FARM[0]]) == {"disqualified"}


def test_a_decision_that_is_taken_back_stays_and_does_not_count(lake: str) -> None:
    found = says(lake, "overturn", *FARM[:2])
    taken = undo(lake, "drop", said("undo"), found.decision_id)
    assert verdicts(lake, FARM[:2]) == {"disqualified"}
    assert ledger(lake, Reviews).num_rows == 4
    again = undo(lake, "drop", said("undo", actor="bert"), found.decision_id)
    assert (again.decision_id, again.is_new) == (taken.decision_id, False)
    with pytest.raises(InputError, match="takes one back"):
        undo(lake, "drop", said("undo"), taken.decision_id)
    with pytest.raises(InputError, match="decision nope: is unknown"):
        undo(lake, "drop", said("undo"), "nope")


def test_letting_off_more_than_the_setting_waits_for_a_second_person(lake: str) -> None:
    found = says(lake, "overturn", "farm", seen=seen(FARM))
    assert found.needs_approval
    assert verdicts(lake, FARM) == {"disqualified"}, "not yet"
    for actor in ("ann", " ANN "):
        with pytest.raises(InputError, match="wanted the approval of another person"):
            approve(lake, "drop", said("approve", actor=actor.strip(), role="approver"), found.decision_id)
    with pytest.raises(InputError, match="--role: reviewer may not approve, wanted approver or more"):
        approve(lake, "drop", said("approve", actor="bert"), found.decision_id)
    second = said("approve", actor="bert", role="approver")
    assert approve(lake, "drop", second, found.decision_id).is_new
    assert verdicts(lake, FARM) == {"clear"}
    assert not approve(lake, "drop", second, found.decision_id).is_new
    assert ledger(lake, Reviews).num_rows == 2 * len(FARM)


def test_an_approval_counts_from_then_on_and_is_a_word_that_can_be_taken_back(lake: str) -> None:
    found = says(lake, "overturn", "farm", seen=seen(FARM))
    says(lake, "hold", FARM[0], actor="carl")
    agreed = approve(lake, "drop", said("approve", actor="bert", role="approver"), found.decision_id)
    assert verdicts(lake, [FARM[0]]) == {"clear"}, "the approval came last"
    undo(lake, "drop", said("undo", actor="bert"), agreed.decision_id)
    assert verdicts(lake, FARM[1:]) == {"disqualified"}
    assert verdicts(lake, [FARM[0]]) == {"review"}


def test_many_small_requests_are_a_large_one(lake: str) -> None:
    asked = [says(lake, "overturn", *FARM[n : n + 10]).needs_approval for n in range(0, 40, 10)]
    assert asked == [False, False, True, True]
    assert not says(lake, "overturn", *TEAM).needs_approval, "another cluster is counted by itself"
    assert not says(lake, "overturn", *FARM[:10], actor="bert").needs_approval


def test_confirming_many_needs_nobody_else_and_waiting_decisions_can_be_dropped(lake: str) -> None:
    assert not says(lake, "confirm", "farm", seen=seen(FARM)).needs_approval
    found = says(lake, "exempt", *FARM)
    assert found.needs_approval
    undo(lake, "drop", said("undo"), found.decision_id)
    with pytest.raises(InputError, match="does not wait for approval"):
        approve(lake, "drop", said("approve", actor="bert", role="approver"), found.decision_id)


def test_an_approval_of_other_members_than_were_decided_on_is_refused(lake: str, tmp_path: Path) -> None:
    found = says(lake, "overturn", "farm", seen=seen(FARM))
    grown = {"farm": [*FARM, "0x" + "cc" * 20], "team": TEAM}
    published(tmp_path / "lake", grown, as_of=NIGHT + timedelta(days=1), run_id="run2")
    with pytest.raises(InputError, match="has changed since, wanted the members it was made on"):
        approve(lake, "drop", said("approve", actor="bert", role="approver"), found.decision_id)


def test_an_appeal_is_opened_once_and_answered_once(lake: str) -> None:
    asked = said("appeal_opened", "owner_asked", role="viewer", note="I am one person")
    opened = open_appeal(lake, "drop", asked, FARM[5])
    assert not open_appeal(lake, "drop", said("appeal_opened", "owner_asked", actor="bert"), FARM[5]).is_new
    assert (codes(lake, FARM[5])[0], verdicts(lake, [FARM[5]])) == ("appeal_open", {"disqualified"})
    denied = resolve_appeal(lake, "drop", said("appeal_resolved"), FARM[5], "denied", RULES)
    assert [one.action for one in denied] == ["appeal_resolved"]
    assert "appeal_open" not in codes(lake, FARM[5])
    assert verdicts(lake, [FARM[5]]) == {"disqualified"}
    assert not resolve_appeal(lake, "drop", said("appeal_resolved"), FARM[5], "denied", RULES)[0].is_new
    with pytest.raises(InputError, match="has no open appeal"):
        resolve_appeal(lake, "drop", said("appeal_resolved"), FARM[5], "granted", RULES)
    again = open_appeal(lake, "drop", asked, FARM[5])
    assert again.is_new
    assert again.decision_id != opened.decision_id


def test_a_granted_appeal_overturns_in_the_same_commit(lake: str) -> None:
    open_appeal(lake, "drop", said("appeal_opened", "owner_asked"), FARM[5])
    before = DeltaTable(f"{lake}/reviews").version()
    found = resolve_appeal(lake, "drop", said("appeal_resolved"), FARM[5], "granted", RULES)
    assert [one.action for one in found] == ["appeal_resolved", "overturn"]
    assert DeltaTable(f"{lake}/reviews").version() == before + 1
    assert codes(lake, FARM[5]) == ["review_overturned", "same_time"]
    assert verdicts(lake, [FARM[5]]) == {"clear"}
    assert not resolve_appeal(lake, "drop", said("appeal_resolved"), FARM[5], "granted", RULES)[0].is_new


def test_an_appeal_stays_open_while_its_overturn_waits_for_a_second_person(lake: str) -> None:
    open_appeal(lake, "drop", said("appeal_opened", "owner_asked"), FARM[30])
    says(lake, "overturn", *FARM[:20])
    (found,) = resolve_appeal(lake, "drop", said("appeal_resolved"), FARM[30], "granted", RULES)
    assert (found.action, found.needs_approval) == ("overturn", True)
    assert codes(lake, FARM[30])[0] == "appeal_open"
    approve(lake, "drop", said("approve", actor="bert", role="approver"), found.decision_id)
    assert codes(lake, FARM[30])[:2] == ["review_overturned", "appeal_open"]
    (answer,) = resolve_appeal(lake, "drop", said("appeal_resolved"), FARM[30], "granted", RULES)
    assert answer.action == "appeal_resolved"
    assert codes(lake, FARM[30]) == ["review_overturned", "same_time"]


def test_people_never_undo_an_allow_list(lake: str) -> None:
    says(lake, "confirm", LISTED)
    assert verdicts(lake, [LISTED]) == {"exempt"}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown account": ({"targets": ["0xnope\x1b[2J"]}, r"account 0xnope\\x1b\[2J: did not take part in campaign"),
    "one unknown of many": ({"targets": [BOB, "0xa", "0xb"]}, r"account 0xa: .*\(and 1 more\)"),
    "an unknown action": ({"action": "delete"}, "'chance' is no reason to delete"),
    "a reason of another action": ({"action": "confirm", "reason": "chance"}, "wanted one of: one_operator"),
    "a viewer": ({"role": "viewer"}, "--role: viewer may not overturn, wanted reviewer or more"),
    "no such role": ({"role": "king"}, "--role: king may not"),
    "nobody": ({"actor": "  "}, "--actor"),
    "a name that is none": ({"actor": "ann\x1b[31m"}, r"--actor: 'ann\\\\x1b\[31m', wanted a name"),
    "a note that is no text": ({"note": "\udcff"}, "--note: bytes that are no text"),
    "a note without end": ({"note": "x" * 10_001}, "--note: 10001 characters"),
    "a note without words": ({"action": "note", "note": " "}, "--note"),
}


@pytest.mark.parametrize(("asked", "match"), WRONG.values(), ids=WRONG)
def test_what_makes_no_sense_is_one_line_and_not_written(lake: str, asked: dict[str, Any], match: str) -> None:
    words = {"action": "overturn", "targets": [BOB]} | asked
    with pytest.raises(InputError, match=match) as refused:
        says(lake, words.pop("action"), *words.pop("targets"), **words)
    assert str(refused.value).isprintable()
    assert ledger(lake, Reviews).num_rows == 0


def test_a_campaign_knows_only_its_own_words(lake: str, tmp_path: Path) -> None:
    says(lake, "overturn", "team", seen=seen(TEAM))
    rows = ledger(lake, Reviews).to_pylist()
    assert {row["campaign_id"] for row in rows} == {"drop"}
    assert reviews(lake, "other") == []
    assert len(now(lake).rows) == len(TEAM)


def test_the_word_that_came_last_rules_though_a_clock_before_it_was_ahead(lake: str) -> None:
    says(lake, "confirm", FARM[0])
    (row,) = ledger(lake, Reviews).to_pylist()
    append(lake, Reviews, [row | {"review_id": "ahead", "decided_at": row["decided_at"] + timedelta(hours=1)}])
    says(lake, "overturn", FARM[0])
    ruling = now(lake).words[FARM[0]].ruling
    assert ruling is not None
    assert ruling["action"] == "overturn"
