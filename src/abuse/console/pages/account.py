"""Why is 0x... out? Everything behind one verdict, and what its owner may be told."""

from __future__ import annotations

import io
from typing import Any

from fastapi import APIRouter, Request
from rich.console import Console as Screen
from starlette.responses import Response

from abuse.console.act.decide import OF_ACCOUNT
from abuse.console.asked import Account, CampaignId, FromLedgers, FromView, Night
from abuse.console.pages.desk import FromDesk, part_of
from abuse.console.pages.overview import answer
from abuse.console.pages.said import MOST_SHOWN, entries
from abuse.console.read import accounts
from abuse.console.read.history import lines
from abuse.console.read.model import LOST, View
from abuse.console.read.words import said_of, standing_now
from abuse.operate.why import Explanation, explained, render, said
from abuse.operate.wording import LABELS
from abuse.tables import Decisions

pages = APIRouter(prefix="/campaigns/{campaign_id}")
LETTER_WIDTH = 88


@pages.get("/accounts/{account:path}")
def account(request: Request, campaign_id: CampaignId, account: Account, desk: FromDesk) -> Response:
    view = desk.view
    published = accounts.account(view, account)
    row = standing_now(view, desk.ledgers, published)
    name = row[Decisions.account]
    return answer(
        request,
        "_decide_account.html" if part_of(request) else "account.html",
        campaign_id=campaign_id,
        tab="queue",
        as_of=desk.as_of,
        run=view.publication.run,
        row=row,
        published=published,
        addresses=accounts.addresses(view, name),
        told=for_ops(view, row, said(said_of(desk.ledgers, campaign_id, name), published, row)),
        labels=LABELS,
        letter=letter(view, row),
        lost="" if view.has_owners else LOST,
        outcome=desk.outcome,
        seen=accounts.seen(view, row),
        heard=desk.num_heard,
        shown=desk.shown,
        stand=desk.people.stands.get(name),
        entries=entries(desk.people, [name], desk.who),
        most_entries=MOST_SHOWN,
        of_account=desk.allowed(OF_ACCOUNT),
        of_appeal=desk.allowed(("appeal_opened", "appeal_resolved")),
    )


@pages.get("/history/{account:path}")
def history(
    request: Request, campaign_id: CampaignId, account: Account, view: FromView, ledgers: FromLedgers, as_of: Night
) -> Response:
    """Asked for by the page once it stands: every earlier night is another read of the lake."""
    row = standing_now(view, ledgers, accounts.account(view, account))
    found = lines(view.publication, row[Decisions.account], row[Decisions.verdict])
    return answer(request, "_lines.html", campaign_id=campaign_id, lines=found, as_of=as_of)


def for_ops(view: View, row: dict[str, Any], said: list[str]) -> Explanation:
    """As `abuse why`, but for earlier nights. `row`: as people's word leaves it, here and below."""
    return explained(
        view.publication.run,
        row,
        "ops",
        cluster=accounts.place(view, row) if row[Decisions.cluster_id] else {},
        because=accounts.rests_on(view, row) if row[Decisions.cluster_id] else [],
        said=said,
        history=[],
    )


def for_user(view: View, row: dict[str, Any]) -> Explanation | None:
    """What its owner may be told: nobody else's address, and no threshold. Nothing where its own are not known."""
    if not view.has_owners:
        return None
    own = frozenset(found["address"] for found in accounts.addresses(view, row[Decisions.account]))
    return explained(view.publication.run, row, "user", own, cluster={}, because=[], said=[], history=[])


def letter(view: View, row: dict[str, Any]) -> list[str]:
    """The lines of `abuse why --audience user`, to be sent as they stand; none where nothing may be told."""
    out, found = io.StringIO(), for_user(view, row)
    if found is None:
        return []
    render(found, Screen(file=out, width=LETTER_WIDTH, highlight=False, markup=False))
    return out.getvalue().splitlines()
