"""Attempts of a campaign -> the share of accounts flagged, night by night."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from abuse.lake.publication import Run
from abuse.operate.draw.axes import share_ticks, time_ticks

WIDTH, HEIGHT, LEFT, RIGHT, TOP, FOOT = 960, 260, 64, 44, 16, 50
GATE = "flagged_share"


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float
    said: str
    is_held: bool


@dataclass(frozen=True, slots=True)
class Chart:
    width: float
    height: float
    left: float
    right: float
    floor: float
    points: list[Point]
    out: list[tuple[float, float]]
    """Where the disqualified share lies."""
    lines: dict[str, str]
    """flagged, disqualified -> where its line goes through."""
    shares: list[tuple[float, str]]
    ticks: list[tuple[float, str]]
    limit: tuple[float, str] | None
    """What share holds a run."""


def shares(run: Run) -> tuple[float, float] | None:
    """(flagged, disqualified) of the accounts that took part; None of an attempt that did not come so far."""
    verdicts = run.report.get("verdicts") or {}
    total = sum(verdicts.values())
    if not total:
        return None
    out = verdicts.get("disqualified", 0)
    gate = gate_of(run, GATE)
    return (gate["value"] if gate else (out + verdicts.get("review", 0)) / total), out / total


def gate_of(run: Run, name: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = next((g for g in run.report.get("gates") or [] if g["gate"] == name), None)
    return found


def latest_of_nights(attempts: list[Run]) -> list[Run]:
    """The last attempt of each night as the ledger has it now, latest night first. `attempts`: newest first."""
    newest: dict[datetime, Run] = {}
    last: dict[datetime, Run] = {}
    for run in attempts:
        if run.status != "released":  # somebody's word, before the run that it lets pass
            newest.setdefault(run.as_of, run)
            if run.is_attempt and run.as_of not in last:  # one that was held or failed, no later word hides
                last[run.as_of] = newest[run.as_of] if run.status == "published" else run
    found = newest | last
    return [found[as_of] for as_of in sorted(found, reverse=True)]


def chart(latest: list[Run]) -> Chart | None:
    """`latest`: the attempt that counts of each night. None when no night got so far."""
    known = sorted(((run, found) for run in latest if (found := shares(run))), key=lambda one: one[0].as_of)
    if not known:
        return None
    gate = gate_of(known[-1][0], GATE)
    most = max([flagged for _, (flagged, _) in known] + ([gate["limit"]] if gate else []))
    ticks = share_ticks(max(most, 0.01))
    start, end = known[0][0].as_of, known[-1][0].as_of
    instants = time_ticks(start, end) if start < end else [(start, f"{start:%Y-%m-%d}")]
    if start == end:
        start, end = start - timedelta(days=1), end + timedelta(days=1)

    def x(at: datetime) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * ((at - start) / (end - start)), 1)

    def y(share: float) -> float:
        return round(HEIGHT - FOOT - (HEIGHT - FOOT - TOP) * share / ticks[-1], 1)

    points = [Point(x(run.as_of), y(flagged), _said(run, flagged, out), run.status == "held")
              for run, (flagged, out) in known]  # fmt: skip
    return Chart(
        WIDTH,
        HEIGHT,
        LEFT,
        WIDTH - RIGHT,
        HEIGHT - FOOT,
        points,
        [(x(run.as_of), y(out)) for run, (_, out) in known],
        {
            "flagged": " ".join(f"{x(run.as_of)},{y(flagged)}" for run, (flagged, _) in known),
            "disqualified": " ".join(f"{x(run.as_of)},{y(out)}" for run, (_, out) in known),
        },
        [(y(share), f"{share:.0%}") for share in ticks],
        [(x(at), label) for at, label in instants],
        (y(gate["limit"]), f"more than {gate['limit']:.0%} holds a run") if gate else None,
    )


def _said(run: Run, flagged: float, out: float) -> str:
    return f"{run.as_of:%Y-%m-%d %H:%M}, {run.status}: {flagged:.1%} flagged, {out:.1%} disqualified"
