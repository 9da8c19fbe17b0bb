"""Times of a cluster's life -> three rows of bars over one axis: first coins, first actions, coins going on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from abuse.operate.draw.axes import time_ticks

WIDTH, LEFT, RIGHT, LANE, GAP, FOOT = 960, 190, 44, 64, 26, 46
BINS = 60
MINUTE = 60_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TALLEST = LANE - 6


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    said: str


@dataclass(frozen=True, slots=True)
class Lane:
    name: str
    what: str
    base: float
    most: int
    """Accounts in the tallest bar."""
    bars: list[Bar]
    num: int


@dataclass(frozen=True, slots=True)
class Timeline:
    width: float
    height: float
    left: float
    right: float
    floor: float
    lanes: list[Lane]
    ticks: list[tuple[float, str]]


def timeline(times: dict[str, tuple[str, list[int]]]) -> Timeline | None:
    """`times`: lane -> (what is counted, microseconds since 1970). None when no time is known."""
    known = [at for _, instants in times.values() for at in instants]
    if not known:
        return None
    start, end = min(known), max(known)
    if end - start < MINUTE:
        start, end = start - MINUTE, end + MINUTE
    across = WIDTH - LEFT - RIGHT
    lanes = [
        _lane(name, what, instants, start, end, base=(LANE + GAP) * (place + 1) - GAP / 2)
        for place, (name, (what, instants)) in enumerate(times.items())
    ]
    floor = (LANE + GAP) * len(lanes)
    first, last = _moment(start), _moment(end)
    ticks = [
        (round(LEFT + across * ((at - first) / (last - first)), 1), label) for at, label in time_ticks(first, last)
    ]
    return Timeline(WIDTH, floor + FOOT, LEFT, WIDTH - RIGHT, floor, lanes, ticks)


def _lane(name: str, what: str, instants: list[int], start: int, end: int, base: float) -> Lane:
    """One bar for each stretch of time in which there is any."""
    width = (WIDTH - LEFT - RIGHT) / BINS
    counts: dict[int, list[int]] = {}
    for at in instants:
        counts.setdefault(min(BINS - 1, BINS * (at - start) // (end - start)), []).append(at)
    most = max((len(inside) for inside in counts.values()), default=0)
    bars = []
    for place, inside in sorted(counts.items()):
        height = round(max(2.0, TALLEST * len(inside) / most), 1)
        first, last = (f"{_moment(at):%Y-%m-%d %H:%M:%S}" for at in (min(inside), max(inside)))
        span = first if first == last else f"{first} to {last}"
        bars.append(
            Bar(round(LEFT + place * width, 1), base - height, round(width - 1, 1), height, f"{len(inside):,}: {span}")
        )
    return Lane(name, what, base, most, bars, len(instants))


def _moment(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)
