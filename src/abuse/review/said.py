"""What a person says, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """Who says what, and why."""

    action: str
    reason_code: str
    actor: str
    role: str = "reviewer"
    note: str | None = None
    key: str = ""
    """A name the asker gives the request: sent again under it, whenever, it counts once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """A request as the ledger holds it."""

    decision_id: str
    action: str
    accounts: list[str]
    needs_approval: bool
    """Whether it counts only once a second person approves it."""
    is_new: bool
    """False when it was in the ledger already."""
    taken_from: str | None = None
    """Who had the cluster until it was taken."""
