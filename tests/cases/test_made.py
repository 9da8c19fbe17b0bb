"""Inputs of our own, unlike the folders: the same kinds of fault in other words, columns and formats."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from abuse.settings import Settings
from tests.cases.campaigns import WHOLE
from tests.cases.made import FARM
from tests.cases.refusals import INGESTED
from tests.cases.running import outcome
from tests.cases.wanted import differences


@pytest.mark.parametrize("case", WHOLE)
def test_a_made_campaign_comes_to_what_its_maker_says(
    spark: SparkSession, patient: Settings, tmp_path: Path, case: str
) -> None:
    wanted = WHOLE[case](tmp_path / "made")
    found = outcome(spark, patient, tmp_path / "made", tmp_path / "lake")
    assert "\n".join(differences(wanted, found, wanted.get("farm", FARM))) == ""


@pytest.mark.parametrize("case", INGESTED)
def test_odd_input_is_refused_or_held_for_its_own_cause(
    spark: SparkSession, patient: Settings, tmp_path: Path, case: str
) -> None:
    wanted = INGESTED[case](tmp_path / "made")
    found = outcome(spark, patient, tmp_path / "made", tmp_path / "lake", last="ingest")
    assert "\n".join(differences(wanted, found, FARM)) == ""
    assert "later --as-of" not in found.refused
    assert "Export it again" not in found.refused
