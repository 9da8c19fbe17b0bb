"""What people did, for machines: the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from abuse.console.api import shapes
from abuse.console.api.v1 import PROBLEMS, Limit
from abuse.console.asked import CampaignId, FromKept, FromLedgers, OfLog
from abuse.console.pages.audit import kept_log, wanted

api = APIRouter(prefix="/api/v1/campaigns/{campaign_id}", tags=["audit"], responses=PROBLEMS)
MOST_ACCOUNTS = 100


class Line(shapes.Shape):
    at: datetime
    id: str
    action: str
    actor: str | None = Field(description="Null where the night itself did it.")
    role: str | None
    accounts: list[str] = Field(description="The first 100 of them.")
    num_accounts: int
    clusters: list[str]
    reason_code: str | None
    reason: str | None
    note: str | None
    run_id: str | None = Field(description="The publication that was looked at, or the run that it was done to.")
    as_of: datetime | None
    state: str
    standing: str = Field(description="The state in words.")


class Log(shapes.Shape):
    campaign_id: str
    lines: list[Line]
    num: int = Field(description="Lines in all pages.")
    next_offset: int | None


@api.get("/audit")
def audit(
    campaign_id: CampaignId,
    ledgers: FromLedgers,
    kept: FromKept,
    limit: Limit,
    asked: OfLog,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Log:
    """Decisions, freezes, releases and refreshed publications, newest first, each with what is left of it."""
    found = wanted(kept_log(kept, ledgers, campaign_id), asked)
    lines = [Line.model_validate(line) for line in found[offset : offset + limit]]
    for line in lines:
        line.accounts = line.accounts[:MOST_ACCOUNTS]
    more = offset + limit if len(found) > offset + limit else None
    return Log(campaign_id=campaign_id, lines=lines, num=len(found), next_offset=more)
