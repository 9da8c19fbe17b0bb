"""Four cases as whole runs on disk, gates and publication included: what people find in the lake."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from abuse.errors import Held
from abuse.lake.rust import is_table
from abuse.settings import Settings
from abuse.tables import Decisions
from tests.cases.running import AS_OF, CASES, published
from tests.cases.test_folders import EXPECTED, FARM
from tests.cases.wanted import differences
from tests.night.lakes import run

WHOLE = ("00-base", "10b-memo-None", "15-participant-scoped", "19a-one-time-for-all")


@pytest.mark.parametrize("case", WHOLE)
def test_a_whole_run_publishes_what_is_expected(
    spark: SparkSession, patient: Settings, tmp_path: Path, case: str
) -> None:
    found = published(spark, patient, CASES / case, tmp_path)
    assert "\n".join(differences(EXPECTED[case], found, FARM)) == ""


def test_stale_movements_hold_a_whole_run_and_nothing_is_published(
    spark: SparkSession, settings: Settings, tmp_path: Path
) -> None:
    with pytest.raises(Held, match="stale:transfers"):
        run(spark, settings, CASES / "00-base" / "campaign.toml", tmp_path, AS_OF)
    assert not is_table(str(tmp_path / Decisions.table_name()))
