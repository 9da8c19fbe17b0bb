"""Every page, wide and narrow, light and dark: it fits, anybody can read it, and it complains of nothing."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any, get_args

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.reader import HIGH, Reader, Scheme
from tests.browser.screens import READER, SCREENS, WIDTHS
from tests.browser.server import Server

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
AXIS_WORDS = ("UTC", "accounts", "clusters", "members", "score")
MISSING = "404"
"""The page of an error is one on purpose."""
CHARTS = """() => [...document.querySelectorAll("svg.chart, figure svg, .plot svg")].map((chart) => ({
  name: chart.getAttribute("aria-label") || chart.querySelector("title")?.textContent || "",
  texts: [...chart.querySelectorAll("text")].map((one) => one.textContent.trim()).filter(Boolean) }))"""
SPILLED = """() => ({ wide: document.documentElement.scrollWidth, room: document.documentElement.clientWidth,
  by: [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1
    && !one.closest(".scroll, pre, .hidden, .skip")).slice(0, 3).map((one) => one.outerHTML.slice(0, 120)) })"""


@pytest.fixture(scope="module", params=get_args(Scheme))
def looking(request: pytest.FixtureRequest, chromium: Browser, server: Server) -> Iterator[Reader]:
    """One window for all of these pages: nobody writes."""
    reader = Reader.at(chromium, server, scheme=request.param)
    reader.excused.append(MISSING)
    yield reader.log_in(READER)
    reader.leave()


@pytest.mark.parametrize("name", SCREENS)
def test_a_page_fits_and_anybody_can_read_it(looking: Reader, name: str) -> None:
    page, width = looking.page, {"light": WIDTHS[0], "dark": WIDTHS[1]}[looking.scheme]
    page.set_viewport_size({"width": width, "height": HIGH})
    page.goto(SCREENS[name])
    if name.startswith("cluster"):
        page.wait_for_selector("#graph canvas")
    assert page.title()
    assert page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang") == "en"
    assert barriers(page) == []
    for chart in page.evaluate(CHARTS):
        assert chart["name"], chart
        assert any(word in " ".join(chart["texts"]) for word in AXIS_WORDS), chart
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HIGH})
        found = page.evaluate(SPILLED)
        assert found["wide"] <= found["room"], (width, found)


def barriers(page: Page) -> list[Any]:
    """What axe-core finds that is serious or worse."""
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    assert found["testEngine"]["name"] == "axe-core"
    return [
        (one["id"], one["impact"], [(node["html"][:120], node["failureSummary"]) for node in one["nodes"][:3]])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def test_the_pages_with_charts_have_them(looking: Reader) -> None:
    for name, num in (("overview", 4), ("campaign", 1), ("cluster", 1), ("report", 3)):
        looking.page.goto(SCREENS[name])
        assert len(looking.page.evaluate(CHARTS)) >= num, name
