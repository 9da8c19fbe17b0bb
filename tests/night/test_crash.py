"""A night that dies while it publishes and goes on; `poe torture` does so after every write there is."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from abuse.edge.lineage import COMPARED
from abuse.lake.delta import Lake
from abuse.lake.publication import current
from abuse.night import run_step
from abuse.settings import Settings
from abuse.tables import PUBLIC, ClusterLineage, Decisions
from tests.night import tiny
from tests.night.lakes import Silent, night_of, public_rows, unpublished


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


MOMENTS = {  # step, its writes, to public tables or others
    "among the tables of the decisions": ("decide", 1, False),
    "between the tables of its own slice": ("publish", len(PUBLIC) - len(COMPARED) - 1, True),
    "between the two that the later night gets": ("publish", len(PUBLIC) + 1, True),
}


def test_a_crash_between_any_two_writes_leaves_nothing_behind(
    spark: SparkSession, settings: Settings, file: Path, both: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The later night is published; of the older one all is done up to its decisions."""
    crashed, replace = unpublished(both, tmp_path / "crashed"), Lake.replace

    def again(step: str) -> None:
        run_step(step, night_of(spark, settings, file, crashed, tiny.EARLY), Silent())

    run_step("publish", night_of(spark, settings, file, crashed, tiny.AS_OF), Silent())
    tables = (Decisions, ClusterLineage)
    seen = [current(str(crashed), "tiny").read(table) for table in tables]
    for moment, (step, num_writes, is_public) in MOMENTS.items():
        monkeypatch.setattr(Lake, "replace", dying_after(num_writes, replace, is_public=is_public))
        with pytest.raises(Crash):
            again(step)
        monkeypatch.setattr(Lake, "replace", replace)
        now = [current(str(crashed), "tiny").read(table) for table in tables]
        assert now == seen, f"{moment}: readers see the last whole publication"
        if step == "decide":
            again(step)
    again("publish")
    assert public_rows(crashed) == public_rows(both)
