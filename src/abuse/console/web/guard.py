"""Around every request: a limit on what it brings, headers on what goes back, a line in the log, a count."""

from __future__ import annotations

import json
import logging
import sys
import time
import uuid
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from abuse.console.web.metrics import Metrics

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
FOUND_AGAIN = "/static/"
"""Files of the package may be kept by a browser, as long as it asks whether they changed; pages may not be kept."""
LOG = logging.getLogger("abuse.console")


class TooLarge(Exception):  # noqa: N818 -- ends a request, is no fault of ours
    """The body is longer than the limit."""


class Guard:
    """Pure ASGI, so that nothing is read or held that the application does not ask for."""

    def __init__(self, app: ASGIApp, metrics: Metrics, max_body: int) -> None:
        self.app, self.metrics, self.max_body = app, metrics, max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, request_id, status = time.perf_counter(), uuid.uuid4().hex[:12], 500

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = {name.lower() for name, _ in message["headers"]}  # a night's page brings a stricter policy
                ours = [one for one in _headers(scope["path"], request_id) if one[0] not in own]
                message["headers"] = [*message["headers"], *ours]
            await send(message)

        try:
            if _announced(scope) > self.max_body:
                await _refuse(sent)
                return
            try:
                await self.app(scope, _limited(receive, self.max_body), sent)
            except TooLarge:
                await _refuse(sent)
        finally:
            seconds = time.perf_counter() - begun
            self.metrics.answered(_route(scope), scope["method"], status, seconds)
            LOG.info("answered", extra=_told(scope, request_id, status, seconds))


def _headers(path: str, request_id: str) -> list[tuple[bytes, bytes]]:
    kept = "no-cache" if path.startswith(FOUND_AGAIN) else "no-store"
    every = HEADERS | {"cache-control": kept, "x-request-id": request_id}
    return [(name.encode(), value.encode()) for name, value in every.items()]


def _announced(scope: Scope) -> int:
    said = dict(scope["headers"]).get(b"content-length", b"0")
    return int(said) if said.isdigit() else 0


def _limited(receive: Receive, most: int) -> Receive:
    """A body that does not announce its length is counted as it comes."""
    num = 0

    async def counted() -> Message:
        nonlocal num
        message = await receive()
        num += len(message.get("body", b""))
        if num > most:
            raise TooLarge
        return message

    return counted


async def _refuse(send: Send) -> None:
    body = json.dumps({"type": "about:blank", "title": "Request too large", "status": 413}).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _route(scope: MutableMapping[str, Any]) -> str:
    """The pattern, not the path: a count for every account would be a list of accounts."""
    return getattr(scope.get("route"), "path", None) or ("/static" if scope["path"].startswith(FOUND_AGAIN) else "none")


def _told(scope: Scope, request_id: str, status: int, seconds: float) -> dict[str, Any]:
    """The path and no more of the address: a query may hold what somebody searched for."""
    told = {"request_id": request_id, "method": scope["method"], "path": scope["path"], "status": status}
    visitor = scope.get("state", {}).get("visitor")
    told |= {"who": visitor.person.name} if visitor else {}
    return told | {"ms": round(1000 * seconds, 1)}


class JsonLines(logging.Formatter):
    """One line of JSON for each record, control characters escaped."""

    KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "level": record.levelname.lower(), "logger": record.name, "said": record.getMessage()}
        line |= {key: value for key, value in vars(record).items() if key not in self.KNOWN}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def log_as_json(level: int = logging.INFO) -> None:
    """Our lines and the server's, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("abuse", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
