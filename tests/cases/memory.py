"""A lake that keeps its tables in memory, so that a case costs its steps alone; records are files, as ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from abuse.contract import Table
from abuse.lake.delta import Lake, rounded
from abuse.lake.table_files import Within


class MemoryLake(Lake):
    """Tables by their path; what a write replaces is what the same write left before."""

    def __init__(self, uri: str, spark: SparkSession) -> None:
        super().__init__(uri, spark)
        self._tables: dict[str, dict[str, pa.Table]] = {}

    def version(self, table: type[Table]) -> int | None:
        return 0

    def read(self, table: type[Table], within: Within | None = None, version: int | None = None) -> DataFrame:
        parts = list(self._tables.get(self.work(table), {}).values())
        if not parts:
            return self.spark.createDataFrame([], table.schema())
        frame = self.spark.createDataFrame(pa.concat_tables(parts), table.schema())
        for name, value in (within or {}).items():
            values = [value] if isinstance(value, (str, datetime)) else list(value)
            frame = frame.where(F.col(name).isin(*values))
        return frame

    def replace(self, table: type[Table], frame: DataFrame, within: Within, *, path: str = "", note: str = "") -> int:
        rows = rounded(table, table.conform(frame)).toArrow()
        self._tables.setdefault(path or self.work(table), {})[str(within)] = rows
        return 0

    def append(self, table: type[Table], frame: DataFrame, within: Within) -> None:
        parts = self._tables.setdefault(self.work(table), {})
        parts[f"append {len(parts)}"] = table.conform(frame).toArrow()

    @contextmanager
    def spiller(self, run_key: str) -> Iterator[Callable[[DataFrame], DataFrame]]:
        def spill(frame: DataFrame) -> DataFrame:
            return self.spark.createDataFrame(frame.toArrow(), frame.schema)

        yield spill
