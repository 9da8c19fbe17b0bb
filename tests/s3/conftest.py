"""An S3 of our own on loopback, found as any AWS tool would find it: by AWS_ENDPOINT_URL and credentials in the
environment.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from abuse.lake.storage.client import client

SECRET = "no-log-may-show-this"  # noqa: S105 -- of a server that takes any
NUMBERS = itertools.count()
PROJECT = Path(__file__).parent.parent.parent


@contextmanager
def serving(kind: str = "plain") -> Iterator[str]:
    """The server's address."""
    command = [sys.executable, "-m", "tests.s3.server", kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=PROJECT) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


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
