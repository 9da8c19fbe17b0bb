"""Without a mouse: Tab comes everywhere in the order of the page, the focus is seen, and keys do as they say."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Someone
from tests.browser.farms import Farm
from tests.browser.server import Server
from tests.browser.showcase import SPRING
from tests.browser.test_actions import at_cluster, ledger

ON = "/campaigns/spring"
PAGES = {
    "queue": f"{ON}/queue",
    "cluster": f"{ON}/clusters/{SPRING[0].cluster_id}",
    "account": f"{ON}/accounts/{SPRING[0].members[0]}",
    "appeals": f"{ON}/appeals",
    "dry run": f"{ON}/dry-run",
    "audit": f"{ON}/audit",
}
REACHABLE = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
  .filter((one) => !one.disabled && one.type !== "hidden" && one.checkVisibility({ checkVisibilityCSS: true }))
  .map((one, place) => { one.dataset.place = place; return one.outerHTML.slice(0, 90); })"""
FOCUSED = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  if (!one.dataset.place) return null;
  const box = one.getBoundingClientRect();
  return { place: Number(one.dataset.place), outline: parseFloat(style.outlineWidth),
    kind: style.outlineStyle, inside: box.width > 0 && box.top < innerHeight && box.bottom > 0 };
}"""


def tabbed(page: Page) -> tuple[list[str], list[dict[str, Any]]]:
    """What Tab should reach, in the order of the page; and what it does reach."""
    page.evaluate("scrollTo(0, document.body.scrollHeight)")  # what is fetched once it is seen
    page.wait_for_load_state("networkidle")
    page.evaluate("scrollTo(0, 0)")
    wanted = page.evaluate(REACHABLE)
    found: list[dict[str, Any]] = []
    for _ in range(len(wanted) + 20):
        page.keyboard.press("Tab")
        if (one := page.evaluate(FOCUSED)) is None:
            break
        if not found or found[-1]["place"] != one["place"]:  # the parts of a date are one thing
            found.append(one | {"what": wanted[one["place"]]})
    return wanted, found


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_tab_reaches_everything_in_order_and_is_seen(someone: Someone, path: str) -> None:
    ann = someone("ann", path)
    wanted, found = tabbed(ann.page)
    assert [one["what"] for one in found] == wanted
    assert [one["what"] for one in found if not (one["outline"] >= 2 and one["kind"] == "solid")] == []
    assert [one["what"] for one in found if not one["inside"]] == []
    assert "To the content" in found[0]["what"]


def test_the_first_tab_leads_past_the_menu(someone: Someone) -> None:
    ann = someone("ann", f"{ON}/queue")
    ann.page.keyboard.press("Tab")
    ann.page.keyboard.press("Enter")
    expect(ann.page.locator("main")).to_be_focused()


def test_a_decision_by_keys_alone(someone: Someone, server: Server, farm: Farm, another_farm: Farm) -> None:
    ann = someone("ann", "/campaigns/drop/queue?sort=score")
    press = ann.page.keyboard.press
    press("j")
    links = ann.page.locator("[data-row] .row-link")
    expect(links.first).to_be_focused()
    while ann.page.evaluate("document.activeElement.textContent") != farm.cluster_id:
        press("j")
    press("j")
    press("k")
    expect(ann.page.get_by_role("link", name=farm.cluster_id)).to_be_focused()
    press("Enter")
    ann.page.wait_for_url(f"**{at_cluster(farm)}")
    ann.page.wait_for_load_state()
    press("h")
    reason = ann.word.get_by_label("Reason")
    expect(reason).to_be_focused()
    ann.page.keyboard.type("facts are")
    expect(reason).to_have_value("needs_facts")
    press("Enter")
    ann.is_told("Held 10 accounts.")
    expect(ann.page.locator(".outcome [data-next]")).to_be_focused()
    press("n")
    expect(ann.page.get_by_role("heading", level=1)).not_to_contain_text(farm.cluster_id)
    assert ledger(server, farm) == {("hold", "needs_facts"): 10}
    assert ledger(server, another_farm) == {}


def test_a_letter_alone_sends_nothing(someone: Someone, server: Server, farm: Farm) -> None:
    """Not even with a reason chosen: it leads to the button, and Enter sends it."""
    ann = someone("ann", at_cluster(farm))
    press, reason = ann.page.keyboard.press, ann.word.get_by_label("Reason")
    press("h")
    expect(reason).to_be_focused()
    meant = "form => form.dataset.wanted ?? null"
    assert ann.word.evaluate(meant) == "hold"
    press("Tab")
    assert ann.word.evaluate(meant) is None, "who leaves the reason no longer means to hold"
    reason.select_option("one_operator")
    ann.page.locator("main").focus()
    for key, name in (("t", "Take it"), ("c", "Confirm")):
        press(key)
        expect(ann.word.get_by_role("button", name=name)).to_be_focused()
    ann.page.wait_for_timeout(300)
    assert ledger(server, farm) == {}
    press("Enter")
    ann.is_told("Confirmed 10 accounts.")
    assert ledger(server, farm) == {("confirm", "one_operator"): 10}


def test_keys_are_letters_while_somebody_types(someone: Someone, server: Server, farm: Farm) -> None:
    ann = someone("ann", at_cluster(farm))
    note = ann.word.locator("textarea")
    for box, text in ((note, "chosen on no other hunch/jk"), (ann.page.get_by_role("searchbox"), "cohn/jkp")):
        box.focus()
        ann.page.keyboard.type(text)
        expect(box).to_have_value(text)
        expect(box).to_be_focused()
    assert ann.page.url.endswith(at_cluster(farm))
    ann.page.keyboard.press("Escape")
    ann.page.keyboard.press("/")
    expect(ann.page.get_by_role("searchbox")).to_be_focused()
    for held in ("Control", "Alt", "Meta"):
        ann.page.locator("main").focus()
        ann.page.locator("main").dispatch_event(
            "keydown", {"key": "c", f"{held.lower().replace('control', 'ctrl')}Key": True}
        )
        expect(ann.page.locator("main")).to_be_focused()
    assert ledger(server, farm) == {}


def test_the_picture_is_moved_and_enlarged_by_keys(someone: Someone, farm: Farm) -> None:
    ann = someone("ann", at_cluster(farm))
    graph = ann.page.locator("#graph")
    expect(graph.locator("canvas")).to_have_count(3)
    graph.focus()
    before = graph.screenshot()
    for key in ("ArrowLeft", "+", "-", "0"):
        ann.page.keyboard.press(key)
        ann.page.wait_for_timeout(200)
        after = graph.screenshot()
        assert after != before, key
        before = after
