"""A lake -> the console as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles

from abuse import __version__
from abuse.console.act import again, bulk, decide
from abuse.console.act import appeals as answering
from abuse.console.act.outcomes import Outcomes
from abuse.console.api import audit as audit_api
from abuse.console.api import clusters, exports, reviews, say, status, v1
from abuse.console.api import dryrun as dryrun_api
from abuse.console.kept import Kept
from abuse.console.pages import account, appeals, audit, cluster, dryrun, health, nights, overview, queue
from abuse.console.read.build import build
from abuse.console.read.ledgers import Ledgers
from abuse.console.read.making import Make
from abuse.console.read.shelf import Shelf
from abuse.console.web import answers
from abuse.console.web.guard import Guard
from abuse.console.web.metrics import Metrics
from abuse.console.web.templates import Templates
from abuse.console.who import login
from abuse.console.who.access import Access
from abuse.console.who.door import Door
from abuse.console.who.sessions import Sessions
from abuse.console.who.strikes import Strikes
from abuse.settings import Console, Review

if TYPE_CHECKING:
    from starlette.types import ASGIApp

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
NUM_KEPT = 64
"""Pictures, and what people said; a picture is some 50 kB."""
NUM_COMPARED = 4
"""Dry runs and nights beside each other, each of as many rows as accounts changed."""
LEAST_ZIPPED = 1024
PAUSE_S = 60.0
"""How long wrong tokens are turned away from an address that brought too many."""
READ_ONLY = Access()


def console(
    lake: str,
    folder: Path,
    rules: Console,
    hosts: Collection[str] = LOOPBACK,
    make: Make = build,
    access: Access = READ_ONLY,
    review: Review | None = None,
) -> ASGIApp:
    """`folder`: where read models lie. `hosts`: names a request may call us by, so that no other site's page can.
    `access`: who gets in; without it everybody may read, and what writes is not there.
    """
    app = FastAPI(
        title="campaign-abuse",
        version=__version__,
        description="Verdicts on a campaign's participants, their reasons and evidence, and people's word on them.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # both pages fetch their scripts from elsewhere
        redoc_url=None,
        lifespan=_lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},  # paths name accounts
    )
    metrics = Metrics()
    app.state.shelf = Shelf(Ledgers(lake, rules.poll_s), folder, rules, make)
    app.state.rules, app.state.metrics = rules, metrics
    app.state.kept, app.state.compared = Kept(NUM_KEPT), Kept(NUM_COMPARED)
    app.state.templates = Templates(rules)
    app.state.access, app.state.review, app.state.outcomes = access, review or Review(), Outcomes()
    answers.install(app)
    for router in (status.status, v1.api, clusters.api, reviews.api, exports.api, audit_api.api, dryrun_api.api):
        app.include_router(router)
    for page in (overview, queue, cluster, account, appeals, nights, health, audit, dryrun):
        app.include_router(page.pages, include_in_schema=False)
    if access.is_closed:
        _let_people_write(app, access, rules)
    app.mount("/static", StaticFiles(packages=[("abuse.console", "static")]), name="static")
    app.add_middleware(GZipMiddleware, minimum_size=LEAST_ZIPPED)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)
    return Guard(app, metrics, rules.max_body)


def _let_people_write(app: FastAPI, access: Access, rules: Console) -> None:
    """Adds what writes, and the door that knows who does."""
    app.state.sessions = Sessions(rules.idle_s, rules.login_s)
    app.state.strikes = Strikes(rules.failed_logins, PAUSE_S)
    app.include_router(say.api)
    for page in (login, decide, bulk, again, answering):
        app.include_router(page.pages, include_in_schema=False)
    app.add_middleware(Door, access=access, sessions=app.state.sessions)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Begins to read at once, so that the first page need not wait."""
    app.state.shelf.warm()
    yield
    app.state.shelf.close()
