"""Counts -> bars over an axis: clusters by size, both axes logarithmic, and clusters by score."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from abuse.operate.draw.axes import count_ticks
from abuse.plurals import counted

WIDTH, HEIGHT, LEFT, RIGHT, TOP, FOOT = 960, 280, 76, 24, 34, 52
ACROSS, FLOOR, TALL = WIDTH - LEFT - RIGHT, HEIGHT - FOOT, HEIGHT - FOOT - TOP
NUM_BINS = 20
LINE = 14
"""Between the words of two marks."""


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    kind: str
    said: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A number of the policy, as a line with a word at it."""

    x: float
    y: float
    said: str
    is_left: bool
    """Whether the word stands on the left of its line, because there is no room on the right."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bars:
    bars: list[Bar]
    across: list[tuple[float, str]]
    up: list[tuple[float, str]]
    names: tuple[str, str]
    """Of the axes, with their units."""
    marks: list[Mark] = field(default_factory=list)
    line: str = ""
    """Where a second count goes through."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A cluster, as far as its score is drawn."""

    score: float
    score_lower: float
    is_large: bool


def sizes(clusters: Mapping[int, int], bars: Mapping[str, int]) -> Bars | None:
    """`clusters`: members -> how many clusters; `bars`: numbers of the policy, by what they say. Each bar is of twice
    the members of the one before.
    """
    if not clusters:
        return None
    counts: Counter[int] = Counter()
    for size, num in clusters.items():
        counts[size.bit_length() - 1] += num
    first, last = 1, max(counts)
    width = ACROSS / (last - first + 1)
    decades = max(1, math.ceil(math.log10(max(counts.values()))))
    found = []
    for power in sorted(counts):
        height = round(TALL * (math.log10(counts[power]) + 1) / (decades + 1), 1)
        said = f"{counted(counts[power], 'cluster')} of {2**power:,} to {2 ** (power + 1) - 1:,} members"
        x = round(LEFT + (power - first) * width, 1)
        found.append(Bar(x, round(FLOOR - height, 1), round(width - 2, 1), height, "some", said))
    up = [(round(FLOOR - TALL * (n + 1) / (decades + 1), 1), f"{10**n:,}") for n in range(decades + 1)]
    across = [(round(LEFT + (power - first) * width, 1), f"{2**power:,}") for power in range(first, last + 2)]
    places = [(said, LEFT + (math.log2(at) - first) * width) for said, at in bars.items() if at >= 2**first]
    names = ("members of a cluster (accounts, logarithmic)", "clusters (logarithmic)")
    return Bars(bars=found, across=across, up=up, names=names, marks=_marks(places))


def scores(clusters: Iterable[Scored], bars: Mapping[str, float]) -> Bars | None:
    """Clusters by score, those too small for the policy above the others; the line is the lower bound of the others."""
    rows = list(clusters)
    if not rows:
        return None
    large = Counter(_bin(row.score) for row in rows if row.is_large)
    small = Counter(_bin(row.score) for row in rows if not row.is_large)
    lower = Counter(_bin(row.score_lower) for row in rows if row.is_large)
    ticks = count_ticks(max([large[n] + small[n] for n in range(NUM_BINS)] + [lower[n] for n in range(NUM_BINS)]))
    found = []
    for place in range(NUM_BINS):
        base = 0
        for kind, counts, what in (("some", large, "large enough"), ("small", small, "too small")):
            if counts[place]:
                found.append(_bar(place, base, counts[place], kind, what, ticks[-1]))
                base += counts[place]
    across = [(round(LEFT + ACROSS * tenth / 10, 1), f"{tenth / 10:.1f}") for tenth in range(0, 11, 2)]
    places = [(said, LEFT + ACROSS * at) for said, at in bars.items()]
    return Bars(
        bars=found,
        across=across,
        up=[(_height(n, ticks[-1]), f"{n:,}") for n in ticks],
        names=("score of a cluster (probability that it is a farm)", "clusters"),
        marks=_marks(places),
        line=_steps(lower, ticks[-1]) if large else "",
    )


def _bar(place: int, base: int, num: int, kind: str, what: str, most: int) -> Bar:
    low, high = place / NUM_BINS, (place + 1) / NUM_BINS
    top = _height(base + num, most)
    said = f"{counted(num, 'cluster')} {what}, score {low:.2f} to {high:.2f}"
    x = round(LEFT + ACROSS * low, 1)
    return Bar(x, top, round(ACROSS / NUM_BINS - 2, 1), round(_height(base, most) - top, 1), kind, said)


def _bin(score: float) -> int:
    return min(NUM_BINS - 1, int(score * NUM_BINS))


def _height(num: int, most: int) -> float:
    return round(FLOOR - TALL * num / most, 1)


def _steps(counts: Counter[int], most: int) -> str:
    """The points of a line that is flat over each bin."""
    points = []
    for place in range(NUM_BINS):
        y = _height(counts[place], most)
        points += [f"{LEFT + ACROSS * (place + end) / NUM_BINS:.1f},{y}" for end in (0, 1)]
    return " ".join(points)


def _marks(places: list[tuple[str, float]]) -> list[Mark]:
    """Their words under each other, so that two at one place can both be read."""
    inside = [(said, x) for said, x in places if x <= WIDTH - RIGHT]
    return [
        Mark(round(x, 1), TOP - 20 + LINE * place, said, x > LEFT + ACROSS / 2)
        for place, (said, x) in enumerate(inside)
    ]
