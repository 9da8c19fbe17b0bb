"""Who is out now, as a file for spreadsheets and payout jobs: the rows of `abuse export`."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import StreamingResponse

from abuse.console.api.v1 import PROBLEMS
from abuse.console.asked import CampaignId, FromShelf, Night
from abuse.lake.people import Now
from abuse.operate.export import handed_rows, out_now
from abuse.operate.sheets import csv_parts

api = APIRouter(prefix="/api/v1/campaigns/{campaign_id}/exports", tags=["exports"], responses=PROBLEMS)


@api.get(
    "/disqualified.csv",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}}, "description": "With a header; cells cannot start a formula."}},
)
def disqualified(campaign_id: CampaignId, shelf: FromShelf, as_of: Night) -> StreamingResponse:
    """By the publication and people's word of now. Rows are held as Arrow; their text is made as it is sent."""
    publication = shelf.publication(campaign_id, as_of)
    rows, _ = out_now(Now.of(publication))
    name = f"disqualified_accounts-{campaign_id}-{publication.run.run_id}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    parts = (part.encode() for part in csv_parts(handed_rows(rows)))
    return StreamingResponse(parts, media_type="text/csv; charset=utf-8", headers=headers)
