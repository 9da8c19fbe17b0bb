"""An owner asks for a review; a person answers."""

from __future__ import annotations

from urllib.parse import unquote

from fastapi import APIRouter
from starlette.responses import Response

from abuse.console.act.forms import CheckedForm, Form, FromVisitor, said
from abuse.console.act.outcomes import back, told
from abuse.console.asked import CampaignId, FromLedgers, FromOutcomes, FromReview, Published
from abuse.console.web.templates import url
from abuse.console.who.addresses import inside
from abuse.errors import InputError
from abuse.operate.page import printable
from abuse.review.appeals import open_appeal, resolve_appeal
from abuse.review.said import Decision
from abuse.words import OUTCOMES

pages = APIRouter(prefix="/campaigns/{campaign_id}/appeals", dependencies=[Published])


@pages.post("")
def ask(
    campaign_id: CampaignId, form: CheckedForm, who: FromVisitor, ledgers: FromLedgers, outcomes: FromOutcomes
) -> Response:
    account = account_of(form)
    word = said(who, "appeal_opened", form, [account], "owner_asked")
    lines = told(ledgers, lambda: [open_appeal(ledgers.lake, campaign_id, word, account)])
    return back(outcomes, who, lines, inside(form.one("back") or url("campaigns", campaign_id, "appeals")))


@pages.post("/answer")
def answer(
    campaign_id: CampaignId,
    form: CheckedForm,
    who: FromVisitor,
    ledgers: FromLedgers,
    rules: FromReview,
    outcomes: FromOutcomes,
) -> Response:

    def act() -> list[Decision]:
        account, outcome = account_of(form), form.one("outcome")
        if outcome not in OUTCOMES:
            wanted = f"one of: {', '.join(OUTCOMES)}"
            raise InputError("outcome", repr(printable(outcome[:50])), wanted, "Use the page.")
        word = said(who, "appeal_resolved", form, [account], OUTCOMES[outcome])
        return resolve_appeal(ledgers.lake, campaign_id, word, account, outcome, rules)

    return back(outcomes, who, told(ledgers, act), inside(form.one("back") or url("campaigns", campaign_id, "appeals")))


def account_of(form: Form) -> str:
    """As somebody typed it, or quoted by the page that the form stood on."""
    return form.one("account").strip() or unquote(form.one("of"))
