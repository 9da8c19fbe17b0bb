"""A lake that keeps its tables in memory, so that a case costs its steps alone; records are files, as ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from abuse.contract import Table
from abuse.lake.delta import Lake, rounded


class MemoryLake(Lake):
    """Tables by their path; what a write replaces is what the same write left before."""

    def __init__(self, uri: str, spark: SparkSession) -> None:
        super().__init__(uri, spark)
        self._tables: dict[str, dict[str, pa.Table]] = {}

    def version(self, table: type[Table]) -> int | None:
        return 0

    def read(self, table: type[Table], where: str | None = None, version: int | None = None) -> DataFrame:
        parts = list(self._tables.get(self.work(table), {}).values())
        if not parts:
            return self.spark.createDataFrame([], table.schema())
        frame = self.spark.createDataFrame(pa.concat_tables(parts), table.schema())
        return frame.where(where) if where else frame

    def replace(self, table: type[Table], frame: DataFrame, where: str, *, path: str = "", note: str = "") -> int:
        rows = rounded(table, table.conform(frame)).toArrow()
        self._tables.setdefault(path or self.work(table), {})[where] = rows
        return 0

    def append(self, table: type[Table], frame: DataFrame) -> None:
        parts = self._tables.setdefault(self.work(table), {})
        parts[f"append {len(parts)}"] = table.conform(frame).toArrow()

    @contextmanager
    def spiller(self, run_key: str) -> Iterator[Callable[[DataFrame], DataFrame]]:
        def spill(frame: DataFrame) -> DataFrame:
            return self.spark.createDataFrame(frame.toArrow(), frame.schema)

        yield spill
