"""What waits for a person, largest first; what is read before deciding; and that no text of the lake is obeyed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from abuse.errors import InputError
from abuse.lake.publication import current
from abuse.operate.why import as_json, explain
from abuse.operate.why import render as render_why
from abuse.review.appeals import open_appeal
from abuse.review.page import render_case, render_queue
from abuse.review.queue import Item, case, queue
from tests.lake.test_publication import NIGHT
from tests.review.made_up import ALONE, BOB, CLUSTERS, FARM, TEAM, now, page_of, published, said, says, seen

EVIL = "[red]x[/red]\x1b[2J\u202e; rm -rf $HOME :smile:\x9b31m"


def told(items: list[Item]) -> list[tuple[str, int, int, list[str]]]:
    return [(item.id, item.num, item.size, item.kinds) for item in items]


def test_what_the_machine_doubts_waits_until_a_person_says_something(lake: str) -> None:
    assert told(queue(now(lake))) == [("team", 8, 8, ["review"])]
    says(lake, "overturn", *TEAM[:3])
    assert told(queue(now(lake))) == [("team", 5, 8, ["review"])]
    says(lake, "confirm", *TEAM[3:])
    assert queue(now(lake)) == []


def test_everything_that_waits_is_there_largest_first_and_says_why(lake: str) -> None:
    waiting = says(lake, "overturn", "farm", seen=seen(FARM))
    says(lake, "hold", BOB)
    open_appeal(lake, "drop", said("appeal_opened", "owner_asked"), ALONE)
    open_appeal(lake, "drop", said("appeal_opened", "owner_asked"), TEAM[0])
    assert told(queue(now(lake))) == [
        ("farm", 40, 40, ["approval"]),
        ("team", 8, 8, ["appeal", "review"]),
        (ALONE, 1, 1, ["appeal"]),
        (BOB, 1, 1, ["held"]),
    ]
    text = page_of(render_case, case(now(lake), FARM[0]), lake, "drop")
    assert f"overturn, chance (waits for a second person) [{waiting.decision_id}]" in text
    assert f"abuse review approve {waiting.decision_id}" in text


def test_a_confirmed_group_that_grew_waits_again(lake: str, tmp_path: Path) -> None:
    says(lake, "confirm", "team", seen=seen(TEAM))
    grown = [*TEAM, *(f"0x{n:040x}" for n in range(200, 203))]
    published(tmp_path / "lake", CLUSTERS | {"team": grown}, as_of=NIGHT + timedelta(days=1), run_id="run2")
    assert told(queue(now(lake))) == [("team", 11, 11, ["changed", "review"])]
    says(lake, "confirm", "team", seen=seen(grown))
    assert queue(now(lake)) == []


@pytest.mark.parametrize(
    ("verdict", "found"),
    {
        "disqualified": [("farm", 38, 40)],
        "clear": [("farm", 2, 40), (ALONE, 1, 1), (BOB, 1, 1)],
        "review": [("team", 8, 8)],
        "not_analysed": [],
    }.items(),
)
def test_the_queue_of_a_verdict_is_of_the_verdict_now(
    lake: str, verdict: str, found: list[tuple[str, int, int]]
) -> None:
    says(lake, "overturn", *FARM[:2])
    assert [(item.id, item.num, item.size) for item in queue(now(lake), verdict)] == found


def test_a_case_shows_members_reasons_history_and_how_to_decide(lake: str) -> None:
    says(lake, "overturn", *FARM[:2], note="seen their papers")
    found = case(now(lake), "farm")
    assert (found.digest, found.verdicts) == (seen(FARM), {"disqualified": 38, "clear": 2})
    text = page_of(render_case, found, lake, "drop")
    for part in ("Cluster farm", seen(FARM), "Nine others began with it. (40)", "overturn of 2 accounts, chance"):
        assert part in text
    assert "seen their papers" in text
    assert f"--seen {seen(FARM)}" in text
    one = case(now(lake), f" {FARM[0].upper().replace('X', 'x')} ")
    assert (one.id, one.digest, one.members[0]["verdict"]) == (FARM[0], seen(FARM), "clear")
    assert "abuse why" in page_of(render_case, one, lake, "drop")
    with pytest.raises(InputError, match=r"account nobody\\x1b: did not take part"):
        case(now(lake), "nobody\x1b")


def test_text_of_the_lake_is_never_obeyed(tmp_path: Path) -> None:
    lake = published(tmp_path / "lake", {"team": [*TEAM, EVIL]})
    says(lake, "hold", EVIL, note=f"they said: {EVIL}", actor="ann")
    pages = [
        page_of(render_queue, queue(now(lake)), None, "drop", 50),
        page_of(render_case, case(now(lake), "team"), lake, "drop"),
        page_of(render_case, case(now(lake), EVIL), lake, "drop"),
        page_of(render_why, explain(current(lake, "drop"), EVIL, "ops")),
    ]
    for text in pages:
        assert text.replace("\n", "").isprintable()
    assert all("[red]x[/red]\\x1b[2J\\u202e; rm -rf $HOME :smile:\\x9b31m" in text for text in pages[1:])
    assert f"abuse why '{'[red]x[/red]'}" in pages[2], "quoted, so that pasting it runs nothing"
    assert as_json(explain(current(lake, "drop"), EVIL, "ops")).isascii()


def test_why_knows_what_was_said_since_the_publication_and_tells_ops_who(lake: str) -> None:
    says(lake, "overturn", FARM[0], reason="shared_payer", note="their employer")
    ops = explain(current(lake, "drop"), FARM[0], "ops")
    assert (ops.verdict, len(ops.said)) == ("clear", 2)
    assert "ann (reviewer): overturn, shared_payer: their employer" in ops.said[0]
    assert ops.said[1] == "Public tables say disqualified until the next night, or `abuse publish`."
    user = explain(current(lake, "drop"), FARM[0], "user")
    assert (user.verdict, user.said) == ("clear", [])
    assert "employer" not in as_json(user)
    assert user.reasons[0] == "A person has looked at this account. It was decided in its favour."
