"""Campaigns, and one of them: what the last night found, which nights were held and why, shares over time."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from abuse.console.asked import CampaignId, FromKept, FromLedgers, FromShelf
from abuse.console.kept import Kept
from abuse.console.problems import NotReady
from abuse.console.read.agreed import Agreed, agreed
from abuse.console.read.ledgers import Ledgers
from abuse.console.read.now import spoken
from abuse.console.read.shelf import Shelf
from abuse.operate.draw.nights import chart, latest_of_nights, shares

pages = APIRouter()


@pages.get("/")
def campaigns(request: Request, ledgers: FromLedgers, shelf: FromShelf, kept: FromKept) -> Response:
    found = [told(shelf, kept, campaign_id) for campaign_id in ledgers.campaigns()]
    return answer(request, "overview.html", campaigns=found, trouble=ledgers.trouble)


@pages.get("/campaigns/{campaign_id}")
def campaign(
    request: Request, campaign_id: CampaignId, ledgers: FromLedgers, shelf: FromShelf, kept: FromKept
) -> Response:
    nights = latest_of_nights(ledgers.runs(campaign_id))
    about = told(shelf, kept, campaign_id)
    return answer(
        request, "campaign.html", campaign_id=campaign_id, tab="campaign", about=about, nights=nights, shares=shares
    )


def answer(request: Request, template: str, **context: Any) -> Response:
    page: Response = request.app.state.templates.page(request, template, **context)
    return page


def told(shelf: Shelf, kept: Kept, campaign_id: str) -> dict[str, Any]:
    """What both pages say of a campaign."""
    return summary(shelf.ledgers, campaign_id) | {"agreed": agreement(shelf, kept, campaign_id)}


def summary(ledgers: Ledgers, campaign_id: str) -> dict[str, Any]:
    """The current publication, the latest attempt, and the shares over nights."""
    attempts = ledgers.runs(campaign_id)
    published = ledgers.publications(campaign_id)
    current = published[0].run if published else None
    latest = attempts[0]
    verdicts = (current.report.get("verdicts") or {}) if current else {}
    return {
        "id": campaign_id,
        "name": ((current or latest).report.get("campaign") or {}).get("name") or campaign_id,
        "current": current,
        "verdicts": verdicts,
        "total": sum(verdicts.values()),
        "clusters": (current.report.get("clusters") or {}) if current else {},
        "num_nights": len(published),
        "held": [run for run in latest_of_nights(attempts) if run.status == "held"],
        "chart": chart(latest_of_nights(attempts)),
    }


def agreement(shelf: Shelf, kept: Kept, campaign_id: str) -> Agreed | None:
    """Of the current night; a page that tells of all campaigns waits for none that is still being read."""
    if not shelf.has(campaign_id):
        return None
    with suppress(NotReady), shelf.view(campaign_id) as view:
        return agreed(spoken(view, shelf.ledgers, kept).stands.values())
    return None
