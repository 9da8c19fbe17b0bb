"""Reads and replaces slices of Delta tables. Running a write again replaces the same slice, empty results included.

Longer than 200 lines so that every way in which Spark reads or writes a table of ours stands in one place.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from abuse.contract import Field, Table
from abuse.errors import LakeError
from abuse.lake import rust
from abuse.lake.constraints import constrain
from abuse.lake.spill import spill_folder
from abuse.lake.storage import remove_tree
from abuse.lake.trouble import writable
from abuse.tables import Fact, FirstFunders, PerRun, Published

if TYPE_CHECKING:
    from abuse.lake.publication import Run

KEPT = {"delta.logRetentionDuration": "interval 3650 days", "delta.deletedFileRetentionDuration": "interval 3650 days"}
"""A publication is read at the version its run wrote, however old. By default Delta forgets the log after 30 days and
refuses older versions than 7; what may really go, `abuse maintain` decides.
"""
SIGNIFICANT_DIGITS = 6
SCORE_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Slice:
    """One campaign at one as_of, as one run makes it."""

    campaign_id: str
    as_of: datetime
    run_id: str

    @classmethod
    def of(cls, run: Run) -> Slice:
        """The one that a row of `runs` speaks of."""
        return cls(run.campaign_id, run.as_of, run.run_id)

    @property
    def predicate(self) -> str:
        return f"campaign_id = '{self.campaign_id}' AND as_of = {timestamp(self.as_of)}"


def timestamp(value: datetime) -> str:
    """SQL literal of a UTC instant."""
    return f"TIMESTAMP '{value:%Y-%m-%d %H:%M:%S.%f}Z'"


class Lake:
    """Tables under one address: public ones at LAKE/<table>, the rest under LAKE/work."""

    def __init__(self, uri: str, spark: SparkSession) -> None:
        self.uri, self.spark = uri.rstrip("/"), spark
        self._spills = itertools.count()

    @property
    def ledgers(self) -> str:
        """Address of the lake whose ledgers count."""
        return self.uri

    def work(self, table: type[Table]) -> str:
        return f"{self.uri}/work/{table.table_name()}"

    def public(self, table: type[Table]) -> str:
        return f"{self.uri}/{table.table_name()}"

    def version(self, table: type[Table]) -> int | None:
        """Delta version of the work table, none where nothing was written yet."""
        path = self.work(table)
        return rust.opened(path).version() if rust.is_table(path) else None

    def read(self, table: type[Table], where: str | None = None, version: int | None = None) -> DataFrame:
        """Rows of the work table, or no rows where nothing was written yet."""
        path = self.work(table)
        if not rust.is_table(path):
            return self.spark.createDataFrame([], table.schema())
        if version is None:
            frame = self.spark.read.format("delta").load(path)
        else:
            about, fix = f"lake {self.uri}: table {table.table_name()}", "Run the night again, which makes a new one."
            frame = self._at(path, version, about, "the version that a run was made of", fix)
        return frame.where(where) if where else frame

    def _at(self, path: str, version: int, about: str, wanted: str, fix: str) -> DataFrame:
        try:
            return self.spark.read.format("delta").option("versionAsOf", version).load(path)
        except AnalysisException as why:
            raise LakeError(about, f"version {version} cannot be read", wanted, fix) from why

    def slice(self, table: type[PerRun], run: Slice) -> DataFrame:
        return self.read(table, f"{run.predicate} AND run_id = '{run.run_id}'")

    def published(self, table: type[Published], run: Slice, version: int) -> DataFrame:
        """The rows of a slice as its run published them, whatever was written to the table since."""
        about = f"lake {self.uri}: table {table.table_name()} of run {run.run_id}"
        fix = f"Publish its night, {run.as_of.isoformat()}, again: `abuse night ...`."
        return self._at(self.public(table), version, about, "the version it published", fix).where(run.predicate)

    def replace_slice(self, table: type[PerRun], frame: DataFrame, run: Slice, *, publish: bool = False) -> int:
        """Replaces exactly this slice and returns the table's new Delta version."""
        stamped = frame.withColumns(
            {
                PerRun.campaign_id: F.lit(run.campaign_id),
                PerRun.as_of: F.lit(run.as_of).cast("timestamp"),
                PerRun.run_id: F.lit(run.run_id),
            }
        )
        path = self.public(table) if publish else self.work(table)
        return self.replace(table, stamped, run.predicate, path=path, note=run.run_id)

    def replace(self, table: type[Table], frame: DataFrame, where: str, *, path: str = "", note: str = "") -> int:
        """Replaces the rows that `where` names."""
        path = path or self.work(table)
        create(table, path)
        if path == self.public(table):  # in work a bad row is for the gates to find
            constrain(self.spark, table, path)
        rows = rounded(table, table.conform(frame))
        writer = rows.write.format("delta").mode("overwrite").option("replaceWhere", where)
        writer = writer.option("mergeSchema", "true")  # a lake of an earlier version lacks the columns added since
        writer.option("userMetadata", note).save(path)
        return rust.opened(path).version()

    def append(self, table: type[Table], frame: DataFrame) -> None:
        """Adds rows to a work table."""
        path = self.work(table)
        create(table, path)
        table.conform(frame).write.format("delta").mode("append").save(path)

    @contextmanager
    def spiller(self, run_key: str) -> Iterator[Callable[[DataFrame], DataFrame]]:
        """`spill(frame)` writes and reads back, so nothing upstream is computed twice. Removed at the end, however it
        comes. GraphFrames' checkpoints go to the same folder.
        """
        folder = f"{spill_folder(self.uri, self.spark)}/{run_key}"
        with writable(f"folder {folder}"):
            self.spark.sparkContext.setCheckpointDir(f"{folder}/checkpoints")

        def spill(frame: DataFrame) -> DataFrame:
            path = f"{folder}/{next(self._spills)}"
            with writable(f"folder {folder}"):
                frame.write.mode("overwrite").parquet(path)
            return self.spark.read.schema(frame.schema).parquet(path)

        try:
            yield spill
        finally:
            remove_tree(folder)


def create(table: type[Table], path: str) -> None:
    """Makes the empty table with its NOT NULL columns; delta-rs does it in milliseconds."""
    if rust.is_table(path):
        return
    rust.create(
        path,
        schema=not_null_schema(table.fields()),
        partition_by=list(table.partitions) or None,
        description=(table.__doc__ or "").strip(),
        configuration=KEPT if issubclass(table, (Fact, FirstFunders, Published)) else None,
    )


def not_null_schema(fields: Iterable[Field]) -> pa.Schema:
    return pa.schema([pa.field(f.name, f.kind, nullable=not f.required) for f in fields])


def rounded(table: type[Table], frame: DataFrame) -> DataFrame:
    """Six significant digits (probabilities: four decimals), so that two engines and two orders write the same rows."""
    if not issubclass(table, PerRun):
        return frame
    exact = {f.name: f for f in table.fields()}
    doubles = [f.name for f in frame.schema.fields if isinstance(f.dataType, T.DoubleType)]
    return frame.withColumns(
        {
            name: F.round(name, SCORE_DECIMALS) if exact[name].unit == "probability" else significant(F.col(name))
            for name in doubles
        }
    )


def significant(value: Column) -> Column:
    """`value` to six significant digits; powers of ten are exact enough on every JVM (StrictMath)."""
    digits = F.lit(SIGNIFICANT_DIGITS - 1) - F.floor(F.log10(F.abs(value)))
    return F.when(value == 0, value).otherwise(F.rint(value * F.pow(10.0, digits)) / F.pow(10.0, digits))
