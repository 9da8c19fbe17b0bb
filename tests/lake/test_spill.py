"""What goes wrong while a step writes its work down is one line."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from abuse.errors import LakeError
from abuse.lake.delta import Lake


def test_a_folder_that_cannot_be_written_is_one_line(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "work").write_text("a file where a folder must be")
    with pytest.raises(LakeError, match="cannot be written to"), Lake(str(tmp_path / "lake"), spark).spiller("run"):
        pytest.fail("nothing can be written")


def test_a_worker_that_dies_midway_is_one_line_and_the_session_goes_on(spark: SparkSession, tmp_path: Path) -> None:
    with Lake(str(tmp_path / "lake"), spark).spiller("run") as spill:

        def dies(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            yield next(iter(batches))
            os._exit(1)

        rows = spark.range(1_000).repartition(2)
        with pytest.raises(LakeError, match="a Python worker died"):
            spill(rows.mapInArrow(dies, "id bigint"))
        assert spill(rows).count() == 1_000


def test_what_was_set_aside_is_removed_also_when_the_step_fails(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"), spark)
    with pytest.raises(ZeroDivisionError), lake.spiller("run") as spill:
        spill(spark.range(9))
        assert list(tmp_path.rglob("*.parquet")), "there was something"
        raise ZeroDivisionError
    assert not list(tmp_path.rglob("*.parquet"))
