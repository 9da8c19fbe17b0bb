"""What people did, for machines: the audit log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from abuse.console.api import shapes
from abuse.console.api.v1 import PROBLEMS, Limit
from abuse.console.asked import CampaignId, FromKept, FromLedgers, OfLog
from abuse.console.pages.audit import kept_log, wanted

api = APIRouter(prefix="/api/v1/campaigns/{campaign_id}", tags=["audit"], responses=PROBLEMS)
MOST_ACCOUNTS = 100


@api.get("/audit")
def audit(
    campaign_id: CampaignId,
    ledgers: FromLedgers,
    kept: FromKept,
    limit: Limit,
    asked: OfLog,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> shapes.AuditLog:
    """Decisions, freezes, releases and refreshed publications, newest first, each with what is left of it."""
    found = wanted(kept_log(kept, ledgers, campaign_id), asked)
    lines = [shapes.AuditLine.model_validate(line) for line in found[offset : offset + limit]]
    for line in lines:
        line.accounts = line.accounts[:MOST_ACCOUNTS]
    more = offset + limit if len(found) > offset + limit else None
    return shapes.AuditLog(campaign_id=campaign_id, lines=lines, num=len(found), next_offset=more)
