"""Rows of `reviews` -> what people said, a line for each decision."""

from __future__ import annotations

from collections.abc import Sequence

from abuse import authority
from abuse.authority import Row
from abuse.operate.page import moment
from abuse.tables import Reviews


def told(rows: Sequence[Row]) -> list[str]:
    """Oldest first: when, who, what, why, and the decision's id."""
    by_decision: dict[str, list[Row]] = {}
    for row in rows:
        by_decision.setdefault(row[Reviews.decision_id], []).append(row)
    waiting = authority.pending(rows)
    living = {row[Reviews.review_id] for row in authority.living(rows)}
    lines = []
    for decision_id, of_one in by_decision.items():
        first = of_one[0]
        many = f" of {len(of_one):,} accounts" if len(of_one) > 1 else ""
        is_gone = living.isdisjoint(row[Reviews.review_id] for row in of_one)
        state = " (taken back)" if is_gone else " (waits for a second person)" if decision_id in waiting else ""
        note = f": {first[Reviews.note]}" if first[Reviews.note] else ""
        at, who = moment(first[Reviews.decided_at].replace(microsecond=0).isoformat()), first[Reviews.actor]
        what = f"{first[Reviews.action].replace('_', ' ')}{many}, {first[Reviews.reason_code]}"
        lines.append(f"{at}, {who} ({first[Reviews.role]}): {what}{state}{note} [{decision_id}]")
    return lines
