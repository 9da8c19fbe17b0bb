"""Two people on one cluster: each is heard, each is told of the other, and letting off many takes two."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import FARMS, Someone
from tests.browser.farms import Farm, public_of, put
from tests.browser.server import Server
from tests.browser.test_actions import BOTH, at_cluster, ledger
from tests.console.people import said_in

ON = "/campaigns/drop"


@BOTH
def test_the_second_of_two_is_told_of_the_first_and_neither_word_is_lost(
    someone: Someone, server: Server, farm: Farm, script: bool
) -> None:
    ann, rob = (someone(name, at_cluster(farm), script=script) for name in ("ann", "rob"))
    ann.say(ann.word, "confirm", "one_operator", "sure of it")
    ann.is_told("Confirmed 10 accounts.")
    rob.say(rob.word, "hold", "second_opinion", "not so fast")
    rob.is_told("Held 10 accounts.")
    rob.is_told("Meanwhile ann said: Confirm, of 10 of these accounts.")
    for text in ("sure of it", "not so fast"):
        expect(rob.page.locator("#decide .said")).to_contain_text(text)
    assert ledger(server, farm) == {("confirm", "one_operator"): 10, ("hold", "second_opinion"): 10}
    rob.say(rob.word, "note", "", "and one more")
    rob.is_told("Remark kept of 10 accounts.")
    expect(rob.page.locator(".outcome")).not_to_contain_text("Meanwhile")


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_members_that_changed_since_are_decided_on_by_nobody(someone: Someone, server: Server, script: bool) -> None:
    campaign = f"grown-{str(script).lower()}"
    mine = FARMS[0]
    put(server.lake, campaign, [mine])
    path = f"/campaigns/{campaign}/clusters/{mine.cluster_id}"
    ann = someone("ann", path, script=script)
    less = public_of([mine], without=mine.members[9:])
    put(server.lake, campaign, rows=less, run_id=f"{campaign}-2", minutes=1)
    ann.say(ann.word, "confirm", "one_operator", "of those I saw")
    ann.is_told("Nothing was written: its members are others than those you saw.")
    assert said_in(server.lake, campaign, mine.members) == []
    ann.open_until(path, "About all 9 members")
    ann.say(ann.word, "confirm", "one_operator")
    ann.is_told("Confirmed 9 accounts.")


@BOTH
def test_letting_off_many_takes_an_approver_who_is_another(
    someone: Someone, server: Server, farm: Farm, script: bool
) -> None:
    bert = someone("bert", at_cluster(farm), script=script)
    expect(bert.page.locator("#decide")).to_contain_text("To overturn more than 5 takes a second person.")
    bert.say(bert.word, "overturn", "shared_payer", "one employer pays them")
    bert.is_told("Overturning 10 accounts waits for a second person")
    expect(bert.page.locator("#decide")).to_contain_text("Now: 9 disqualified 1 review")
    approve = bert.page.get_by_role("button", name="Approve")
    expect(approve).to_have_count(0)
    ann = someone("ann", at_cluster(farm), script=script)
    expect(ann.page.get_by_role("button", name="Approve")).to_have_count(0)
    carl = someone("carl", f"{ON}/queue?show=approval", script=script)
    carl.page.get_by_role("link", name=farm.cluster_id).click()
    expect(carl.page.locator("#decide blockquote")).to_have_text("one employer pays them")
    carl.page.get_by_role("button", name="Approve").click()
    carl.is_told("Approved for 10 accounts.")
    expect(carl.page.locator("#decide")).to_contain_text("Now: 10 clear")
    assert ledger(server, farm) == {("overturn", "shared_payer"): 10, ("approve", "agreed"): 10}
    ann.open(f"{ON}/queue?show=approval")
    expect(ann.page.get_by_role("link", name=farm.cluster_id)).to_have_count(0)
