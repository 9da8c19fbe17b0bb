"""Geometry -> SVG elements, each with its axes named and its marks in words."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from abuse.operate.draw import bars as of_bars
from abuse.operate.draw.bars import Bars
from abuse.operate.draw.nights import Chart
from abuse.operate.night_page.tags import tag
from abuse.tables import VERDICTS


def verdict_bar(verdicts: dict[str, int]) -> Element:
    """One bar, divided; the table beside it has the numbers."""
    total, x, parts = sum(verdicts.values()) or 1, 0.0, []
    for name in (one for one in VERDICTS if verdicts.get(one)):
        width = round(960 * verdicts[name] / total, 2)
        parts.append(tag("rect", class_=f"fill {name}", x=x, y=0, width=width, height=14))
        x = round(x + width, 2)
    return tag("svg", parts, class_="verdicts", viewBox="0 0 960 14", preserveAspectRatio="none", aria_hidden="true")


def nights(chart: Chart) -> Element:
    """The share flagged and the share out, night by night."""
    middle = (chart.left + chart.right) / 2
    inside = [_grid(chart.left, chart.right, chart.shares)]
    inside.append(_ticks(chart.floor, chart.ticks))
    inside.append(_names(("night (as of, UTC)", "share of accounts"), middle, chart.height, chart.floor / 2))
    if chart.limit:
        y, said = chart.limit
        inside.append([tag("line", class_="limit", x1=chart.left, x2=chart.right, y1=y, y2=y)])
        inside.append([tag("text", said, class_="limit", x=chart.left + 6, y=round(y - 5, 1))])
    for name, kind in (("flagged", "flagged"), ("disqualified", "out")):
        inside.append([tag("polyline", class_=f"line {kind}", points=chart.lines[name])])
    inside.append([tag("circle", class_="out", cx=x, cy=y, r=3) for x, y in chart.out])
    inside.append(
        [
            tag("circle", tag("title", p.said), class_="held" if p.is_held else "flagged", cx=p.x, cy=p.y, r=4)
            for p in chart.points
        ]
    )
    words = (("flagged", "flagged (disqualified or in review)"), ("out", "disqualified"), ("held", "held night"))
    said = "Share of accounts flagged and disqualified in each night"
    return _figure(inside, chart.width, chart.height, said, words)


def histogram(found: Bars, said: str, words: tuple[tuple[str, str], ...] = ()) -> Element:
    left, right = of_bars.LEFT, of_bars.WIDTH - of_bars.RIGHT
    inside = [_grid(left, right, found.up)]
    inside.append(
        [
            tag("rect", tag("title", one.said), class_=one.kind, x=one.x, y=one.y, width=one.width, height=one.height)
            for one in found.bars
        ]
    )
    if found.line:
        inside.append([tag("polyline", class_="line lower", points=found.line)])
    inside.append(_ticks(of_bars.FLOOR, found.across))
    for mark in found.marks:
        end = {"text_anchor": "end"} if mark.is_left else {}
        x = round(mark.x + (-5 if mark.is_left else 5), 1)
        inside.append([tag("line", class_="limit", x1=mark.x, x2=mark.x, y1=mark.y - 10, y2=of_bars.FLOOR)])
        inside.append([tag("text", mark.said, class_="limit", x=x, y=mark.y, **end)])
    inside.append(_names(found.names, (left + right) / 2, of_bars.HEIGHT, of_bars.FLOOR / 2 + 10))
    return _figure(inside, of_bars.WIDTH, of_bars.HEIGHT, said, words)


def seconds(took: dict[str, float]) -> list[Element]:
    """A bar for each step, in its row of a table."""
    slowest = max(took.values(), default=0.0) or 1.0
    return [
        tag(
            "svg",
            tag("rect", class_="some", x=0, y=0, width=round(240 * spent / slowest, 1), height=10),
            class_="bar",
            viewBox="0 0 240 10",
            aria_hidden="true",
        )
        for spent in took.values()
    ]


def _figure(
    inside: list[list[Element]], width: float, height: float, said: str, words: tuple[tuple[str, str], ...]
) -> Element:
    flat = [element for part in inside for element in part]
    picture = tag("svg", flat, class_="chart", viewBox=f"0 0 {width:g} {height:g}", role="img", aria_label=said)
    keys = [tag("span", tag("span", class_=f"key {kind}"), name) for kind, name in words]
    return tag("figure", picture, tag("figcaption", keys) if keys else None)


def _grid(left: float, right: float, up: list[tuple[float, str]]) -> list[Element]:
    found = []
    for y, label in up:
        found.append(tag("line", class_="grid", x1=left, x2=right, y1=y, y2=y))
        found.append(tag("text", label, x=left - 8, y=round(y + 4, 1), text_anchor="end"))
    return found


def _ticks(floor: float, across: list[tuple[float, str]]) -> list[Element]:
    found = []
    for x, label in across:
        found.append(tag("line", class_="tick", x1=x, x2=x, y1=floor, y2=floor + 5))
        found.append(tag("text", label, x=x, y=floor + 20, text_anchor="middle"))
    return found


def _names(names: tuple[str, str], middle: float, height: float, up: float) -> list[Element]:
    across = tag("text", names[0], class_="axis", x=round(middle, 1), y=height - 6, text_anchor="middle")
    turned = f"translate(14 {up:g}) rotate(-90)"
    return [across, tag("text", names[1], class_="axis", transform=turned, text_anchor="middle")]
