"""What cannot be answered, as a page for people and as problem+json for machines."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from abuse.console.problems import Forbidden, NotFound, NotReady, NotSame, Unauthenticated
from abuse.errors import AbuseError, InputError, LakeError
from abuse.review.refused import Conflict, NotAllowed, Unknown

API = "/api/"
RETRY_S = 5
LOG = logging.getLogger("abuse.console")
STATUS: list[tuple[type[AbuseError], int]] = [
    (NotFound, 404),
    (Unknown, 404),
    (NotReady, 503),
    (Unauthenticated, 401),
    (Forbidden, 403),
    (NotAllowed, 403),
    (Conflict, 409),
    (NotSame, 409),
    (InputError, 422),
    (LakeError, 503),
    (AbuseError, 500),
]
"""The first kind that fits."""


class Problem(JSONResponse):
    """RFC 9457."""

    media_type = "application/problem+json"


def problem(request: Request, status: int, detail: str, fix: str = "", **more: Any) -> Response:
    """The answer in the caller's own language."""
    headers = {503: {"retry-after": str(RETRY_S)}, 401: {"www-authenticate": "Bearer"}}.get(status, {})
    title = HTTPStatus(status).phrase
    if request.url.path.startswith(API):
        body = {"type": "about:blank", "title": title, "status": status, "detail": detail} | more
        return Problem(body | ({"fix": fix} if fix else {}), status_code=status, headers=headers)
    page: Response = request.app.state.templates.page(
        request, "problem.html", status, status_code=status, title=title, detail=detail, fix=fix,
        campaign_id=request.path_params.get("campaign_id") if status != HTTPStatus.NOT_FOUND else None,
    )  # fmt: skip
    page.headers.update(headers)
    return page


def refused(request: Request, why: AbuseError) -> Response:
    """What an operator or a caller can fix, in one line."""
    status = next(code for kind, code in STATUS if isinstance(why, kind))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(why, NotReady):
        LOG.error("not answered", extra={"path": request.url.path, "why": str(why)})
    return problem(request, status, f"{why.where.removeprefix('--')}: {why.found}, wanted {why.wanted}.", why.fix)


def install(app: FastAPI) -> None:
    """Every way a request can fail, one kind of answer."""

    @app.exception_handler(AbuseError)
    async def _ours(request: Request, why: AbuseError) -> Response:
        return refused(request, why)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, why: HTTPException) -> Response:
        found = "There is no such page." if why.status_code == HTTPStatus.NOT_FOUND else str(why.detail)
        return problem(request, why.status_code, found)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, why: RequestValidationError) -> Response:
        in_path = any(error["loc"][0] == "path" for error in why.errors())
        said = "; ".join(f"{error['loc'][-1]}: {error['msg']}" for error in why.errors())
        return problem(request, 404 if in_path else 422 if request.url.path.startswith(API) else 400, said)

    @app.exception_handler(Exception)
    async def _bug(request: Request, why: Exception) -> Response:
        LOG.error("a bug", exc_info=why, extra={"path": request.url.path})
        return problem(request, 500, "This is a fault of the console; its log has the cause.")
