"""In with a token, and out again."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from abuse.console.act.forms import CheckedForm, Form, fields
from abuse.console.asked import Rules
from abuse.console.who.access import Access, cookie_name, is_local
from abuse.console.who.addresses import inside
from abuse.console.who.sessions import Sessions
from abuse.console.who.strikes import Strikes
from abuse.console.who.tokens import digest_of
from abuse.settings import Console

pages = APIRouter()
Next = Annotated[str, Query(max_length=2000)]
MAX_TOKEN = 200


@pages.get("/login")
async def login(
    request: Request, rules: Rules, next: Next = "", token: Annotated[str, Query(max_length=MAX_TOKEN)] = ""
) -> Response:
    """The address that a start prints carries its token; any other token is for the form, where no log keeps it."""
    access: Access = request.app.state.access
    if token and access.is_for_one:
        return await _let_in(request, rules, token, next)
    return _page(request, next)


@pages.post("/login")
async def enter(request: Request, rules: Rules) -> Response:
    form = Form(await fields(request))
    return await _let_in(request, rules, form.one("token").strip()[:MAX_TOKEN], form.one("next"))


@pages.post("/logout")
def leave(request: Request, form: CheckedForm) -> Response:
    sessions: Sessions = request.app.state.sessions
    sessions.end(request.cookies.get(cookie_name(request), ""))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(cookie_name(request), secure=not is_local(request), httponly=True, samesite="strict")
    return answer


async def _let_in(request: Request, rules: Console, token: str, next: str) -> Response:
    """A right token counts whoever failed from its address before: nobody guesses one, and else anybody, or a page of
    another site in a browser on this machine, could keep everybody out.
    """
    access: Access = request.app.state.access
    strikes: Strikes = request.app.state.strikes
    address = request.client.host if request.client else ""
    person = access.keys.person(digest_of(token)) if access.keys and token else None
    if person is None:
        if strikes.is_out(address):
            return _page(request, next, "Nobody has this token. Too many tries from this address: wait a minute.", 429)
        strikes.strike(address)
        await asyncio.sleep(rules.failed_login_s)
        return _page(request, next, "Nobody has this token.", 401)
    strikes.forgive(address)
    sessions: Sessions = request.app.state.sessions
    sessions.end(request.cookies.get(cookie_name(request), ""))
    answer = RedirectResponse(inside(next), 303)
    answer.set_cookie(
        cookie_name(request), sessions.begin(digest_of(token)), httponly=True, samesite="strict",
        secure=not is_local(request),
    )  # fmt: skip
    return answer


def _page(request: Request, next: str, wrong: str = "", status: int = 200) -> Response:
    back = inside(next)
    page: Response = request.app.state.templates.page(
        request, "login.html", status, next=back, wrong=wrong, is_for_one=request.app.state.access.is_for_one
    )
    return page
