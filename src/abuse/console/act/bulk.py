"""One word about every ticked cluster of the queue, and what became of each."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from abuse.console.act.decide import action_of, remark
from abuse.console.act.forms import CheckedForm, FromVisitor, said
from abuse.console.act.outcomes import Line, back, line, told
from abuse.console.asked import (
    CampaignId,
    FromLedgers,
    FromOutcomes,
    FromReview,
    Kind,
    Least,
    Page,
    Published,
    Show,
    Sort,
    Whose,
)
from abuse.console.web.templates import url
from abuse.errors import InputError
from abuse.review.decide import decide_each

pages = APIRouter(prefix="/campaigns/{campaign_id}", dependencies=[Published])
OF_MANY = ("confirm", "overturn", "hold", "take")
BETWEEN = " "
"""Of a cluster and the digest of its members, in the value of a tick."""


@pages.post("/queue")
def of_many(
    campaign_id: CampaignId,
    form: CheckedForm,
    who: FromVisitor,
    ledgers: FromLedgers,
    rules: FromReview,
    outcomes: FromOutcomes,
    show: Show = "todo",
    sort: Sort = "score",
    kind: Kind = "",
    least: Least = 0,
    whose: Whose = "",
    page: Annotated[Page, Query()] = 1,
) -> Response:

    def act() -> list[Line]:
        action = action_of(form, OF_MANY)
        word = said(who, action, form, form.all("cluster"), remark(action))
        ticked = dict(one.split(BETWEEN, 1) for one in form.all("cluster") if BETWEEN in one)
        if not ticked:
            raise InputError("clusters", "none is ticked", "one or more", "Tick which you mean.")
        found = decide_each(ledgers.lake, campaign_id, word, ticked, rules, run_id=form.one("shown"))
        return [line(one, cluster_id) for cluster_id, one in found.items()]

    asked = {"show": show, "sort": sort, "kind": kind, "least": least or None, "whose": whose, "page": page}
    return back(outcomes, who, told(ledgers, act), url("campaigns", campaign_id, "queue", **asked))
