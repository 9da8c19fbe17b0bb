"""What people said, row by row as the ledger has it, oldest first."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from abuse import authority
from abuse.authority import Row
from abuse.console.api import words
from abuse.console.api.v1 import PROBLEMS, Limit
from abuse.console.asked import CampaignId, FromLedgers
from abuse.console.problems import NotFound
from abuse.tables import Reviews

api = APIRouter(prefix="/api/v1/campaigns/{campaign_id}", tags=["reviews"], responses=PROBLEMS)
After = Annotated[
    str, Query(pattern=r"^[0-9a-f]{0,64}$", description="Rows behind this review_id; `next_after` of the page before.")
]
Of = Annotated[str, Query(max_length=200)]
Action = Literal[
    "",
    "confirm",
    "overturn",
    "split",
    "hold",
    "exempt",
    "note",
    "take",
    "appeal_opened",
    "appeal_resolved",
    "approve",
    "undo",
]


@api.get("/reviews")
def reviews(
    campaign_id: CampaignId,
    ledgers: FromLedgers,
    limit: Limit,
    after: After = "",
    account: Of = "",
    actor: Of = "",
    action: Action = "",
) -> words.Reviews:
    """One row for each account of a decision. Rows are only ever added, so pages stay as they are."""
    ledgers.runs(campaign_id)  # of a campaign that there is
    rows = ledgers.reviews(campaign_id)
    places = {row[Reviews.review_id]: place for place, row in enumerate(rows)} if after else {}
    if after and after not in places:
        raise NotFound(f"review {after}", "not in the ledger", "`next_after` of a page before", "Begin without it.")
    first = places[after] + 1 if after else 0
    asked = {Reviews.account: account, Reviews.actor: actor, Reviews.action: action}
    wanted = {name: value for name, value in asked.items() if value}
    found = [row for row in rows[first:] if all(row[name] == value for name, value in wanted.items())]
    waiting = {row[Reviews.review_id] for of_one in authority.pending(rows).values() for row in of_one}
    living = {row[Reviews.review_id] for row in authority.living(rows)}
    more = found[limit - 1][Reviews.review_id] if len(found) > limit else None
    told = [_shown(row, waiting, living) for row in found[:limit]]
    return words.Reviews(campaign_id=campaign_id, reviews=told, next_after=more)


def _shown(row: Row, waiting: set[str], living: set[str]) -> words.Review:
    name = row[Reviews.review_id]
    state = "waits" if name in waiting else "stands" if name in living else "taken back"
    return words.Review.model_validate(dict(row) | {"state": state})
