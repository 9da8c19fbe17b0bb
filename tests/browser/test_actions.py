"""Each action from end to end, with JavaScript and without: on the page, and in the ledger as delta-rs reads it."""

from __future__ import annotations

from collections import Counter

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Someone
from tests.browser.farms import Farm
from tests.browser.reader import Reader
from tests.browser.server import Server
from tests.console.people import said_in

ON = "/campaigns/drop"
BOTH = pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])


def at_cluster(farm: Farm) -> str:
    return f"{ON}/clusters/{farm.cluster_id}"


def ledger(server: Server, farm: Farm) -> Counter[tuple[str, str]]:
    """(action, reason) -> rows about the farm's members."""
    rows = said_in(server.lake, "drop", farm.members)
    return Counter((row["action"], row["reason_code"]) for row in rows)


@BOTH
@pytest.mark.parametrize(
    ("action", "reason", "told", "now"),
    [
        ("confirm", "one_operator", "Confirmed 10 accounts.", "10 disqualified"),
        ("hold", "needs_facts", "Held 10 accounts.", "10 review"),
        ("note", "", "Remark kept of 10 accounts.", "9 disqualified 1 review"),
    ],
)
def test_a_word_about_a_cluster(
    someone: Someone, server: Server, farm: Farm, script: bool, action: str, reason: str, told: str, now: str
) -> None:
    ann = someone("ann", at_cluster(farm), script=script)
    ann.say(ann.word, action, reason, "I looked.\nTwice, <b>really</b>.")
    ann.is_told(told)
    expect(ann.page.locator("#decide")).to_contain_text(f"Now: {now}")
    expect(ann.page.locator("#decide blockquote")).to_have_text("I looked.Twice, <b>really</b>.")
    assert ledger(server, farm) == {(action, reason or "remark"): 10}
    assert {row["note"] for row in said_in(server.lake, "drop", farm.members)} == {"I looked.\nTwice, <b>really</b>."}
    ann.page.reload()
    expect(ann.page.locator("#decide")).to_contain_text(f"Now: {now}")
    assert ledger(server, farm) == {(action, reason or "remark"): 10}, "to load it again says nothing again"


@BOTH
@pytest.mark.parametrize(
    ("action", "reason", "told", "now"),
    [
        ("split", "not_of_group", "Split off 2 accounts.", "7 disqualified 1 review 2 clear"),
        ("overturn", "acquaintances", "Overturned 2 accounts.", "7 disqualified 1 review 2 clear"),
        ("exempt", "own_team", "Exempted 2 accounts.", "7 disqualified 1 review 2 exempt"),
    ],
)
def test_a_word_about_members_that_are_ticked(
    someone: Someone, server: Server, farm: Farm, script: bool, action: str, reason: str, told: str, now: str
) -> None:
    ann = someone("ann", at_cluster(farm), script=script)
    for account in farm.members[:2]:
        ann.page.get_by_role("checkbox", name=account).check()
    if script:
        expect(ann.ticked.get_by_role("status")).to_have_text("2 ticked")
    ann.say(ann.ticked, action, reason)
    ann.is_told(told)
    expect(ann.page.locator("#decide")).to_contain_text(f"Now: {now}")
    row = ann.page.locator("#members tr", has_text=farm.members[0])
    expect(row).to_contain_text({"exempt": "exempt"}.get(action, "clear"))
    assert {row["account"] for row in said_in(server.lake, "drop", farm.members)} == set(farm.members[:2])
    assert ledger(server, farm) == {(action, reason): 2}


@BOTH
@pytest.mark.parametrize(
    ("action", "reason", "now"),
    [
        ("exempt", "own_team", "exempt"),
        ("overturn", "wrong_data", "clear"),
        ("confirm", "self_reported", "disqualified"),
        ("hold", "second_opinion", "review"),
        ("note", "", "disqualified"),
    ],
)
def test_a_word_about_an_account(
    someone: Someone, server: Server, farm: Farm, script: bool, action: str, reason: str, now: str
) -> None:
    ann = someone("ann", f"{ON}/accounts/{farm.members[0]}", script=script)
    ann.say(ann.word, action, reason, "by hand")
    ann.is_told("1 account.")
    expect(ann.page.locator("#decide")).to_contain_text(f"Now: {now}")
    assert ledger(server, farm) == {(action, reason or "remark"): 1}


@BOTH
def test_many_clusters_ticked_in_the_queue(
    someone: Someone, server: Server, farm: Farm, another_farm: Farm, script: bool
) -> None:
    ann = someone("ann", f"{ON}/queue", script=script)
    for one in (farm, another_farm):
        ann.page.get_by_role("checkbox", name=one.cluster_id).check()
    ann.say(ann.ticked, "confirm", "one_operator", "both the same")
    for one in (farm, another_farm):
        ann.is_told(f"{one.cluster_id} Confirmed 10 accounts.")
        assert ledger(server, one) == {("confirm", "one_operator"): 10}
        expect(ann.page.get_by_role("checkbox", name=one.cluster_id)).to_have_count(0)


@BOTH
def test_what_was_said_is_taken_back_at_once_or_later(
    someone: Someone, server: Server, farm: Farm, script: bool
) -> None:
    ann = someone("ann", at_cluster(farm), script=script)
    ann.say(ann.word, "hold", "needs_facts")
    ann.is_told("Held 10 accounts.")
    ann.page.locator(".outcome").get_by_role("button", name="Undo").click()
    ann.is_told("Taken back for 10 accounts.")
    expect(ann.page.locator("#decide")).to_contain_text("Now: 9 disqualified 1 review")
    ann.say(ann.word, "confirm", "one_operator")
    ann.is_told("Confirmed 10 accounts.")
    rob = someone("rob", at_cluster(farm), script=script)
    _take_back(rob)
    rob.is_told("Taken back for 10 accounts.")
    taken = {("undo", "mistake"): 10, ("undo", "new_facts"): 10}
    assert ledger(server, farm) == {("hold", "needs_facts"): 10, ("confirm", "one_operator"): 10} | taken


def _take_back(reader: Reader) -> None:
    reader.unfold("Take back")
    form = reader.page.locator("details[open] form")
    form.get_by_label("Reason").select_option("new_facts")
    form.get_by_role("button", name="Take back").click()


def test_a_viewer_is_offered_a_remark_and_an_appeal_alone(someone: Someone, farm: Farm) -> None:
    vera = someone("vera", at_cluster(farm))
    expect(vera.word.locator("button")).to_have_text(["Remark only"])
    assert vera.page.get_by_role("checkbox").count() == 0
    vera.open(f"{ON}/queue")
    assert vera.page.get_by_role("checkbox").count() == 0
