"""A publication under other numbers of the policy, for machines."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from abuse.console.api import shapes
from abuse.console.api.v1 import PROBLEMS, Limit, slice_of
from abuse.console.asked import FromKept, FromLedgers, FromView, Numbers, Verdict
from abuse.console.pages.dryrun import ASKED, listed, under, wanted
from abuse.settings import Policy

api = APIRouter(prefix="/api/v1/campaigns/{campaign_id}", tags=["policy"], responses=PROBLEMS)
CANNOT: dict[int | str, dict[str, Any]] = {409: PROBLEMS[404]}


@api.get("/dry-run", responses=CANNOT)
def dryrun(
    view: FromView,
    ledgers: FromLedgers,
    kept: FromKept,
    numbers: Numbers,
    limit: Limit,
    was: Verdict | None = None,
    would: Verdict | None = None,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> shapes.DryRun:
    """Who would be out, in review or clear. 409 where the rule does not give the verdicts that were published."""
    found = under(view, ledgers, kept, numbers)
    num = sum(move.num for move in wanted(found, was, would))
    rows = listed(view, found, was, would, offset, limit)
    return shapes.DryRun(
        **slice_of(view),
        made_under=_numbers(found.own),
        policy=_numbers(found.policy),
        before=found.before,
        after=found.after,
        flagged_share_before=found.flagged_share(found.before),
        flagged_share_after=found.flagged_share(found.after),
        moves=[shapes.Move.model_validate(move) for move in found.moves],
        num_kept=found.num_kept,
        clusters=[shapes.Moved(cluster_id=name, size=size, num=moved) for name, size, moved in found.clusters],
        num_clusters=found.num_clusters,
        accounts=[shapes.Mover.model_validate(row) for row in rows],
        num=num,
        next_offset=offset + limit if offset + limit < num else None,
    )


def _numbers(policy: Policy) -> dict[str, float]:
    return {name: getattr(policy, name) for name in ASKED}
