"""What keeps us from a bucket is one line that says what to mend, before any Java starts."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from deltalake import DeltaTable

from abuse.errors import LakeError, first_line
from abuse.lake.lock import LakeLock
from abuse.lake.storage import storage_of
from tests.cli.running import assert_one_line, in_process
from tests.s3.conftest import new_bucket, serving

COMMANDS = {
    "runs": ["runs", "--lake", "{}"],
    "why": ["why", "0x1", "--campaign", "c", "--lake", "{}"],
    "maintain": ["maintain", "--lake", "{}"],
    "export": ["export", "--campaign", "c", "--lake", "{}", "--out", "{}-out"],
    "a campaign file": ["night", "--campaign", "{}/c.toml", "--as-of", "2026-05-01T00:00:00Z", "--lake", "{}"],
    "an export to check": ["export", "--check", "{}"],
}


def asked(command: list[str], address: str) -> list[str]:
    return [word.format(address) for word in command]


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_bucket_that_does_not_exist(command: list[str]) -> None:
    said = in_process(asked(command, "s3a://nowhere-at-all/lake"))
    assert_one_line(said, "s3a://nowhere-at-all", "no bucket nowhere-at-all, wanted an existing bucket")


def test_no_credentials(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from abuse.lake.storage import client

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    client._client.cache_clear()
    client._region.cache_clear()
    try:
        said = in_process(["runs", "--lake", f"{bucket}/lake"])
    finally:
        client._client.cache_clear()
    assert_one_line(said, bucket, "no AWS credentials", "AWS_PROFILE")


@pytest.fixture
def nobody() -> str:
    """An address where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def test_what_delta_rs_says_is_one_line_down_to_its_last_cause(nobody: str) -> None:
    """It says causes on lines of their own, in colours; the first is `Generic S3 error`, which helps nobody."""
    options = {"AWS_ENDPOINT_URL": nobody, "AWS_ALLOW_HTTP": "true", "max_retries": "0"}
    with pytest.raises(OSError, match="Generic S3 error") as why:
        DeltaTable("s3://bucket/table", storage_options=options)
    said = first_line(why.value)
    assert "Connection refused" in said
    assert said.isprintable()


def test_an_endpoint_where_nobody_listens(nobody: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", nobody)
    said = in_process(["runs", "--lake", "s3a://bucket/lake"])
    assert_one_line(said, f"{nobody} cannot be reached", "Correct AWS_ENDPOINT_URL")


@contextmanager
def refusing(status: int, code: str) -> Iterator[str]:
    """A server that answers everything so, as S3 writes it."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>No: AKIATEST</Message></Error>".encode()

    class Refusal(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusal)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


REFUSALS = {  # status, code -> what is said
    "access denied": (403, "AccessDenied", "access denied (ListObjectsV2), wanted the right to list"),
    "an unknown key": (403, "InvalidAccessKeyId", "credentials that S3 does not take (InvalidAccessKeyId)"),
    "an expired token": (400, "ExpiredToken", "credentials that S3 does not take (ExpiredToken)"),
    "another region": (400, "AuthorizationHeaderMalformed", "Set AWS_REGION"),
    "anything else": (400, "Odd", "ListObjectsV2 failed"),
}


@pytest.mark.parametrize(("status", "code", "said"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_says_what_to_mend(monkeypatch: pytest.MonkeyPatch, status: int, code: str, said: str) -> None:
    with refusing(status, code) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        assert_one_line(in_process(["runs", "--lake", "s3a://bucket/lake"]), "s3a://bucket", said)


def test_objects_that_may_be_listed_and_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving("keeps_the_log") as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        lake = f"{new_bucket()}/lake"
        storage_of(lake).write(f"{lake}/runs/_delta_log/{0:020}.json", b"{}")
        assert_one_line(in_process(["runs", "--lake", lake]), f"{lake}/runs: access denied")


def test_a_lake_that_may_be_read_and_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving("refuses_writes") as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        lake = f"{new_bucket()}/lake"
        with pytest.raises(LakeError, match=r"access denied \(PutObject\), wanted the right to list, read, write"):
            LakeLock(lake, "night").__enter__()


@pytest.mark.parametrize("lake", ["s3a://", "s3:///x", "gs://bucket/x", "hdfs://host/x", "file:///x"])
def test_an_address_we_do_not_know(lake: str) -> None:
    said = in_process(["runs", "--lake", lake])
    assert_one_line(said, f"--lake: {lake!r}", "a path of this machine, or s3a://bucket/prefix")


def test_a_demo_is_for_this_machine() -> None:
    assert_one_line(in_process(["demo", "--lake", "s3a://bucket/demo"]), "--lake", "a path of this machine")
