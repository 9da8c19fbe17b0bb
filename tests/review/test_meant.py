"""What a person looked at and meant is what is decided on: no other night, no other account, not the whole cluster."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from abuse.errors import InputError
from abuse.review.appeals import open_appeal, resolve_appeal
from abuse.review.checks import Kind
from abuse.review.decide import decide, decide_each, undo
from abuse.review.refused import Changed, Unknown
from abuse.review.said import Decision
from tests.lake.test_publication import NIGHT
from tests.review.made_up import CLUSTERS, FARM, RULES, TEAM, codes, published, said, says, seen, verdicts

BLANK = "alice\u00a0"


def test_a_page_of_a_night_that_said_something_else_does_not_decide_on_this_one(lake: str, tmp_path: Path) -> None:
    published(tmp_path / "lake", {"other": FARM, "team": TEAM}, as_of=NIGHT + timedelta(days=1), run_id="run2")
    with pytest.raises(Changed, match="says something else of 40 of these accounts"):
        decide(lake, "drop", said("confirm"), FARM, RULES, seen=seen(FARM), run_id="run1")
    (each,) = decide_each(lake, "drop", said("confirm"), {"other": seen(FARM)}, RULES, run_id="run1").values()
    assert isinstance(each, Changed)
    with pytest.raises(Unknown, match="is no publication"):
        decide(lake, "drop", said("confirm"), FARM, RULES, seen=seen(FARM), run_id="nobody's")
    same = decide(lake, "drop", said("confirm"), TEAM, RULES, seen=seen(TEAM), run_id="run1")
    assert same.is_new, "of the team both nights say the same"
    assert decide(lake, "drop", said("confirm"), FARM, RULES, seen=seen(FARM), run_id="run2").is_new


@pytest.mark.parametrize(("kind", "accounts"), [("account", ["farm"]), ("cluster", sorted(["farm", *FARM]))])
def test_an_account_with_the_name_of_its_cluster_is_decided_on_alone(
    tmp_path: Path, kind: Kind, accounts: list[str]
) -> None:
    members = ["farm", *FARM]
    lake = published(tmp_path / "lake", {**CLUSTERS, "farm": members})
    found = decide(lake, "drop", said("confirm"), ["farm"], RULES, seen=seen(members), kind=kind)
    assert found.accounts == accounts


def test_a_name_of_both_is_asked_back_where_nobody_can_know_which_is_meant(tmp_path: Path) -> None:
    lake = published(tmp_path / "lake", {**CLUSTERS, "farm": ["farm", *FARM]})
    with pytest.raises(InputError, match="an account has that name too"):
        says(lake, "confirm", "farm", seen=seen(["farm", *FARM]))


def test_a_cluster_that_is_gone_is_not_looked_for_among_accounts(lake: str) -> None:
    with pytest.raises(Unknown, match="not in the current publication"):
        decide(lake, "drop", said("confirm"), [FARM[0]], RULES, kind="cluster")


@pytest.mark.parametrize("name", [BLANK, "alice", "Alice "])
def test_the_exact_name_wins_over_what_somebody_may_have_typed(tmp_path: Path, name: str) -> None:
    lake = published(tmp_path / "lake", {**CLUSTERS, "farm": [BLANK, *FARM], "honest": ["alice"]})
    assert says(lake, "confirm", name).accounts == [name if name == BLANK else "alice"]


@pytest.mark.parametrize("half", ["answer", "reversal"])
def test_a_granted_appeal_is_taken_back_whole(lake: str, half: str) -> None:
    account = FARM[0]
    open_appeal(lake, "drop", said("appeal_opened", "owner_asked"), account)
    answer, reversal = resolve_appeal(lake, "drop", said("appeal_resolved", "x"), account, "granted", RULES)
    assert verdicts(lake, [account]) == {"clear"}
    asked = {"answer": answer, "reversal": reversal}[half].decision_id
    for is_new in (True, False):
        assert undo(lake, "drop", said("undo", key="a form's"), asked).is_new == is_new
    assert verdicts(lake, [account]) == {"disqualified"}
    assert "appeal_open" in codes(lake, account)
    (denied,) = resolve_appeal(lake, "drop", said("appeal_resolved", "x"), account, "denied", RULES)
    assert isinstance(denied, Decision)
    assert verdicts(lake, [account]) == {"disqualified"}
