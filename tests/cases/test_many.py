"""Metamorphic: whatever is lost from files on their way, no honest account becomes disqualified. 300 worlds at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from abuse.settings import Settings
from tests.cases.many import CHANGES, CUSTOMERS, FARMERS, LONERS, NUM, STAFF, Change, Many, many, null_words
from tests.cases.running import Outcome, outcome

CAUGHT = 0.8
"""Share of the farms' accounts that the files as they were disqualify, or a build that clears everybody would pass."""


def of(spark: SparkSession, settings: Settings, folder: Path, found: Many) -> Outcome:
    return outcome(spark, settings, found.write(folder / "many"), folder / "lake")


def caught(came: Outcome, found: Many) -> float:
    return len(came.with_verdict("disqualified") & found.farm) / len(found.farm)


def test_files_as_they_were_disqualify_most_farms_and_nobody_else(
    spark: SparkSession, patient: Settings, tmp_path: Path
) -> None:
    found = many()
    came = of(spark, patient, tmp_path, found)
    assert came.refused == ""
    assert len(came.verdicts) == NUM * (STAFF + CUSTOMERS + LONERS) + len(found.farm)
    assert len(found.farm) == NUM // 3 * FARMERS
    assert came.with_verdict("disqualified") - found.farm == set()
    assert caught(came, found) >= CAUGHT


@pytest.mark.parametrize("change", CHANGES)
def test_nobody_honest_is_disqualified_for_what_happened_to_the_files(
    spark: SparkSession, patient: Settings, tmp_path: Path, change: Change
) -> None:
    found = many()
    change(found)
    came = of(spark, patient, tmp_path, found)
    assert came.refused or came.verdicts
    assert came.with_verdict("disqualified") - found.farm == set()
    if change is null_words:
        assert caught(came, found) >= CAUGHT
