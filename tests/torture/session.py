"""What the tortures in one session share: the session, the tiny campaign's nights, and how two lakes differ."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from pyspark.sql import SparkSession

from abuse.lake.session import start_session
from abuse.settings import Settings
from tests.conftest import TEST_SETTINGS
from tests.night.lakes import public_rows, run


class Nights(NamedTuple):
    """Runs nights of a campaign file into lakes."""

    spark: SparkSession
    settings: Settings

    def __call__(self, file: Path, lake: Path | str, as_of: str) -> None:
        run(self.spark, self.settings, file, lake, as_of)


def started(*, with_s3: bool = False) -> Nights:
    """One session for a whole torture."""
    return Nights(start_session(TEST_SETTINGS, "abuse torture", with_s3=with_s3), TEST_SETTINGS)


class Differ(NamedTuple):
    """Rows of all public tables that one lake has and the other has not."""

    lost: int
    doubled: int

    def __bool__(self) -> bool:
        return self.lost > 0 or self.doubled > 0


def differ(wanted: dict[str, list[str]], found: dict[str, list[str]]) -> Differ:
    """What of the wanted rows is missing, and what there is beside them."""
    lost = doubled = 0
    for table in wanted.keys() | found.keys():
        ours, theirs = Counter(wanted.get(table, [])), Counter(found.get(table, []))
        lost, doubled = lost + (ours - theirs).total(), doubled + (theirs - ours).total()
    return Differ(lost, doubled)


__all__ = ["Differ", "Nights", "differ", "public_rows", "started"]
