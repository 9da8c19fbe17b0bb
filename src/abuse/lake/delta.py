"""Reads and replaces slices of Delta tables. Running a write again replaces the same slice, empty results included.

Longer than 200 lines so that every way in which Spark reads or writes a table of ours stands in one place.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from deltalake.exceptions import DeltaError
from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from abuse.contract import Table
from abuse.errors import LakeError
from abuse.lake import rust
from abuse.lake.constraints import broken, constrain, properties, require_kept
from abuse.lake.spill import spill_folder
from abuse.lake.storage import remove_tree
from abuse.lake.table_files import Within, not_null_schema, put, rows_of
from abuse.lake.trouble import writable
from abuse.tables import Fact, FirstFunders, PerRun, Published

if TYPE_CHECKING:
    from abuse.lake.publication import Run

KEPT = {"delta.logRetentionDuration": "interval 3650 days", "delta.deletedFileRetentionDuration": "interval 3650 days"}
"""A publication is read at the version its run wrote, however old. By default Delta forgets the log after 30 days and
refuses older versions than 7; what may really go, `abuse maintain` decides.
"""
WRITER, US = "abuse.writer", "delta-rs"
"""Property of a table, and its value: what writes it, fixed when it is made."""
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
    def within(self) -> Within:
        """Its part of every table."""
        return {PerRun.campaign_id: self.campaign_id, PerRun.as_of: self.as_of}


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

    def read(self, table: type[Table], within: Within | None = None, version: int | None = None) -> DataFrame:
        """Rows of that part of the work table, of all parts unless given; none where nothing was written yet."""
        path = self.work(table)
        if not rust.is_table(path):
            return self.spark.createDataFrame([], table.schema())
        about, fix = f"lake {self.uri}: table {table.table_name()}", "Run the night again, which makes a new one."
        return self._at(table, path, within, version, about, "the version that a run was made of", fix)

    def _at(
        self,
        table: type[Table],
        path: str,
        within: Within | None,
        version: int | None,
        about: str,
        wanted: str,
        fix: str,
    ) -> DataFrame:
        try:
            return rows_of(self.spark, table, path, within, version)
        except (AnalysisException, DeltaError) as why:
            raise LakeError(about, f"version {version} cannot be read", wanted, fix) from why

    def slice(self, table: type[PerRun], run: Slice) -> DataFrame:
        return self.read(table, run.within).where(F.col(PerRun.run_id) == run.run_id)

    def published(self, table: type[Published], run: Slice, version: int) -> DataFrame:
        """The rows of a slice as its run published them, whatever was written to the table since."""
        about = f"lake {self.uri}: table {table.table_name()} of run {run.run_id}"
        fix = f"Publish its night, {run.as_of.isoformat()}, again: `abuse night ...`."
        return self._at(table, self.public(table), run.within, version, about, "the version it published", fix)

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
        return self.replace(table, stamped, run.within, path=path, note=run.run_id)

    def replace(self, table: type[Table], frame: DataFrame, within: Within, *, path: str = "", note: str = "") -> int:
        """Replaces the rows of that part and returns the version that this made. Public tables take no row that breaks
        a promise; in work a bad row is for the gates to find.
        """
        path = path or self.work(table)
        create(table, path)
        rows = rounded(table, table.conform(frame))
        if path != self.public(table):
            return put(rows, table, path, within, note=note).version
        require_ours(table, path)
        constrain(table, path)
        require = partial(require_kept, table)
        return put(rows, table, path, within, note=note, metrics=broken(table), require=require).version

    def append(self, table: type[Table], frame: DataFrame, within: Within) -> None:
        """Adds rows to that part of a work table."""
        path = self.work(table)
        create(table, path)
        put(table.conform(frame), table, path, within, adds=True)

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
        schema=not_null_schema(table),
        partition_by=list(table.partitions) or None,
        description=(table.__doc__ or "").strip(),
        configuration=(KEPT if issubclass(table, (Fact, FirstFunders, Published)) else {})
        | (properties(table) if issubclass(table, Published) else {})
        | {WRITER: US},
        raise_if_key_not_exists=False,
    )


def require_ours(table: type[Table], path: str) -> None:
    """Raises LakeError for a public table that another writer began: a mix of two lost a commit here."""
    said = rust.opened(path).metadata().configuration.get(WRITER)
    if said != US:
        found = f"written by {said or 'an earlier version of the project, by Spark'}"
        fix = "Use a new lake: `--lake` with another folder. What is published in this one stays readable."
        raise LakeError(f"{path}", found, f"a table that {US} writes", fix)


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
