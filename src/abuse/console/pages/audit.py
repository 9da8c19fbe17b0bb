"""The audit log: who decided what about whom and why, and what is left of it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from abuse.console.asked import CampaignId, FromKept, FromLedgers, OfLog, Page, Rules
from abuse.console.kept import Kept
from abuse.console.pages.overview import answer
from abuse.console.read.audit import DONE, Asked, Line, log
from abuse.console.read.ledgers import Ledgers
from abuse.words import ACTIONS

pages = APIRouter(prefix="/campaigns/{campaign_id}")
MOST_NAMED = 50
"""People offered by name; any other can be typed."""


@pages.get("/audit")
def audit(
    request: Request,
    campaign_id: CampaignId,
    ledgers: FromLedgers,
    kept: FromKept,
    rules: Rules,
    asked: OfLog,
    page: Page = 1,
) -> Response:
    every = kept_log(kept, ledgers, campaign_id)
    found = wanted(every, asked)
    first = (page - 1) * rules.page_rows
    is_part = "hx-request" in request.headers and "hx-history-restore-request" not in request.headers
    return answer(
        request,
        "_audit.html" if is_part else "audit.html",
        campaign_id=campaign_id,
        tab="audit",
        asked=asked,
        lines=found[first : first + rules.page_rows],
        num=len(found),
        first=first + 1,
        page=page,
        num_pages=max(1, -(-len(found) // rules.page_rows)),
        actions=[*ACTIONS, *DONE],
        actors=sorted({line.actor for line in every if line.actor})[:MOST_NAMED],
        is_empty=not every,
    )


def kept_log(kept: Kept, ledgers: Ledgers, campaign_id: str) -> list[Line]:
    """Made once for what the ledgers hold."""
    found: list[Line] = kept.latest(("audit", campaign_id), ledgers.seen(), lambda: log(ledgers, campaign_id))
    return found


def wanted(every: list[Line], asked: Asked) -> list[Line]:
    return [line for line in every if asked.wants(line)]
