"""Around the application: nobody unknown gets further than the login page, and no other site's page acts for anybody.

What is not named here as open is closed, so a page that is added later is closed too.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from abuse.console.problems import Forbidden, Unauthenticated
from abuse.console.web.answers import API, refused
from abuse.console.web.templates import here
from abuse.console.who.access import Access
from abuse.console.who.addresses import login_for, page_of, split
from abuse.console.who.sessions import Sessions
from abuse.errors import AbuseError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

OPEN = ("/login", "/healthz", "/readyz", "/metrics")
OPEN_FOLDER = "/static/"
SAFE = ("GET", "HEAD", "OPTIONS")
LOG = logging.getLogger("abuse.console")


class Door:
    """Pure ASGI. Who came in is `request.state.visitor`."""

    def __init__(self, app: ASGIApp, access: Access, sessions: Sessions) -> None:
        self.app, self.access, self.sessions = app, access, sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self.access.is_closed:
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        answer = self._kept_out(request)
        await (answer or self.app)(scope, receive, send)

    def _kept_out(self, request: Request) -> Response | None:
        """What somebody is told who may not come in; None for who may."""
        path = request.url.path
        try:
            request.state.visitor = visitor = self.access.visitor(request, self.sessions)
            if request.method not in SAFE:
                _check_origin(request, is_bearer=visitor is not None and visitor.way == "bearer")
            if path.startswith(API) and request.method not in SAFE and visitor and visitor.way == "login":
                raise Unauthenticated("login", "a cookie", "a token: `Authorization: Bearer`", "Send one.")
        except AbuseError as why:
            if isinstance(why, Unauthenticated) and path in OPEN:
                request.state.visitor = None
                return None
            LOG.warning("kept out", extra={"path": path, "why": f"{why.where}: {why.found}"})
            return refused(request, why)
        if visitor is not None or path in OPEN or path.startswith(OPEN_FOLDER):
            return None
        return _to_login(request)


def _check_origin(request: Request, *, is_bearer: bool) -> None:
    """Raises Forbidden for what a page of another site makes a browser send. A browser says which page asks; what says
    nothing is no browser, or an old one, and forms bring a token besides.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    is_ours = site == "same-origin" if site else origin is None or split(origin).netloc == request.headers["host"]
    if not is_ours and not is_bearer:
        raise Forbidden("origin", "a page of another site", "a page of this console", "Do it on the page itself.")


def _to_login(request: Request) -> Response:
    """Pages lead to the login and back; machines are told."""
    if request.url.path.startswith(API):
        return refused(request, Unauthenticated("login", "nobody", "a token: `Authorization: Bearer`", "Send one."))
    if "hx-request" in request.headers:
        at = split(request.headers.get("hx-current-url", ""))
        return Response(status_code=401, headers={"hx-redirect": login_for(f"{at.path}?{at.query}")})
    return RedirectResponse(login_for(here(request) if request.method in SAFE else page_of(request.url.path)), 303)
