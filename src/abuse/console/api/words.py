"""The shapes of people's word. Names are those of the ledger."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from abuse.console.api.shapes import Shape


class Said(Shape):
    """A decision as the ledger holds it."""

    decision_id: str
    action: str
    accounts: list[str]
    needs_approval: bool = Field(description="Whether it counts only once a second person approves it.")
    is_new: bool = Field(description="False when it was in the ledger already.")
    taken_from: str | None = Field(description="Who had the cluster until it was taken; null where nobody else had.")


class Review(Shape):
    review_id: str
    decision_id: str
    run_id: str | None = Field(description="The publication that it was held against.")
    cluster_id: str | None
    account: str
    action: str
    member_set_digest: str | None
    reason_code: str
    note: str | None
    actor: str
    role: str
    decided_at: datetime
    needs_approval: bool | None
    approves: str | None
    supersedes: str | None
    state: str = Field(description="stands, waits for a second person, or taken back.")


class Reviews(Shape):
    campaign_id: str
    reviews: list[Review]
    next_after: str | None = Field(description="`after` of the next page; null on the last.")
