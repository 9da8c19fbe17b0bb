"""An S3 of our own on loopback, in a process of its own: delta-rs holds Python's one lock while it waits for an answer.

`python -m tests.s3.server [KIND]` prints its address and serves until it is ended.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from io import BytesIO
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

Request = dict[str, Any]


def forgets_conditions(request: Request) -> bool:
    """As stores do that know none."""
    request.pop("HTTP_IF_NONE_MATCH", None)
    request.pop("HTTP_IF_MATCH", None)
    return False


def keeps_the_log(request: Request) -> bool:
    """What is in tables may be listed and not read."""
    return str(request["REQUEST_METHOD"]) == "GET" and "/_delta_log/" in request["PATH_INFO"]


def refuses_writes(request: Request) -> bool:
    """But for buckets."""
    return str(request["REQUEST_METHOD"]) == "PUT" and request["PATH_INFO"].count("/") > 1


KINDS: dict[str, Callable[[Request], bool]] = {
    "plain": lambda _: False,
    "forgets_conditions": forgets_conditions,
    "keeps_the_log": keeps_the_log,
    "refuses_writes": refuses_writes,
}


def received(request: Request) -> Request:
    """With its whole body. Who is slow to send one must not keep the turn: a thread that writes needs Python's lock to
    go on, and the reader beside it holds that lock until it is answered.
    """
    in_chunks = bool(request.get("wsgi.input_terminated"))
    body = request["wsgi.input"].read(-1 if in_chunks else int(request.get("CONTENT_LENGTH") or 0))
    return request | {"wsgi.input": BytesIO(body)}


def main(kind: str = "plain") -> None:
    """S3 judges a condition and puts in one act, moto in two: so its requests take turns."""
    app, turns, is_refused = DomainDispatcherApplication(create_backend_app), threading.Lock(), KINDS[kind]

    def one_by_one(request: Request, start_response: Any) -> Any:
        request = received(request)
        with turns:
            if is_refused(request):
                start_response("403 Forbidden", [("Content-Type", "application/xml")])
                return [b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"]
            return app(request, start_response)

    server = make_server("127.0.0.1", 0, one_by_one, threaded=True, request_handler=MotoRequestHandler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
