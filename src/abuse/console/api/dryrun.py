"""A publication under other numbers of the policy, for machines."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from abuse.console.api import shapes
from abuse.console.api.v1 import PROBLEMS, Limit, slice_of
from abuse.console.asked import FromCompared, FromLedgers, FromTried, Numbers, Verdict
from abuse.console.pages.dryrun import ASKED, listed, under, wanted
from abuse.settings import Policy

api = APIRouter(prefix="/api/v1/campaigns/{campaign_id}", tags=["policy"], responses=PROBLEMS)


class Move(shapes.Shape):
    before: str
    after: str
    num: int
    reward: float | None = Field(description="What they earned, in the campaign's own unit, where it is known.")


class Moved(shapes.Shape):
    cluster_id: str
    size: int
    num: int = Field(description="Its members that would move.")


class Mover(shapes.Shape):
    account: str
    was: str
    would: str
    cluster_id: str
    size: int
    score: float | None
    score_lower: float | None
    evidence_kinds: list[str]
    reward: float | None
    why: list[str]


class DryRun(shapes.Slice):
    made_under: dict[str, float] = Field(description="The numbers the night was decided by.")
    policy: dict[str, float] = Field(description="Those that were asked for.")
    before: dict[str, int]
    after: dict[str, int]
    flagged_share_before: float
    flagged_share_after: float
    moves: list[Move]
    num_kept: int = Field(description="Accounts that the machine would move and a person's word keeps.")
    clusters: list[Moved] = Field(description="The largest of those with members that would move.")
    num_clusters: int
    accounts: list[Mover]
    num: int = Field(description="Accounts in all pages.")
    next_offset: int | None


CANNOT: dict[int | str, dict[str, Any]] = {409: PROBLEMS[404]}


@api.get("/dry-run", responses=CANNOT)
def dryrun(
    view: FromTried,
    ledgers: FromLedgers,
    compared: FromCompared,
    numbers: Numbers,
    limit: Limit,
    was: Verdict | None = None,
    would: Verdict | None = None,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> DryRun:
    """Who would be out, in review or clear. 409 where the rule does not give the verdicts that were published, or that
    the held run came to.
    """
    found = under(view, ledgers, compared, numbers)
    num = sum(move.num for move in wanted(found, was, would))
    rows = listed(view, found, was, would, offset, limit)
    return DryRun(
        **slice_of(view),
        made_under=_numbers(found.own),
        policy=_numbers(found.policy),
        before=found.before,
        after=found.after,
        flagged_share_before=found.flagged_share(found.before),
        flagged_share_after=found.flagged_share(found.after),
        moves=[Move.model_validate(move) for move in found.moves],
        num_kept=found.num_kept,
        clusters=[Moved(cluster_id=name, size=size, num=moved) for name, size, moved in found.clusters],
        num_clusters=found.num_clusters,
        accounts=[Mover.model_validate(row) for row in rows],
        num=num,
        next_offset=offset + limit if offset + limit < num else None,
    )


def _numbers(policy: Policy) -> dict[str, float]:
    return {name: getattr(policy, name) for name in ASKED}
