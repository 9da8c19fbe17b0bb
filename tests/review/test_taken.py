"""Who works on a cluster: one person at a time, until what it holds is decided; and it never changes a verdict."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from abuse.errors import InputError
from abuse.lake.ledger import ledger
from abuse.lake.people import review_ids, run_name
from abuse.review.decide import approve, decide_each, undo
from abuse.review.page import render_decision, render_queue
from abuse.review.queue import queue
from abuse.review.refused import Changed, NotAllowed, Unknown
from abuse.review.said import Decision
from abuse.review.taken import takers, takers_now
from abuse.tables import Reviews
from tests.lake.test_publication import NIGHT
from tests.review.made_up import ALONE, CLUSTERS, FARM, RULES, TEAM, now, page_of, published, said, says, seen, verdicts
from tests.review.test_authority import row

M = ["m0", "m1", "m2"]
OUT = {"m0", "m1"}
"""Of whom the publication says that they are out, or in review."""


def takes(name: str, minute: int = 0, actor: str = "ann", digest: str = "d", **more: Any) -> list[dict[str, Any]]:
    about = {"decision_id": name, "actor": actor, "member_set_digest": digest} | more
    return [row(f"{name}{a}", "take", a, minute, **about) for a in M]


def words(name: str, action: str, minute: int, about: list[str], **more: Any) -> list[dict[str, Any]]:
    return [row(f"{name}{a}", action, a, minute, decision_id=name, member_set_digest="d", **more) for a in about]


def gone(name: str, of: str, minute: int, about: list[str]) -> list[dict[str, Any]]:
    return [row(f"{name}{a}", "undo", a, minute, decision_id=name, supersedes=f"{of}{a}") for a in about]


CASES: dict[str, tuple[list[dict[str, Any]], str | None]] = {  # what was said -> whose it is
    "nothing": ([], None),
    "a take": (takes("t"), "ann"),
    "the later take": (takes("t") + takes("u", 1, "rob"), "rob"),
    "a later take that was taken back": (takes("t") + takes("u", 1, "rob") + gone("v", "u", 2, M), "ann"),
    "a take that was taken back": (takes("t") + gone("v", "t", 1, M), None),
    "other members than now": (takes("t", digest="old"), None),
    "other members since, taken by another": (takes("t") + takes("u", 1, "rob", digest="old"), "ann"),
    "a remark since": (takes("t") + words("n", "note", 1, M), "ann"),
    "an appeal since": (takes("t") + words("n", "appeal_opened", 1, ["m0"]), "ann"),
    "decided before": (words("c", "confirm", 0, M) + takes("t", 1), "ann"),
    "decided since": (takes("t") + words("c", "confirm", 1, M), None),
    "held since": (takes("t") + words("c", "hold", 1, M), None),
    "one split off": (takes("t") + words("c", "split", 1, ["m0"]), "ann"),
    "those that were flagged, one after the other": (
        takes("t") + words("c", "split", 1, ["m0"]) + words("e", "confirm", 2, ["m1"]),
        None,
    ),
    "all but the flagged": (takes("t") + words("c", "confirm", 1, ["m2"]), "ann"),
    "waits for a second person": (takes("t") + words("c", "overturn", 1, M, needs_approval=True), None),
    "decided, which was taken back": (takes("t") + words("c", "confirm", 1, M) + gone("v", "c", 2, M), "ann"),
    "decided, then an appeal": (takes("t") + words("c", "confirm", 1, M) + words("a", "appeal_opened", 2, M), None),
    "taken anew after it was decided": (takes("t") + words("c", "hold", 1, M) + takes("u", 2, "rob"), "rob"),
}


@pytest.mark.parametrize(("rows", "whose"), CASES.values(), ids=CASES)
def test_whose_a_cluster_is(rows: list[dict[str, Any]], whose: str | None) -> None:
    found = takers(rows, {"c": "d"}, OUT)
    assert {cluster: one.by for cluster, one in found.items()} == ({"c": whose} if whose else {})
    assert takers(rows, {"other": "d"}, OUT) == {}, "of a cluster that is not asked about"


def test_where_nobody_is_flagged_it_ends_with_all_members() -> None:
    rows = takes("t") + words("c", "exempt", 1, M[:2])
    assert takers(rows, {"c": "d"}, set())["c"].by == "ann"
    assert takers(rows + words("e", "exempt", 2, M[2:]), {"c": "d"}, set()) == {}


def take(lake: str, cluster: str = "team", actor: str = "ann", **more: Any) -> Decision:
    return says(lake, "take", cluster, seen=seen(CLUSTERS[cluster]), reason="at_work", actor=actor, **more)


def whose(lake: str) -> dict[str, str]:
    return {cluster: one.by for cluster, one in takers_now(now(lake)).items()}


def test_a_take_and_a_note_change_no_verdict_no_queue_and_no_run_so_that_a_list_can_still_be_frozen(lake: str) -> None:
    before = (verdicts(lake, FARM), verdicts(lake, TEAM), [(i.id, i.num, i.kinds) for i in queue(now(lake))])
    names = {run_name("base", review_ids(now(lake).rows))}
    taken = take(lake)
    assert whose(lake) == {"team": "ann"}
    assert before == (verdicts(lake, FARM), verdicts(lake, TEAM), [(i.id, i.num, i.kinds) for i in queue(now(lake))])
    says(lake, "note", ALONE, note="seen")
    undo(lake, "drop", said("undo"), taken.decision_id)
    names.add(run_name("base", review_ids(now(lake).rows)))
    assert len(names) == 1
    says(lake, "hold", ALONE, reason="second_opinion")
    names.add(run_name("base", review_ids(now(lake).rows)))
    assert len(names) == 2, "what decides something makes another run"


def test_a_take_leaves_the_word_that_was_said_and_needs_no_second_person(lake: str) -> None:
    waits = says(lake, "overturn", "farm", seen=seen(FARM))
    assert waits.needs_approval
    assert not take(lake, "farm", "rob").needs_approval
    assert whose(lake) == {"farm": "rob"}
    assert not approve(lake, "drop", said("approve", actor="bert", role="approver"), waits.decision_id).needs_approval
    assert verdicts(lake, FARM) == {"clear"}
    assert not says(lake, "overturn", *FARM[:20], actor="rob").needs_approval, "the 40 that he took are not let off"


def test_the_second_is_told_who_had_it_and_so_is_the_same_request_again(lake: str) -> None:
    assert take(lake).taken_from is None
    assert take(lake).is_new is False
    found = take(lake, actor="rob", key="k")
    assert (found.is_new, found.taken_from) == (True, "ann")
    take(lake, actor="bert")
    again = take(lake, actor="rob", key="k")
    assert (again.decision_id, again.is_new, again.taken_from) == (found.decision_id, False, "ann")
    assert whose(lake) == {"team": "bert"}
    assert take(lake, actor=" Bert").taken_from is None, "one person, however written"
    assert "  ann had it until then." in page_of(render_decision, [found], lake, "drop").splitlines()


def test_many_are_taken_at_once_and_each_says_who_had_it(lake: str) -> None:
    take(lake, "farm")
    asked = {name: seen(members) for name, members in CLUSTERS.items()}
    found = decide_each(lake, "drop", said("take", "at_work", actor="rob"), asked | {"gone": "x"}, RULES)
    told = {name: one.taken_from for name, one in found.items() if isinstance(one, Decision)}
    assert told == {"farm": "ann", "team": None}
    assert isinstance(found["gone"], Unknown)
    assert whose(lake) == {"farm": "rob", "team": "rob"}


def test_it_is_taken_back_by_the_usual_undo_and_may_be_taken_again(lake: str) -> None:
    undo(lake, "drop", said("undo", "let_go"), take(lake).decision_id)
    assert whose(lake) == {}
    assert take(lake).is_new
    assert whose(lake) == {"team": "ann"}


def test_what_cannot_be_taken(lake: str) -> None:
    with pytest.raises(InputError, match="take: accounts, wanted one cluster"):
        says(lake, "take", *TEAM, reason="at_work", seen=seen(TEAM))
    with pytest.raises(InputError, match="without --seen"):
        says(lake, "take", "team", reason="at_work")
    with pytest.raises(Changed):
        says(lake, "take", "team", reason="at_work", seen=seen(FARM))
    with pytest.raises(Unknown):
        says(lake, "take", "nobody", reason="at_work", seen="x")
    with pytest.raises(NotAllowed, match="viewer may not take"):
        take(lake, role="viewer")
    assert ledger(lake, Reviews).num_rows == 0


def test_a_cluster_of_other_members_is_nobodys(lake: str, tmp_path: Path) -> None:
    take(lake)
    grown = [*TEAM, ALONE.replace("a", "c")]
    published(tmp_path / "lake", CLUSTERS | {"team": grown}, as_of=NIGHT + timedelta(days=1), run_id="run2")
    assert whose(lake) == {}
    published(tmp_path / "lake", as_of=NIGHT + timedelta(days=2), run_id="run3")
    assert whose(lake) == {"team": "ann"}, "the members that she saw"


def test_the_queue_of_the_terminal_says_whose_it_is_and_obeys_no_name(lake: str) -> None:
    take(lake, actor="[red]ann")
    (item,) = queue(now(lake))
    assert (item.id, item.taken_by, item.taken_at) == ("team", "[red]ann", now(lake).rows[0]["decided_at"])
    text = page_of(render_queue, [item], None, "drop", 50)
    assert "the machine is in doubt; taken by [red]ann, 20" in text
    says(lake, "confirm", *TEAM[1:])
    assert [(item.num, item.taken_by) for item in queue(now(lake))] == [(1, "[red]ann")]
    says(lake, "confirm", TEAM[0])
    assert whose(lake) == {}
    assert {item.taken_by for item in queue(now(lake), "disqualified")} == {None}
