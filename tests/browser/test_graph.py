"""The picture of a cluster: drawn in the colours that its legend names, the same each time, and told in words too."""

from __future__ import annotations

from collections import Counter

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Someone
from tests.browser.reader import Scheme
from tests.browser.showcase import BIG, SPRING

SMALL = f"/campaigns/spring/clusters/{SPRING[3].cluster_id}"
LARGE = f"/campaigns/bench/clusters/{BIG}"
PIXELS = """() => {
  const seen = {};
  for (const canvas of document.querySelectorAll("#graph canvas")) {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 255) {
      const colour = `${data[at]},${data[at + 1]},${data[at + 2]}`;
      seen[colour] = (seen[colour] || 0) + 1;
    }
  }
  return seen;
}"""
COLOUR = """(name) => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = `var(--${name})`;
  const found = getComputedStyle(probe).color.match(/\\d+/g).join(",");
  probe.remove();
  return found;
}"""


def pixels(page: Page) -> Counter[str]:
    """colour -> how many points of it, once the picture stands still."""
    expect(page.locator("#graph canvas")).to_have_count(3)
    before: dict[str, int] = {}
    for _ in range(50):
        found = page.evaluate(PIXELS)
        if found and found == before:
            return Counter(found)
        before = found
        page.wait_for_timeout(100)
    raise AssertionError("the picture is blank, or never stands still")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("path", "names"),
    [(SMALL, ["disqualified", "review", "core", "funding", "sink"]), (LARGE, ["disqualified", "core"])],
)
def test_it_is_drawn_in_the_colours_of_its_legend(
    someone: Someone, path: str, names: list[str], scheme: Scheme
) -> None:
    ann = someone("ann", path, scheme=scheme)
    found = pixels(ann.page)
    counts = {name: found[ann.page.evaluate(COLOUR, name)] for name in names}
    assert min(counts.values()) > 30, counts


@pytest.mark.parametrize("path", [SMALL, LARGE])
def test_it_is_the_same_picture_each_time(someone: Someone, path: str) -> None:
    ann = someone("ann", path)
    first = pixels(ann.page)
    ann.page.reload()
    assert pixels(ann.page) == first
    assert pixels(someone("rob", path).page) == first


def test_what_is_pointed_at_is_said_and_leads_to_its_page(someone: Someone) -> None:
    ann = someone("ann", SMALL)
    pixels(ann.page)
    graph, told = ann.page.locator("#graph"), ann.page.locator("#graph-told")
    graph.scroll_into_view_if_needed()
    box = graph.bounding_box()
    assert box
    said = set()
    for across in range(20, int(box["width"]), 24):
        for down in range(20, int(box["height"]), 24):
            ann.page.mouse.move(box["x"] + across, box["y"] + down)
            said.add(told.inner_text().partition(":")[0])
    assert said & set(SPRING[3].members), said
    assert any(" paid " in one for one in said)


def test_the_tables_below_say_the_same_in_words(someone: Someone) -> None:
    ann = someone("ann", SMALL)
    text = ann.page.locator("main").inner_text()
    for name in (*SPRING[3].members, SPRING[3].names["0x" + "f7" * 20], SPRING[3].names["0x" + "5e" * 20]):
        assert name in text
    assert "Some Exchange" in text
    described = ann.page.locator("#graph").get_attribute("aria-describedby") or ""
    expect(ann.page.locator(f"#{described}")).to_contain_text("the tables below say the same in words")


def test_without_javascript_its_place_says_where_to_look(someone: Someone) -> None:
    ann = someone("ann", SMALL, script=False)
    said = ann.page.locator("section", has_text="Who paid whom").locator("noscript").text_content()  # never seen here
    assert "The picture needs JavaScript; the tables below hold the same." in (said or "")
    assert ann.page.locator("#graph canvas").count() == 0


def test_a_picture_that_cannot_be_had_says_so(someone: Someone) -> None:
    ann = someone("ann")
    ann.excused.append("503")
    ann.page.route("**/graph*", lambda route: route.fulfill(status=503, body="{}"))
    ann.open(SMALL)
    expect(ann.page.locator("#graph-told")).to_contain_text("cannot be had just now")
