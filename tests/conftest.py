"""One Spark session in each of the suite's two processes.

Tests without the `spark` fixture need no JVM and run first, but for whole nights: they are most of the suite's time and
share their lakes, so that each process begins with its part of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from xdist.scheduler import LoadScopeScheduling

from abuse.contract import Table
from abuse.lake import profile
from abuse.settings import Clusters, Settings, Spark

SMALL = profile.SMALL | {  # and what the JVM itself compiles at its best costs more than it saves
    "spark.driver.extraJavaOptions": "-Xss8m -XX:+UseSerialGC -XX:Tier4InvocationThreshold=50000 "
    "-XX:Tier4MinInvocationThreshold=6000 -XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=400000",
}
TEST_SETTINGS = Settings(
    spark=Spark(profile="small", shuffle_partitions=2, driver_memory="3g", conf=SMALL),
    clusters=Clusters(engine="driver"),  # GraphFrames takes 8 s on any graph; its own tests are in test_clusters.py
)


@pytest.fixture(scope="session")
def settings() -> Settings:
    return dataclasses.replace(TEST_SETTINGS)


@pytest.fixture(scope="session")
def spark(settings: Settings) -> Iterator[SparkSession]:
    from abuse.lake.session import start_session

    session = start_session(settings, "abuse tests")
    yield session
    session.stop()


NIGHTS = "night"
SECOND = "second"
NIGHTLY = dict.fromkeys(("test_backfill", "test_gates", "test_people", "test_dataset", "test_layers"), SECOND)
"""Of the files there, those that do not go with the others: they are as long together."""
LAKES = "lake"
"""The lake that others are made of; while one process makes it, the other begins with what needs none."""


class ByGroup(LoadScopeScheduling):  # type: ignore[misc]
    """Groups are what a process takes as one: the nights, in two, and every other file.

    Not xdist's own loadgroup, which with pytest 9.2 takes every test for a group of its own (pytest-xdist, issue 1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        file = Path(nodeid.partition("::")[0])
        return _nights(file) or str(file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByGroup:
    return ByGroup(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In which order they are taken."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> tuple[bool, ...]:
    group, asked = _nights(item.path), getattr(item, "fixturenames", ())
    return group is None, group == SECOND and LAKES in asked, "spark" in asked


def _nights(file: Path) -> str | None:
    return NIGHTLY.get(file.stem, "nights") if file.parent.name == NIGHTS else None


def frame(spark: SparkSession, table: type[Table], rows: list[dict[str, object]]) -> DataFrame:
    """Rows of a table from the columns that matter; the others are empty."""
    names = table.columns()
    unknown = {key for row in rows for key in row} - set(names)
    assert not unknown, f"{table.__name__} has no {unknown}"
    return spark.createDataFrame([tuple(row.get(n) for n in names) for row in rows], table.schema())
