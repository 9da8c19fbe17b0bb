"""A decision that stands in the ledger: approved by a second person, or taken back by a new entry."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from abuse.console.act.forms import CheckedForm, Form, FromVisitor, said
from abuse.console.act.outcomes import back, told
from abuse.console.asked import CampaignId, FromLedgers, FromOutcomes, Published
from abuse.console.who.addresses import inside
from abuse.review.decide import approve, undo
from abuse.review.said import Decision

DecisionId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", description="The decision's id, hex digits.")]
pages = APIRouter(prefix="/campaigns/{campaign_id}/decisions/{decision_id}", dependencies=[Published])


@pages.post("/approve")
def agree(
    campaign_id: CampaignId,
    decision_id: DecisionId,
    form: CheckedForm,
    who: FromVisitor,
    ledgers: FromLedgers,
    outcomes: FromOutcomes,
) -> Response:
    word = said(who, "approve", form, [decision_id], "agreed")
    lines = told(ledgers, lambda: [approve(ledgers.lake, campaign_id, word, decision_id)])
    return back(outcomes, who, lines, *_from(form))


@pages.post("/undo")
def take_back(
    campaign_id: CampaignId,
    decision_id: DecisionId,
    form: CheckedForm,
    who: FromVisitor,
    ledgers: FromLedgers,
    outcomes: FromOutcomes,
) -> Response:

    def act() -> list[Decision]:
        return [undo(ledgers.lake, campaign_id, said(who, "undo", form, [decision_id]), decision_id)]

    return back(outcomes, who, told(ledgers, act), *_from(form))


def _from(form: Form) -> tuple[str, str]:
    """The page that the form stood on."""
    return inside(form.one("back")), "#decide"
