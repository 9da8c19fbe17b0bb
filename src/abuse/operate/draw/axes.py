"""Ticks that people read: round shares, and instants at round steps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

STEPS = tuple(
    timedelta(seconds=s)
    for s in (1, 5, 15, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600)
) + tuple(timedelta(days=d) for d in (1, 2, 7, 14, 30, 61, 91, 182, 365, 730, 1826))  # fmt: skip
ABOUT = 6
"""Ticks on an axis, at most one more."""
SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)


def time_ticks(start: datetime, end: datetime) -> list[tuple[datetime, str]]:
    """Instants at round steps from UTC midnight, each with what to write under it."""
    step = next((one for one in STEPS if (end - start) / one <= ABOUT), STEPS[-1])
    day = start.replace(hour=0, minute=0, second=0, microsecond=0)
    return [(at, _label(at, step)) for at in _instants(day, start, end, step)]


def _instants(day: datetime, start: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    at = day + step * max(0, -((day - start) // step))
    while at <= end:
        if at >= start:
            yield at
        at += step


def _label(at: datetime, step: timedelta) -> str:
    if step >= timedelta(days=1):
        return f"{at:%Y-%m-%d}"
    if step < timedelta(minutes=1):
        return f"{at:%H:%M:%S}"
    return f"{at:%m-%d %H:%M}"


def count_ticks(most: int) -> list[int]:
    """From 0 to at least `most`, in steps of 1, 2 or 5 and zeros; six or fewer."""
    step = next(n * 10**zeros for zeros in range(20) for n in (1, 2, 5) if most <= (ABOUT - 1) * n * 10**zeros)
    return list(range(0, max(most, 1) + step, step))


def share_ticks(most: float) -> list[float]:
    """From 0 to at least `most`, in round steps; four or fewer where that is enough."""
    step = next((one for one in SHARES if most / one <= ABOUT - 1), SHARES[-1])
    num = max(1, -int(-most // step))
    return [round(step * n, 4) for n in range(num + 1)]
