"""A run's report -> until when, and of how many, its data know anything: what a verdict could not take into account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from abuse.operate.page import moment
from abuse.quality.gates import MOVES


def coverage(report: Mapping[str, Any]) -> list[str]:
    """For ops; empty of a run whose report does not say."""
    newest: dict[str, list[str]] = {}
    for source in report.get("sources") or []:
        if source.get("table") in MOVES and source.get("newest"):
            newest.setdefault(str(source.get("chain")), []).append(source["newest"])
    lines = [f"Movements on {chain} are known until {_minute(max(times))}." for chain, times in sorted(newest.items())]
    verdicts = report.get("verdicts") or {}
    if total := sum(verdicts.values()):
        share = verdicts.get("not_analysed", 0) / total
        lines.append(f"Of {share:.1%} of the participants no movement of money is known.")
    return lines


def _minute(iso: str) -> str:
    """To the minute: the rest says nothing of how old data are."""
    return moment(f"{iso[:16]}:00+00:00")
