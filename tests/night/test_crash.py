"""A night that dies between two writes and goes on; `poe torture` does so after every write there is."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from abuse.lake.delta import Lake
from abuse.lake.publication import current
from abuse.night import run_step
from abuse.settings import Settings
from abuse.tables import PUBLIC, ClusterLineage, Decisions
from tests.night import tiny
from tests.night.lakes import Silent, night_of, public_rows, run


class Crash(BaseException):
    """Not an Exception, so that nothing tidies up after it, as after a kill."""


def dying_after(num_writes: int, replace: Callable[..., int], *, is_public: bool) -> Callable[..., int]:
    """Lake.replace that dies once it has written so many public tables, or others."""
    count = itertools.count(1)

    def wrapped(self: Lake, table: Any, *args: Any, **kwargs: Any) -> int:
        version = replace(self, table, *args, **kwargs)
        if (kwargs.get("path") == self.public(table)) is is_public and next(count) == num_writes:
            raise Crash
        return version

    return wrapped


MOMENTS = {
    "before the decisions": (9, False),
    "between the two public tables that the later night gets": (len(PUBLIC) + 1, True),
}


def test_a_crash_between_any_two_writes_leaves_nothing_behind(
    spark: SparkSession,
    settings: Settings,
    file: Path,
    lake: Path,
    both: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crashed = tmp_path / "crashed"
    shutil.copytree(lake, crashed)
    tables, replace = (Decisions, ClusterLineage), Lake.replace
    seen = [current(str(crashed), "tiny").read(table) for table in tables]
    for moment, (num_writes, is_public) in MOMENTS.items():
        monkeypatch.setattr(Lake, "replace", dying_after(num_writes, replace, is_public=is_public))
        with pytest.raises(Crash):
            run(spark, settings, file, crashed, tiny.EARLY)
        now = [current(str(crashed), "tiny").read(table) for table in tables]
        assert now == seen, f"{moment}: readers see the last whole publication"
    monkeypatch.setattr(Lake, "replace", replace)
    run_step("publish", night_of(spark, settings, file, crashed, tiny.EARLY), Silent())
    assert public_rows(crashed) == public_rows(both)
