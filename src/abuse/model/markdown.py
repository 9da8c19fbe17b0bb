"""Figures -> lines of a report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from abuse.model.bootstrap import Estimate
from abuse.model.certificate import Certificate

LARGE = 10.0


def shown(estimate: Estimate) -> str:
    """`.812 (.790-.834)`, or a dash where there is nothing to count."""
    if math.isnan(estimate.value):
        return "-"
    return f"{number(estimate.value)} ({number(estimate.low)} to {number(estimate.high)})"


def number(value: float) -> str:
    """Three decimals; whole numbers from ten on."""
    if math.isnan(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= LARGE else f"{value:.3f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def certificate_line(found: Certificate, where: str) -> str:
    """What a threshold does and how many errors it may hide."""
    return (
        f"- {where}: {found.num_flagged:,} clusters flagged, {found.num_wrong:,} of them honest; with 95 % confidence "
        f"at most {100 * found.bound:.1f} % of what it flags is honest."
    )
