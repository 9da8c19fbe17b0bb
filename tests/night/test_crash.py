"""A night that dies between two writes, anywhere, and runs again."""

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
from abuse.settings import Settings
from abuse.tables import Decisions
from tests.night import tiny
from tests.night.lakes import public_rows, run


class Crash(BaseException):
    """Not an Exception, so that nothing tidies up after it, as after a kill."""


def dying_after(num_writes: int, replace: Callable[..., int]) -> Callable[..., int]:
    """Lake.replace that dies once it has written so many tables."""
    count = itertools.count(1)

    def wrapped(self: Lake, *args: Any, **kwargs: Any) -> int:
        version = replace(self, *args, **kwargs)
        if next(count) == num_writes:
            raise Crash
        return version

    return wrapped


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
    seen, replace = current(str(crashed), "tiny").read(Decisions), Lake.replace
    for num_writes in (2, 7, 14):  # in the middle of the work, before the decisions, between two public tables
        monkeypatch.setattr(Lake, "replace", dying_after(num_writes, replace))
        with pytest.raises(Crash):
            run(spark, settings, file, crashed, tiny.EARLY)
        assert current(str(crashed), "tiny").read(Decisions) == seen, "readers see the last whole publication"
    monkeypatch.setattr(Lake, "replace", replace)
    run(spark, settings, file, crashed, tiny.EARLY)
    assert public_rows(crashed) == public_rows(both)
