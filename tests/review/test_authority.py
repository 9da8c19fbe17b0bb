"""Whose word counts: the rule by itself, on the fewest rows that show it."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from abuse import authority
from abuse.authority import Row, code, counted, standings
from abuse.words import ACTIONS, LENIENT, REASONS, reasons_for
from tests.lake.test_publication import CLOCK

GROUP = [f"m{n}" for n in range(10)]


def row(review_id: str, action: str, account: str = "a", minute: int = 0, **more: Any) -> dict[str, Any]:
    about: dict[str, Any] = {
        "review_id": review_id,
        "decision_id": f"d{review_id}",
        "account": account,
        "action": action,
    }
    about |= {"reason_code": "chance", "actor": "ann", "role": "reviewer", "cluster_id": "c", "others": []}
    about |= {"supersedes": None, "approves": None, "needs_approval": False}
    return about | {"decided_at": CLOCK + timedelta(minutes=minute)} | more


def verdict(rows: list[Row], account: str = "a") -> str | None:
    found = standings(counted(rows), {}, 9.9).get(account)
    return found.verdict if found else None


def said_of_a_group(action: str, *, about: list[str] = GROUP) -> list[Row]:
    others = [m for m in GROUP if m not in about]
    rows = [row(f"r{a}", action, a, decision_id="d") for a in about]
    rows[0]["others"] = others
    return list(rows)


CHANGES: dict[str, tuple[list[str], bool]] = {  # the group now -> whether people are asked again
    "the same": (GROUP, False),
    "two of ten came": ([*GROUP, "x", "y"], False),
    "three came": ([*GROUP, "x", "y", "z"], True),
    "two left": (GROUP[:8], False),
    "two came and one left": ([*GROUP[:9], "x", "y"], True),
    "it is alone": (["m0"], True),
}


@pytest.mark.parametrize("action", ["confirm", "split"])
@pytest.mark.parametrize(("group", "is_queued"), CHANGES.values(), ids=CHANGES)
def test_a_group_that_changed_by_more_than_the_share_is_queued_again_and_its_verdict_stays(
    action: str, group: list[str], is_queued: bool
) -> None:
    for about in (GROUP, GROUP[:1]):  # of all members, or of one while the others were in view
        said = counted(said_of_a_group(action, about=about))
        found = standings(said, authority.groups([("c", m) for m in group]), 0.2)
        assert found["m0"].verdict == {"confirm": "disqualified", "split": "clear"}[action]
        assert ("members_changed" in map(code, found["m0"].reasons)) == is_queued
        assert set(found) == set(about), "who came inherits nothing"


def test_a_group_that_is_gone_is_another_group() -> None:
    found = standings(counted(said_of_a_group("confirm")), {}, 0.2)
    assert "members_changed" in map(code, found["m0"].reasons)


def test_an_account_of_no_group_is_asked_about_once_it_has_one() -> None:
    said = counted([row("r", "confirm", cluster_id=None)])
    assert len(standings(said, {}, 0.2)["a"].reasons) == 1
    assert len(standings(said, authority.groups([("c", "a"), ("c", "b")]), 0.2)["a"].reasons) == 2


def test_accounts_of_no_group_are_no_group_though_one_decision_is_about_both() -> None:
    rows = [row(a, "confirm", a, decision_id="d", cluster_id=None) for a in ("a", "b")]
    assert {len(one.reasons) for one in standings(counted(rows), {}, 0.2).values()} == {1}


def test_an_overturn_is_for_good_whatever_its_group_becomes() -> None:
    found = standings(counted(said_of_a_group("overturn")), authority.groups([("other", m) for m in "xyz"]), 0.0)
    assert {(one.verdict, len(one.reasons)) for one in found.values()} == {("clear", 1)}


ORDERS: dict[str, tuple[list[Row], str | None]] = {
    "nothing said": ([], None),
    "the later counts": ([row("1", "confirm"), row("2", "overturn", minute=1)], "clear"),
    "at the same moment the greater id": ([row("2", "confirm"), row("1", "overturn")], "disqualified"),
    "an exemption beats later words": ([row("1", "exempt"), row("2", "confirm", minute=9)], "exempt"),
    "what is taken back does not count": (
        [row("1", "confirm"), row("2", "overturn", minute=1), row("3", "undo", minute=2, supersedes="2")],
        "disqualified",
    ),
    "what waits does not count": ([row("1", "overturn", needs_approval=True)], None),
    "what waits and was approved does": (
        [row("1", "overturn", needs_approval=True), row("2", "approve", actor="b", role="approver", approves="1")],
        "clear",
    ),
    "nobody approves their own": (
        [row("1", "overturn", needs_approval=True), row("2", "approve", actor="Ann ", role="approver", approves="1")],
        None,
    ),
    "a reviewer approves nothing": (
        [row("1", "overturn", needs_approval=True), row("2", "approve", actor="bert", approves="1")],
        None,
    ),
    "an approval of something else": (
        [row("1", "overturn", needs_approval=True), row("2", "approve", actor="b", role="approver", approves="9")],
        None,
    ),
    "notes and answers decide nothing": ([row("1", "note"), row("2", "appeal_resolved")], None),
    "the same row twice is one": ([row("1", "overturn", minute=4), row("1", "overturn")], "clear"),
}


@pytest.mark.parametrize(("rows", "wanted"), ORDERS.values(), ids=ORDERS)
def test_the_word_that_counts_in_whatever_order_rows_are_read(rows: list[Row], wanted: str | None) -> None:
    for seed in range(6):
        shuffled = random.Random(seed).sample(rows, len(rows))
        assert verdict(shuffled) == wanted


def test_the_persons_reason_is_in_the_reasons_and_their_note_and_name_are_not() -> None:
    said = counted([row("1", "overturn", reason_code="shared_payer", note="secret", actor="ann")])
    (reason,) = standings(said, {}, 0.2)["a"].reasons
    assert reason.startswith("review_overturned: A person looked at this account and overturned")
    assert reason.endswith(f": {REASONS['shared_payer'][0]}.")
    assert not {"secret", "ann"} & set(reason.split())


def test_every_action_has_a_reason_and_every_reason_an_action() -> None:
    assert all(reasons_for(action) for action in ACTIONS)
    assert {action for _, actions in REASONS.values() for action in actions} == set(ACTIONS)
    assert set(LENIENT) < set(ACTIONS)
