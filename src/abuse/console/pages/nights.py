"""Two nights of a campaign: who changed from the one to the other, and why."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from fastapi import APIRouter, Request
from pydantic import AwareDatetime
from starlette.responses import Response

from abuse.console.asked import CampaignId, FromCompared, FromShelf, Page, Rules
from abuse.console.kept import Kept
from abuse.console.pages.overview import answer
from abuse.console.read.build import model_name
from abuse.lake.publication import Publication
from abuse.operate.diff import NO_LONGER, Diff, diff

pages = APIRouter(prefix="/campaigns/{campaign_id}")


@pages.get("/nights")
def nights(
    request: Request,
    campaign_id: CampaignId,
    shelf: FromShelf,
    rules: Rules,
    compared: FromCompared,
    a: AwareDatetime | None = None,
    b: AwareDatetime | None = None,
    page: Page = 1,
) -> Response:
    """From `a` to `b`; from the night before the last to the last unless they are given."""
    published = shelf.ledgers.publications(campaign_id)
    found: Diff | None = None
    if a is not None and b is not None:
        found = between(compared, *(shelf.publication(campaign_id, at.astimezone(UTC)) for at in (a, b)))
    elif len(published) > 1:
        found = between(compared, published[1], published[0])
    changes = found.changes if found else []
    first = (page - 1) * rules.page_rows
    return answer(
        request,
        "nights.html",
        campaign_id=campaign_id,
        tab="nights",
        nights=[one.run.as_of for one in published],
        found=found,
        changes=[
            (change, [_plain(line) for line in change.why]) for change in changes[first : first + rules.page_rows]
        ],
        page=page,
        num_pages=max(1, -(-len(changes) // rules.page_rows)),
    )


def between(compared: Kept, before: Publication, after: Publication) -> Diff:
    found: Diff = compared.get(("diff", model_name(before), model_name(after)), lambda: diff(before, after))
    return found


def _plain(line: str) -> Any:
    """Without its code, which is for machines."""
    return line if line.startswith(NO_LONGER) else line.partition(":")[2].strip() or line
