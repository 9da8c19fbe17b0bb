"""Rows of a list -> CSV or parquet, and back to the accounts that it names.

A CSV is safe to open in a spreadsheet, and no account loses anything by it.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from abuse.tables import Decisions

FORMATS = ("csv", "parquet")
BATCH = 10_000
"""Rows turned to text at once; a row with its evidence takes some kilobytes as Python objects."""
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
"""A spreadsheet may run a cell of text that begins so; an apostrophe in front makes it text. A cell that begins with an
apostrophe gets another, so that dropping one always gives back what was there.
"""
READING = "Nested columns are JSON. A text cell that begins with an apostrophe carries one more than it had: drop it."


def as_bytes(rows: pa.Table, kind: str) -> bytes:
    """What a file of this format holds; the same rows are always the same bytes."""
    return as_csv(rows) if kind == "csv" else as_parquet(rows)


def as_csv(rows: pa.Table) -> bytes:
    """RFC 4180, UTF-8, with a header. Empty means none."""
    return "".join(csv_parts(rows)).encode()


def csv_parts(rows: pa.Table) -> Iterator[str]:
    """The same, as it is made."""
    yield _csv([rows.column_names])
    for batch in rows.to_batches(BATCH):
        yield _csv([cell(value) for value in row.values()] for row in batch.to_pylist())


def as_parquet(rows: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(rows.replace_schema_metadata(None), sink, compression="zstd")
    return sink.getvalue()


def accounts_in(content: bytes, kind: str) -> dict[str, str]:
    """account -> as the campaign wrote it, of a file of such rows; itself where the file does not say."""
    found = _parquet_names(content) if kind == "parquet" else _csv_names(content)
    return {account: given or account for account, given in found}


def _csv_names(content: bytes) -> Iterator[tuple[str, str]]:
    csv.field_size_limit(sys.maxsize)  # a cell of evidence may be long, and the file is our own
    for row in csv.DictReader(io.StringIO(content.decode(), newline="")):
        given = row.get(Decisions.account_as_given) or ""
        yield row[Decisions.account].removeprefix("'"), given.removeprefix("'")


def _parquet_names(content: bytes) -> Iterator[tuple[str, str]]:
    known = pq.read_schema(io.BytesIO(content)).names
    columns = [name for name in (Decisions.account, Decisions.account_as_given) if name in known]
    for row in pq.read_table(io.BytesIO(content), columns=columns).to_pylist():
        yield row[Decisions.account], row.get(Decisions.account_as_given) or ""


def cell(value: Any) -> str:
    """A value as a cell of text that no spreadsheet runs."""
    match value:
        case None:
            return ""
        case str():
            return f"'{value}" if value.startswith(DANGEROUS) else value
        case datetime():
            return instant(value)
        case list() | dict():
            return json.dumps(value, default=instant, separators=(",", ":"))
    return json.dumps(value)


def instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _csv(rows: Iterable[list[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()
