"""Tables as the parquet files that their log names: Spark reads and writes the rows, delta-rs keeps the log.

Asked for a table's files, Spark's own Delta starts jobs of its own for every look at the log and every commit: of a
small run they were two thirds of all executions (measured). Here a read is one scan and a write one job. Whatever is
written this way is written by nothing else: two kinds of writers of one table may not see each other's commits.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties
from deltalake.transaction import AddAction, RemoveAction
from pyspark.sql import Column, DataFrame, Observation, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from abuse.contract import Table
from abuse.lake import rust
from abuse.lake.files import AS_GIVEN
from abuse.lake.storage import storage_of

Within = Mapping[str, str | datetime | Collection[str]]
"""Partition column -> its value, or some values: which part of a table is meant. Of a table with several such columns
all are given, each with one value.
"""
COMMIT = "abuse.commit"
"""In the log: which of the commits since was ours."""
NO_MARKS = {"mapreduce.fileoutputcommitter.marksuccessfuljobs": "false"}
"""No file that says a folder is whole: the log does."""
TRIES = 30


class Written(NamedTuple):
    """The version of the table, and what was counted of the rows."""

    version: int
    metrics: dict[str, int]


def rows_of(spark: SparkSession, table: type[Table], uri: str, within: Within | None, version: int | None) -> DataFrame:
    """The rows of that part; a column that an earlier version of the project did not write is empty."""
    kinds, paths = table.schema(), sorted(rust.files_within(rust.opened(uri, version), within or {}))
    if not paths:
        return spark.createDataFrame([], kinds)
    files = [f"{uri}/{path}" for path in paths]
    fixed = {name: value for name, value in (within or {}).items() if isinstance(value, (str, datetime))}
    if set(fixed) == set(table.partitions):
        inside = T.StructType([field for field in kinds.fields if field.name not in fixed])
        frame = spark.read.schema(inside).options(**AS_GIVEN).parquet(*files)
        columns = {name: F.lit(value).cast(kinds[name].dataType) for name, value in fixed.items()}
        return frame.withColumns(columns).select(*kinds.names)
    return spark.read.schema(kinds).options(basePath=uri, **AS_GIVEN).parquet(*files).select(*kinds.names)


def put(
    frame: DataFrame,
    table: type[Table],
    uri: str,
    within: Within,
    *,
    note: str = "",
    adds: bool = False,
    metrics: Mapping[str, Column] | None = None,
    require: Callable[[dict[str, int]], None] = lambda seen: None,
) -> Written:
    """Writes rows of one part in the place of those there, or beside them where it `adds`.

    `metrics`: aggregates over what is written, counted with the write; where `require` raises, seeing them, nothing is
    committed.
    """
    folder = "/".join([*(f"{name}={value}" for name, value in within.items() if isinstance(value, str)), uuid4().hex])
    wanted, seen = metrics or {}, Observation()
    counting = [column.alias(f"_{place}") for place, column in enumerate(wanted.values())]
    rows = frame.drop(*within) if not wanted else frame.observe(seen, *counting).drop(*within)
    rows.write.options(**NO_MARKS).parquet(f"{uri}/{folder}")
    numbers = dict(zip(wanted, seen.get.values(), strict=True)) if wanted else {}
    require(numbers)
    values = {name: rust.partition_text(value) for name, value in within.items()}
    return Written(_commit(table, uri, _actions(uri, folder, values), values, note, adds=adds), numbers)


def _commit(
    table: type[Table],
    uri: str,
    actions: list[AddAction | RemoveAction],
    values: dict[str, str],
    note: str,
    *,
    adds: bool,
) -> int:
    """The version that this very commit made."""
    before, name = rust.opened(uri), uuid4().hex
    before.create_write_transaction(
        actions,
        mode="append" if adds else "overwrite",
        schema=not_null_schema(table),
        partition_by=list(table.partitions),
        partition_filters=None if adds else [(column, "=", value) for column, value in values.items()],
        commit_properties=CommitProperties({"userMetadata": note, COMMIT: name}, max_commit_retries=TRIES),
    )
    now = rust.opened(uri)
    if now.version() == before.version() + 1:
        return now.version()
    since = now.history(now.version() - before.version())
    return int(next(entry["version"] for entry in since if entry.get(COMMIT) == name))


def _actions(uri: str, folder: str, values: dict[str, str]) -> list[AddAction | RemoveAction]:
    """The files that a job left there; without those that have no rows."""
    found = [file for file in storage_of(uri).files(f"{uri}/{folder}") if file.path.endswith(".parquet")]
    return [action for file in found if (action := _action(uri, f"{folder}/{file.path}", file.size, values))]


def _action(uri: str, path: str, size: int, values: dict[str, str]) -> AddAction | None:
    system, at = storage_of(uri).arrow(f"{uri}/{path}")
    with system.open_input_file(at) as file:
        num = pq.read_metadata(file).num_rows
    stats = json.dumps({"numRecords": num})
    return AddAction(path, size, values, int(time.time() * 1000), True, stats) if num else None


def not_null_schema(table: type[Table]) -> pa.Schema:
    return pa.schema([pa.field(f.name, f.kind, nullable=not f.required) for f in table.fields()])
