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
from abuse.console.api import audit as audit_api
from abuse.console.api import clusters, status, v1
from abuse.console.api import dryrun as dryrun_api
from abuse.console.kept import Kept
from abuse.console.pages import account, audit, cluster, dryrun, health, nights, overview, queue
from abuse.console.read.build import build
from abuse.console.read.ledgers import Ledgers
from abuse.console.read.shelf import Make, Shelf
from abuse.console.web import answers
from abuse.console.web.guard import Guard
from abuse.console.web.metrics import Metrics
from abuse.console.web.templates import Templates
from abuse.settings import Console

if TYPE_CHECKING:
    from starlette.types import ASGIApp

LOOPBACK = ("127.0.0.1", "localhost")
NUM_KEPT = 64
"""Pictures and comparisons; a picture is some 50 kB."""
LEAST_ZIPPED = 1024


def console(lake: str, folder: Path, rules: Console, hosts: Collection[str] = LOOPBACK, make: Make = build) -> ASGIApp:
    """`folder`: where read models lie. `hosts`: names a request may call us by, so that no other site's page can."""
    app = FastAPI(
        title="campaign-abuse",
        version=__version__,
        description="Verdicts on a campaign's participants, their reasons and evidence. Read only.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # both pages fetch their scripts from elsewhere
        redoc_url=None,
        lifespan=_lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},  # paths name accounts
    )
    metrics = Metrics()
    app.state.shelf = Shelf(Ledgers(lake, rules.poll_s), folder, rules, make)
    app.state.rules, app.state.metrics, app.state.kept = rules, metrics, Kept(NUM_KEPT)
    app.state.templates = Templates(rules)
    answers.install(app)
    for router in (status.status, v1.api, clusters.api, audit_api.api, dryrun_api.api):
        app.include_router(router)
    for page in (overview, queue, cluster, account, nights, health, audit, dryrun):
        app.include_router(page.pages, include_in_schema=False)
    app.mount("/static", StaticFiles(packages=[("abuse.console", "static")]), name="static")
    app.add_middleware(GZipMiddleware, minimum_size=LEAST_ZIPPED)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)
    return Guard(app, metrics, rules.max_body)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Begins to read at once, so that the first page need not wait."""
    app.state.shelf.warm()
    yield
    app.state.shelf.close()
