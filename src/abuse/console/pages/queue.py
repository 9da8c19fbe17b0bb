"""What a person should look at: clusters with accounts in review or out, filtered, sorted, page by page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from abuse.console.act.bulk import OF_MANY
from abuse.console.asked import CampaignId, FromView, Kind, Least, Night, Page, Rules, Show, Sort, Whose
from abuse.console.pages.desk import FromDesk, part_of
from abuse.console.pages.overview import answer
from abuse.console.pages.said import in_short
from abuse.console.problems import NotFound
from abuse.console.read import accounts
from abuse.console.read import clusters as reading
from abuse.console.web.templates import url
from abuse.tables import LINK_KINDS

pages = APIRouter(prefix="/campaigns/{campaign_id}")
Text = Annotated[str, Query(max_length=200)]


@pages.get("/queue")
def queue(
    request: Request,
    campaign_id: CampaignId,
    desk: FromDesk,
    rules: Rules,
    show: Show = "todo",
    sort: Sort = "score",
    kind: Kind = "",
    least: Least = 0,
    whose: Whose = "",
    page: Page = 1,
) -> Response:
    asked = reading.Asked(show=show, sort=sort, kind=kind, least=least, whose=whose, page=page)
    rows, num = reading.queue(desk.view, asked, rules.page_rows, desk.people, desk.reader)
    return answer(
        request,
        "_queue.html" if part_of(request) else "queue.html",
        campaign_id=campaign_id,
        tab="queue",
        asked=asked,
        rows=rows,
        num=num,
        num_pages=max(1, -(-num // rules.page_rows)),
        first=(page - 1) * rules.page_rows + 1,
        shows=list(reading.SHOWS),
        sorts=list(reading.SORTS),
        kinds=LINK_KINDS,
        run=desk.view.publication.run,
        as_of=desk.as_of,
        nights=[one.run.as_of for one in desk.ledgers.publications(campaign_id)],
        said={row["cluster_id"]: in_short(desk.people, row["cluster_id"]) for row in rows},
        taken=desk.people.taken,
        mine=desk.people.taken_by(desk.reader),
        outcome=desk.outcome,
        of_many=desk.allowed(OF_MANY),
    )


@pages.get("/find")
def find(campaign_id: CampaignId, view: FromView, as_of: Night, q: Text = "") -> Response:
    """An account, an address of one, or a cluster, by its whole name."""
    asked = q.strip()
    if not asked:
        return RedirectResponse(url("campaigns", campaign_id, "queue", as_of=as_of), 303)
    try:
        name = accounts.account(view, asked)["account"]
    except NotFound:
        if view.value("SELECT 1 FROM clusters WHERE cluster_id = ?", asked.lower()) is None:
            raise
        return RedirectResponse(url("campaigns", campaign_id, "clusters", asked.lower(), as_of=as_of), 303)
    return RedirectResponse(url("campaigns", campaign_id, "accounts", name, as_of=as_of), 303)
