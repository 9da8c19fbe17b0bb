"""Rows of `reviews` -> what is left of each decision: does it count, does it wait, who took it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from abuse import authority
from abuse.authority import SAID, Row, Word
from abuse.operate.page import moment
from abuse.tables import Reviews
from abuse.words import PLAIN


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """What is left of each row, by its review_id."""

    gone: Mapping[str, Row]
    """The row that takes it back."""
    approved: Mapping[str, Row]
    approving: frozenset[str]
    ruling: frozenset[str]
    appeals: frozenset[str]
    """Those that no answer has closed."""

    @classmethod
    def of(cls, rows: list[Row], words: Mapping[str, Word]) -> Left:
        approved = authority.approvals(rows)
        return cls(
            gone={row[Reviews.supersedes]: row for row in reversed(rows) if row[Reviews.supersedes]},
            approved=approved,
            approving=_ids(approved.values()),
            ruling=_ids(word.ruling for word in words.values()),
            appeals=_ids(word.appeal for word in words.values()),
        )

    def of_decision(self, rows: list[Row]) -> tuple[str, str]:
        """The state, and the same in words."""
        ids = [row[Reviews.review_id] for row in rows]
        gone = [self.gone[name] for name in ids if name in self.gone]
        if len(gone) == len(rows):
            return "taken_back", f"taken back by {_who(gone)}"
        state, said = self._living(rows, [name for name in ids if name not in self.gone])
        part = [f"taken back for {len(gone):,} of {len(rows):,} by {_who(gone)}"] if gone else []
        return state, "; ".join([said, *part])

    def _living(self, rows: list[Row], ids: list[str]) -> tuple[str, str]:
        action = rows[0][Reviews.action]
        approved = [self.approved[name] for name in ids if name in self.approved]
        if rows[0][Reviews.needs_approval] and len(approved) < len(ids):
            return "waiting", "waits for a second person"
        if action in SAID:
            state, said = _ruling(sum(name in self.ruling for name in ids), len(rows))
            return state, f"{said}; approved by {_who(approved)}" if approved else said
        if action == "appeal_opened":
            is_open = not self.appeals.isdisjoint(ids)
            return ("open", "waits for an answer") if is_open else ("answered", "answered")
        if action == "approve" and self.approving.isdisjoint(ids):
            return "void", "does not count: it needs an approver other than the author"
        return ("remark", "decides nothing") if action in PLAIN else ("counts", "counts")


def _ids(rows: Iterable[Row | None]) -> frozenset[str]:
    return frozenset(row[Reviews.review_id] for row in rows if row is not None)


def _ruling(num: int, whole: int) -> tuple[str, str]:
    if num == 0:
        return "outranked", "another word on the account counts instead"
    return "counts", "counts" if num == whole else f"counts for {num:,} of {whole:,}"


def _who(rows: list[Row]) -> str:
    """Each person once, with when they first did."""
    first: dict[str, datetime] = {}
    for row in rows:
        first.setdefault(row[Reviews.actor], row[Reviews.decided_at])
    told = (f"{actor}, {moment(at.replace(microsecond=0).isoformat())}" for actor, at in first.items())
    return " and ".join(told)
