"""What a night asks of Spark and of its lake, step by step, while it is run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import pytest
from pyspark.sql import SparkSession

from abuse import night as nights
from abuse.lake.delta import Lake
from abuse.registry import Step


@dataclass
class Recorded:
    """Of one step: tables by name, and how many jobs and SQL executions there were, those of its gates included."""

    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    jobs: int = 0
    executions: int = 0


@contextmanager
def recording(spark: SparkSession) -> Iterator[dict[str, Any]]:
    """Step -> Recorded, as plain values, of every step that is run meanwhile."""
    found: dict[str, Any] = {}
    under_way: list[Recorded] = []
    do, run_step, read, replace, append = Step.__call__, nights.run_step, Lake.read, Lake.replace, Lake.append

    def watched(name: str, *args: Any) -> Any:
        jobs, executions = asked_so_far(spark)
        record = run_step(name, *args)
        jobs_now, executions_now = asked_so_far(spark)
        found[name] |= {"jobs": jobs_now - jobs, "executions": executions_now - executions}
        return record

    def doing(self: Step, night: Any) -> Any:
        under_way.append(Recorded())
        try:
            return do(self, night)
        finally:
            found[self.name] = asdict(under_way.pop())

    def reading(self: Lake, table: Any, *args: Any, **kwargs: Any) -> Any:
        for step in under_way:
            step.reads += [name for name in [table.table_name()] if name not in step.reads + step.writes]
        return read(self, table, *args, **kwargs)

    def replacing(self: Lake, table: Any, *args: Any, **kwargs: Any) -> Any:
        _written(under_way, table)
        return replace(self, table, *args, **kwargs)

    def appending(self: Lake, table: Any, *args: Any, **kwargs: Any) -> Any:
        _written(under_way, table)
        return append(self, table, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nights, "run_step", watched)
        patch.setattr(Step, "__call__", doing)
        patch.setattr(Lake, "read", reading)
        patch.setattr(Lake, "replace", replacing)
        patch.setattr(Lake, "append", appending)
        yield found


def asked_so_far(spark: SparkSession) -> tuple[int, int]:
    """Jobs and SQL executions that this session has begun since it started."""
    context: Any = spark.sparkContext._jsc.sc()
    context.listenerBus().waitUntilEmpty()
    listed: Any = spark._jsparkSession.sharedState().statusStore().executionsList()
    executions = listed.last().executionId() + 1 if listed.nonEmpty() else 0
    return context.dagScheduler().numTotalJobs(), executions


def _written(under_way: list[Recorded], table: Any) -> None:
    for step in under_way:
        step.writes += [name for name in [table.table_name()] if name not in step.writes]
