"""Small source files, and what the parsers make of them."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession

from abuse.campaign import Source
from abuse.lake.files import raw_rows
from abuse.settings import Settings
from abuse.steps.ingest.formats import REASONS, SKIPPED

Row = dict[str, Any]
Found = dict[str, dict[str, Any]]
CHAINS = Settings().chains
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def address(n: int) -> str:
    return f"0x{n:040x}"


A, B, TOKEN = address(1), address(2), address(0xC0)


def tx(n: int) -> str:
    """A hash of zeros would be none."""
    return f"0x{n + 1:064x}"


def csv_text(rows: Iterable[Row], names: Iterable[str] = ()) -> str:
    """Every column any row has; `None` and absent values are empty."""
    rows = list(rows)
    columns = list(dict.fromkeys([*names, *(name for row in rows for name in row)]))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write(path: Path, rows: Iterable[Row], names: Iterable[str] = ()) -> Path:
    """A csv, csv.gz or parquet file, as its name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        rows = list(rows)
        columns = dict.fromkeys([*names, *(name for row in rows for name in row)])
        pq.write_table(pa.Table.from_pylist([{name: row.get(name) for name in columns} for row in rows]), path)
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(csv_text(rows, names).encode(), mtime=0))
    else:
        path.write_text(csv_text(rows, names), encoding="utf-8")
    return path


def parsed(spark: SparkSession, source: Source, parse: Callable[[DataFrame], DataFrame], by: str) -> Found:
    """Every row of the source as the parser leaves it, by one of its columns as it stands in the file."""
    rows = parse(raw_rows(spark, source)).collect()
    found = {row["_raw"][by]: row.asDict() for row in rows}
    assert len(found) == len(rows)
    return found


def utc(at: datetime | None) -> datetime | None:
    """Spark hands times over in the machine's zone."""
    return at and at.astimezone(UTC)


def outcome(row: Mapping[str, Any]) -> object:
    """Its reasons, else why it is no fact, else nothing."""
    return row[REASONS] or row.get(SKIPPED)
