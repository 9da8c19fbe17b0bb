"""An S3 of our own on loopback, found as any AWS tool would find it: by AWS_ENDPOINT_URL and credentials in the
environment.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from abuse.lake.storage.client import client

SECRET = "no-log-may-show-this"  # noqa: S105 -- of a server that takes any
NUMBERS = itertools.count()
Request = dict[str, Any]


@contextmanager
def serving(is_refused: Callable[[Request], bool] = lambda _: False) -> Iterator[str]:
    """The server's address. S3 judges a condition and puts in one act, moto in two: so its requests take turns."""
    app, turns = DomainDispatcherApplication(create_backend_app), threading.Lock()

    def one_by_one(request: Request, start_response: Any) -> Any:
        with turns:
            if is_refused(request):
                start_response("403 Forbidden", [("Content-Type", "application/xml")])
                return [b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"]
            return app(request, start_response)

    server = make_server("127.0.0.1", 0, one_by_one, threaded=True, request_handler=MotoRequestHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def environment(endpoint: str) -> dict[str, str]:
    """What a process must know; nothing of this machine's own AWS settings."""
    own = {"ENDPOINT_URL": endpoint, "ACCESS_KEY_ID": "AKIATEST", "SECRET_ACCESS_KEY": SECRET, "REGION": "eu-west-1"}
    own |= {"CONFIG_FILE": "/dev/null", "SHARED_CREDENTIALS_FILE": "/dev/null", "EC2_METADATA_DISABLED": "true"}
    return {f"AWS_{name}": value for name, value in own.items()}


@pytest.fixture(scope="package")
def endpoint() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture(autouse=True)
def found(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(endpoint).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def new_bucket() -> str:
    """The address of an empty bucket."""
    name = f"farm-{next(NUMBERS)}"
    client().create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return f"s3a://{name}"


@pytest.fixture
def bucket(found: None) -> str:
    return new_bucket()
