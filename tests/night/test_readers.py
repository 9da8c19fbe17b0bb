"""What reads a real night without Spark: the rule under its own policy, and the page it leaves."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from abuse.console.read.build import build
from abuse.console.read.judged import proven
from abuse.console.read.model import Model
from abuse.edge.refresh import refresh
from abuse.lake.delta import Lake
from abuse.lake.publication import Publication, publications, runs
from abuse.night import run_step
from abuse.operate.night_page import kept
from abuse.review.decide import decide
from abuse.review.said import Said
from abuse.settings import Review, Settings
from abuse.tables import PUBLIC
from tests.night import tiny
from tests.night.lakes import Silent, night_of


def is_proven(publication: Publication, file: Path) -> bool:
    """Whether the rule, as SQLite reads it, gives every verdict that Spark published."""
    build(publication, file)
    model = Model(publication, file)
    with model.view() as view:
        proven(view)
    model.close()
    return True


def test_the_rule_gives_every_verdict_that_nights_published(three: Path, tmp_path: Path) -> None:
    nights = publications(str(three), "tiny")
    assert len(nights) == 3
    assert all(is_proven(night, tmp_path / f"{place}.sqlite") for place, night in enumerate(nights))


def test_it_does_so_when_people_spoke_and_the_publication_was_refreshed(
    spark: SparkSession, lake: Path, tmp_path: Path
) -> None:
    ours = tmp_path / "lake"
    shutil.copytree(lake, ours)
    said = Said(action="overturn", reason_code="shared_payer", actor="ann")
    decide(str(ours), "tiny", said, [tiny.farm()[0]], Review())
    first = refresh(Lake(str(ours), spark), "tiny")
    decide(str(ours), "tiny", said, [tiny.farm()[1]], Review())
    second = refresh(Lake(str(ours), spark), "tiny")
    assert first is not None
    assert second is not None
    assert second.made_by == first.made_by != first.run_id
    night = publications(str(ours), "tiny")[0]
    assert is_proven(night, tmp_path / "night.sqlite")
    assert kept.kept(str(ours), night.run) == kept.made_again(str(ours), night.run.run_id)[1]


def test_every_public_table_opens_in_delta_rs_duckdb_and_spark_as_it_is(spark: SparkSession, three: Path) -> None:
    for table in PUBLIC:
        path, database = str(three / table.table_name()), duckdb.connect()
        arrow = DeltaTable(path).to_pyarrow_table()
        database.register("rows", arrow)
        num = arrow.num_rows
        assert num > 0
        assert database.sql("SELECT * FROM rows").arrow().read_all().num_rows == num
        assert len(spark.read.format("delta").load(path).collect()) == num
        per_night = "SELECT as_of, run_id, count(*) FROM rows GROUP BY ALL ORDER BY ALL"
        counted = spark.read.format("delta").load(path).groupBy("as_of", "run_id").count().orderBy("as_of", "run_id")
        assert [row[1:] for row in database.sql(per_night).fetchall()] == [tuple(row)[1:] for row in counted.collect()]


def test_every_run_leaves_its_page_and_it_can_be_made_again_to_the_byte(three: Path) -> None:
    for run_id in {one.run_id for one in runs(str(three))}:
        last, again = kept.made_again(str(three), run_id)
        assert kept.kept(str(three), last) == again
        assert last.report["page"].endswith(f"/{run_id}.html")
        assert b"Share flagged, night by night" in again


def test_a_page_that_cannot_be_written_fails_no_night(
    spark: SparkSession,
    settings: Settings,
    file: Path,
    lake: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ours = tmp_path / "lake"
    shutil.copytree(lake, ours)

    def broken(*_: object) -> bytes:
        raise OSError("no space left")

    monkeypatch.setattr(kept, "page", broken)
    run_step("publish", night_of(spark, settings, file, ours, tiny.AS_OF), Silent())
    assert runs(str(ours))[0].status == "published"
    assert [line.getMessage().partition(":")[2] for line in caplog.records if line.name == "abuse.report"] == [
        " OSError: no space left"
    ]
