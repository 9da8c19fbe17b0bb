"""For whoever looks after the console: is it alive, can it answer, how old is what it says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from abuse.console.asked import FromShelf
from abuse.console.read.ledgers import Ledgers

status = APIRouter()
TROUBLE = "the lake cannot be read; the console's log and its first page say why"
"""Anybody may ask whether we are ready, so no path is told here."""


@status.get("/healthz", tags=["status"])
async def healthz() -> dict[str, str]:
    """The process answers, even while every thread waits for a night."""
    return {"status": "ok"}


@status.get("/readyz", tags=["status"], responses={503: {"description": "Not yet, or the lake cannot be read."}})
def readyz(shelf: FromShelf) -> Response:
    """Whether every current publication is read, and how old each is."""
    is_ready, trouble = shelf.is_ready(), shelf.ledgers.trouble
    ages = {name: round(seconds) for name, seconds in ages_s(shelf.ledgers)}
    told = {"ready": is_ready and trouble is None, "publication_age_s": ages, "behind": shelf.behind()}
    told |= {"trouble": trouble and TROUBLE}
    return JSONResponse(told, 200 if told["ready"] else 503)


@status.get("/metrics", tags=["status"], response_class=PlainTextResponse)
def metrics(request: Request, shelf: FromShelf) -> Response:
    """Prometheus text."""
    ledgers, behind = shelf.ledgers, shelf.behind()
    age = "Seconds since the current publication was published."
    gauges = [("abuse_console_publication_age_seconds", age, {"campaign": name}, s) for name, s in ages_s(ledgers)]
    late = "Whether a campaign is answered from an older publication than its newest."
    gauges += [
        ("abuse_console_behind", late, {"campaign": name}, float(name in behind)) for name in ledgers.campaigns()
    ]
    up = "Whether the lake's ledgers could be read when last looked at."
    gauges.append(("abuse_console_lake_up", up, {}, float(ledgers.trouble is None)))
    text = request.app.state.metrics.text(gauges)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def ages_s(ledgers: Ledgers) -> Iterator[tuple[str, float]]:
    now = datetime.now(UTC)
    for campaign_id in ledgers.campaigns():
        for publication in ledgers.publications(campaign_id)[:1]:
            yield campaign_id, (now - publication.run.finished_at).total_seconds()
