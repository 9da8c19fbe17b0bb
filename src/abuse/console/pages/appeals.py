"""What owners ask, oldest first; what waits for a second person; and what was answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from abuse.authority import Row
from abuse.console.asked import CampaignId
from abuse.console.pages.desk import FromDesk
from abuse.console.pages.overview import answer
from abuse.console.pages.said import Entry, entry, waiting
from abuse.console.read.ledgers import Ledgers
from abuse.console.read.now import Spoken, Stand
from abuse.console.who.person import Visitor
from abuse.tables import Reviews

pages = APIRouter(prefix="/campaigns/{campaign_id}/appeals")
MOST = 200
"""Answered ones listed; the API has all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Appeal:
    """An account whose owner asked, and what stands."""

    account: str
    at: datetime
    asked: Entry
    stand: Stand | None


@pages.get("")
def appeals(request: Request, campaign_id: CampaignId, desk: FromDesk) -> Response:
    answers = answered(desk.people, desk.who)
    return answer(
        request,
        "appeals.html",
        campaign_id=campaign_id,
        tab="appeals",
        appeals=still_open(desk.ledgers, desk.people, campaign_id, desk.who),
        waits=waiting(desk.people, desk.who),
        answers=answers[:MOST],
        num_answers=len(answers),
        outcome=desk.outcome,
        of_appeal=desk.allowed(("appeal_opened", "appeal_resolved")),
    )


def still_open(ledgers: Ledgers, people: Spoken, campaign_id: str, who: Visitor | None) -> list[Appeal]:
    """Oldest first."""
    rows = [word.appeal for word in ledgers.words(campaign_id).values() if word.appeal]
    found = [_appeal(people, row, who) for row in rows]
    return sorted(found, key=lambda one: (one.at, one.account))


def answered(people: Spoken, who: Visitor | None) -> list[Entry]:
    """Latest first; without those that were taken back."""
    rows = [row for row in people.rows if row[Reviews.action] == "appeal_resolved"]
    return [entry(people, [row], who) for row in reversed(rows) if row[Reviews.review_id] in people.living]


def _appeal(people: Spoken, row: Row, who: Visitor | None) -> Appeal:
    account = row[Reviews.account]
    asked = entry(people, [row], who)
    return Appeal(account=account, at=asked.at, asked=asked, stand=people.stands.get(account))
