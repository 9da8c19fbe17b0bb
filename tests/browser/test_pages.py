"""Every page, wide and narrow, light and dark: it fits, anybody can read it, and it complains of nothing."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any, get_args

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.reader import Reader, Scheme
from tests.browser.screens import READER, SCREENS, WIDTHS
from tests.browser.server import Server

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
SERIOUS = ("serious", "critical")
MISSING = "404"
"""The page of an error is one on purpose."""
LABELLED = """() => [...document.querySelectorAll("svg.chart, figure svg, .plot svg")].map((chart) => ({
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


def shown(reader: Reader, name: str, width: int = WIDTHS[0]) -> Page:
    reader.page.set_viewport_size({"width": width, "height": 900})
    reader.page.goto(SCREENS[name])
    if "cluster" in name:
        reader.page.wait_for_selector("#graph canvas")
    return reader.page


@pytest.mark.parametrize("name", SCREENS)
def test_nothing_spills_over_the_side(looking: Reader, name: str) -> None:
    for width in WIDTHS:
        found = shown(looking, name, width).evaluate(SPILLED)
        assert found["wide"] <= found["room"], found


@pytest.mark.parametrize("name", SCREENS)
def test_no_serious_barrier_to_anybody(looking: Reader, name: str) -> None:
    page = shown(looking, name)
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    bad = [
        (one["id"], one["impact"], [(node["html"][:120], node["failureSummary"]) for node in one["nodes"][:3]])
        for one in found["violations"]
        if one["impact"] in SERIOUS
    ]
    assert bad == []
    assert found["testEngine"]["name"] == "axe-core"


@pytest.mark.parametrize("name", ["overview", "campaign", "cluster", "report"])
def test_every_chart_has_a_name_and_words_at_its_axes(looking: Reader, name: str) -> None:
    charts = shown(looking, name).evaluate(LABELLED)
    assert charts
    for chart in charts:
        assert chart["name"], chart
        assert any(word in " ".join(chart["texts"]) for word in ("UTC", "accounts", "clusters", "members", "score")), (
            chart
        )


@pytest.mark.parametrize("name", SCREENS)
def test_a_page_has_a_title_one_heading_and_a_language(looking: Reader, name: str) -> None:
    page = shown(looking, name)
    assert page.title()
    assert page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang") == "en"
