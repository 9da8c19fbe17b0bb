"""Taking a cluster: from the queue to its page, by the button or the key, and what a second person then sees."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Someone
from tests.browser.farms import Farm
from tests.browser.server import Server
from tests.browser.test_actions import BOTH, at_cluster, ledger

QUEUE = "/campaigns/drop/queue"


@BOTH
def test_who_takes_a_cluster_of_the_queue_is_seen_by_the_second(
    someone: Someone, server: Server, farm: Farm, another_farm: Farm, script: bool
) -> None:
    ann, rob = (someone(name, QUEUE, script=script) for name in ("ann", "rob"))
    ann.page.get_by_role("link", name=farm.cluster_id).click()
    ann.word.get_by_role("button", name="Take it").click()
    ann.is_told("Taken: 10 accounts.")
    expect(ann.page.locator("#decide .taken")).to_contain_text("Taken by you")
    expect(ann.word.get_by_role("button", name="Take it")).to_have_count(0)
    assert ledger(server, farm) == {("take", "at_work"): 10}
    rob.page.reload()
    row = rob.page.locator("[data-row]", has_text=farm.cluster_id)
    expect(row).to_contain_text("taken by ann")
    expect(rob.page.locator("[data-row]", has_text=another_farm.cluster_id)).not_to_contain_text("taken by")
    rob.page.get_by_label("Whose").select_option("nobody")
    if not script:
        rob.page.get_by_role("button", name="Show").click()
    expect(row).to_have_count(0)
    rob.open(at_cluster(farm))
    expect(rob.page.locator("#decide .taken")).to_contain_text("Taken by ann")
    rob.word.get_by_role("button", name="Take it").click()
    rob.is_told("ann had it until then.")
    rob.unfold("Take back")
    rob.page.locator("details[open] form").get_by_role("button", name="Take back").click()
    rob.is_told("Taken back for 10 accounts.")
    expect(rob.page.locator("#decide .taken")).to_contain_text("Taken by ann")
    assert ledger(server, farm) == {("take", "at_work"): 20, ("undo", "let_go"): 10}


def test_a_cluster_is_taken_by_a_key_and_needs_no_reason(someone: Someone, server: Server, farm: Farm) -> None:
    ann = someone("ann", at_cluster(farm))
    ann.word.locator("textarea").focus()
    ann.page.keyboard.type("to take")
    ann.page.keyboard.press("Escape")
    assert ledger(server, farm) == {}, "while somebody types it is a letter"
    ann.page.keyboard.press("t")
    expect(ann.word.get_by_role("button", name="Take it")).to_be_focused()
    ann.page.keyboard.press("Enter")
    ann.is_told("Taken: 10 accounts.")
    expect(ann.page.locator("#decide blockquote")).to_have_text("to take")
    assert ledger(server, farm) == {("take", "at_work"): 10}
    ann.page.keyboard.press("t")
    ann.page.keyboard.press("h")
    expect(ann.word.get_by_label("Reason")).to_be_focused()
    assert ledger(server, farm) == {("take", "at_work"): 10}, "it is hers already"


def test_a_reason_that_is_chosen_keeps_nobody_from_taking(someone: Someone, server: Server, farm: Farm) -> None:
    ann = someone("ann", QUEUE)
    ann.page.get_by_role("checkbox", name=farm.cluster_id).check()
    ann.ticked.get_by_label("Reason").select_option("one_operator")
    expect(ann.ticked.locator("button[value=overturn]")).to_be_disabled()
    ann.ticked.get_by_role("button", name="Take it").click()
    ann.is_told(f"{farm.cluster_id} Taken: 10 accounts.")
    assert ledger(server, farm) == {("take", "at_work"): 10}
    expect(ann.page.locator("[data-row]", has_text=farm.cluster_id)).to_contain_text("taken by you")
