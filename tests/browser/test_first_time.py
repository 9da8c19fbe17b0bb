"""Somebody who has just logged in decides, and is not lost on the way."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Someone
from tests.browser.farms import Farm
from tests.browser.reader import Reader
from tests.browser.server import Server
from tests.console.people import said_in


class Clicks:
    """A hand on a mouse; to choose from a list is two: one opens it, one picks."""

    def __init__(self, reader: Reader) -> None:
        self.page, self.num = reader.page, 0

    def on(self, role: str, name: str) -> None:
        self.num += 1
        self.page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type] # any role

    def choose(self, label: str, option: str) -> None:
        self.num += 2
        self.page.get_by_label(label).first.select_option(label=option)


def test_from_the_queue_to_a_decision_in_under_five_clicks(someone: Someone, farm: Farm, server: Server) -> None:
    ann = someone()
    ann.name = "ann"
    ann.page.goto("/campaigns/drop/queue")
    ann.show_token()
    hand = Clicks(ann)
    hand.on("link", farm.cluster_id)
    hand.choose("Reason", "one operator runs the group")
    hand.on("button", "Confirm")
    ann.is_told("Confirmed 10 accounts.")
    assert hand.num < 5
    rows = said_in(server.lake, "drop", farm.members)
    assert {row["account"] for row in rows} == set(farm.members)
    assert {(row["actor"], row["action"], row["reason_code"]) for row in rows} == {("ann", "confirm", "one_operator")}


def test_whoever_logs_in_on_the_first_page_is_led_to_the_queue_and_on_to_the_next(
    someone: Someone, farm: Farm, another_farm: Farm
) -> None:
    ann = someone("ann", "/")
    ann.page.locator("article", has_text="Spring drop").get_by_role("link", name="Open the queue").click()
    expect(ann.page.get_by_role("heading", name="Queue")).to_be_visible()
    ann.page.get_by_role("link", name=farm.cluster_id).click()
    ann.say(ann.word, "confirm", "one_operator")
    ann.is_told("Confirmed 10 accounts.")
    ann.page.locator(".outcome").get_by_role("link", name="Next in the queue").click()
    expect(ann.page.get_by_role("heading", level=1)).to_contain_text(another_farm.cluster_id)


def test_a_button_without_a_reason_asks_for_one_and_sends_nothing(someone: Someone, farm: Farm, server: Server) -> None:
    ann = someone("ann", f"/campaigns/drop/clusters/{farm.cluster_id}")
    ann.say(ann.word, "confirm")
    assert ann.word.get_by_label("Reason").evaluate("one => !one.validity.valid && one === document.activeElement")
    assert said_in(server.lake, "drop", farm.members) == []


def test_a_reason_leaves_only_the_buttons_that_it_fits(someone: Someone, farm: Farm) -> None:
    ann = someone("ann", f"/campaigns/drop/clusters/{farm.cluster_id}")
    ann.word.get_by_label("Reason").select_option("one_operator")
    shown = {
        one: ann.word.locator(f"button[value={one}]").is_enabled() for one in ("confirm", "overturn", "hold", "note")
    }
    assert shown == {"confirm": True, "overturn": False, "hold": False, "note": True}
