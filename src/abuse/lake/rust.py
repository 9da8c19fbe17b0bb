"""Tables opened by delta-rs, without a JVM, wherever they lie."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from abuse.address import is_remote
from abuse.errors import LakeError
from abuse.lake.storage import storage_of

REFUSED = ("AccessDenied", "Access Denied", "403 Forbidden", "InvalidAccessKeyId", "ExpiredToken", "InvalidToken")
"""What S3 says in the middle of what delta-rs does."""


def is_table(uri: str) -> bool:
    with _one_line(uri):
        return DeltaTable.is_deltatable(uri, storage_options=options(uri))


def opened(uri: str, version: int | None = None) -> DeltaTable:
    with _one_line(uri):
        return DeltaTable(uri, version=version, storage_options=options(uri))


def files_within(table: DeltaTable, within: Mapping[str, str | datetime | Collection[str]]) -> set[str]:
    """Paths of its files, those of the partitions that `within` names: column -> value, or some values.

    The log holds paths URL-encoded; these are as they lie there.
    """
    wanted = {
        f"partition.{column}": (value,) if isinstance(value, (str, datetime)) else value
        for column, value in within.items()
    }
    rows = pa.table(table.get_add_actions(flatten=True)).select(["path", *wanted]).to_pylist()
    return {unquote(row["path"]) for row in rows if all(row[name] in values for name, values in wanted.items())}


def partition_text(value: object) -> str:
    """A partition's value as a log holds it."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime) else str(value)


def create(uri: str, **more: Any) -> None:
    """Makes the empty table; nothing where it is there."""
    with _one_line(uri):
        DeltaTable.create(uri, mode="ignore", storage_options=options(uri), **more)


@contextmanager
def _one_line(uri: str) -> Iterator[None]:
    """A bucket that may be listed may still keep its objects to itself."""
    try:
        yield
    except (DeltaError, OSError) as why:
        found = next((word for word in REFUSED if word in str(why)), None)
        if found is None or not is_remote(uri):
            raise
        fix = "Give that role the right, or renew its credentials; `aws sts get-caller-identity` says who you are."
        raise LakeError(uri, f"access denied ({found})", "the right to read and write there", fix) from None


def options(uri: str) -> dict[str, str] | None:
    """For delta-rs' `storage_options`. Raises LakeError where a bucket does not answer."""
    return storage_of(uri).table_options(uri)
