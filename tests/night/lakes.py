"""Nights on the tiny campaign, and lakes as comparable rows."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from pyspark.sql import SparkSession

from abuse.campaign import load_campaign
from abuse.contract import Table
from abuse.edge.context import Night
from abuse.edge.lineage import COMPARED
from abuse.instants import parse_as_of
from abuse.lake.delta import Lake
from abuse.lake.rust import is_table, opened
from abuse.night import run_night
from abuse.settings import Settings
from abuse.tables import PUBLIC, GateResults, Runs


class Silent:
    @contextmanager
    def step(self, name: str, place: int, total: int) -> Iterator[None]:
        yield


def night_of(spark: SparkSession, settings: Settings, file: Path, lake: Path | str, as_of: str) -> Night:
    campaign, ours = load_campaign(file, settings)
    return Night(Lake(str(lake), spark), campaign, ours, parse_as_of(as_of, campaign))


def run(spark: SparkSession, settings: Settings, file: Path, lake: Path | str, as_of: str) -> dict[str, Any]:
    return run_night(night_of(spark, settings, file, lake, as_of), Silent())


def unpublished(lake: Path, to: Path) -> Path:
    """A copy of the lake in which its nights are done up to what they publish."""
    shutil.copytree(lake, to)
    published: list[type[Table]] = [*PUBLIC, Runs]
    for table in published:
        shutil.rmtree(to / table.table_name())
    return to


def public_rows(lake: Path | str) -> dict[str, list[str]]:
    """Every public table but `runs` as sorted rows; an attempt's number is no part of an answer."""
    tables = {}
    every: tuple[type[Table], ...] = (*PUBLIC, GateResults)
    for table in every:
        uri = f"{lake}/{table.table_name()}"
        if is_table(uri):
            tables[table.table_name()] = sorted(set(rows_as_text(uri, ("attempt",))))
    return tables


def rows_as_text(uri: str, without: Collection[str]) -> list[str]:
    """The rows of a table, each a text, in no order; without the columns that are no part of an answer."""
    rows = opened(uri).to_pyarrow_table().to_pylist()
    return [str({k: v for k, v in sorted(row.items()) if k not in without}) for row in rows]


def own_rows(lake: Path) -> dict[str, list[str]]:
    """The same without the tables that say how a slice differs from the one before it."""
    told = {table.table_name() for table in COMPARED}
    return {name: rows for name, rows in public_rows(lake).items() if name not in told}


def versions(lake: Path) -> dict[str, int]:
    """Delta version of every public table that exists."""
    paths = {t.table_name(): str(lake / t.table_name()) for t in PUBLIC}
    return {name: DeltaTable(path).version() for name, path in paths.items() if DeltaTable.is_deltatable(path)}
