"""Public Delta tables refuse rows that break their contract, whoever writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from abuse.errors import CheckError, LakeError
from abuse.lake import constraints
from abuse.lake.delta import Lake, Slice, create
from abuse.tables import PUBLIC, Scores
from tests.conftest import frame

RUN = Slice("spring", datetime(2026, 4, 8, tzinfo=UTC), "r")
GOOD = {"cluster_id": "c1", "account": "a", "score": 0.5, "score_lower": 0.4, "member_score": 0.3, "model_version": "m"}
GOOD |= {"top_reasons": ["x"]}


def publish(spark: SparkSession, lake: Path, run: Slice = RUN, **row: Any) -> None:
    Lake(str(lake), spark).replace_slice(Scores, frame(spark, Scores, [GOOD | row]), run, publish=True)


def found(lake: Path) -> dict[str, str]:
    """What the table refuses, by name."""
    said = DeltaTable(str(lake / "scores")).metadata().configuration
    return {k.removeprefix("delta.constraints."): v for k, v in said.items() if k.startswith("delta.constraints.")}


def test_a_public_table_refuses_what_breaks_its_contract_and_work_lets_it_in_for_the_gates(
    spark: SparkSession, tmp_path: Path
) -> None:
    publish(spark, tmp_path)
    for bad in ({"score": 1.5}, {"score_lower": float("nan")}, {"account": None}):
        (name,) = bad
        with pytest.raises(CheckError, match=rf"1 row breaks `{name}\."):
            publish(spark, tmp_path, **bad)
    assert len(DeltaTable(str(tmp_path / "scores")).to_pyarrow_table()) == 1, "what was there stays"
    lake = Lake(str(tmp_path), spark)
    lake.replace_slice(Scores, frame(spark, Scores, [GOOD | {"score": 1.5}]), RUN)
    assert lake.slice(Scores, RUN).count() == 1


def test_whatever_else_writes_delta_refuses_such_rows_too(spark: SparkSession, tmp_path: Path) -> None:
    publish(spark, tmp_path)
    bad = spark.read.format("delta").load(str(tmp_path / "scores")).withColumn("score", F.lit(1.5))
    with pytest.raises(Exception, match="DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"):
        bad.write.format("delta").mode("append").save(str(tmp_path / "scores"))


def test_a_public_table_that_another_writer_began_is_left_to_it(spark: SparkSession, tmp_path: Path) -> None:
    """A mix of two kinds of writers lost a commit."""
    rows = frame(spark, Scores, [GOOD | {"campaign_id": "spring", "as_of": RUN.as_of, "run_id": "r"}])
    rows.write.format("delta").partitionBy("campaign_id", "as_of").save(str(tmp_path / "scores"))
    with pytest.raises(LakeError, match=r"earlier version of the project.*Use a new lake"):
        publish(spark, tmp_path)
    assert DeltaTable(str(tmp_path / "scores")).version() == 0


def test_a_lake_that_is_named_from_where_we_stand_has_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `abuse demo` names its own."""
    monkeypatch.chdir(tmp_path)
    create(Scores, "lake/scores")
    constraints.constrain(Scores, "lake/scores")
    assert constraints.constraint(Scores)[0] in found(tmp_path / "lake")


def test_delta_takes_the_constraint_of_every_public_table(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(str(tmp_path), spark)
    for table in PUBLIC:
        lake.replace_slice(table, spark.createDataFrame([], table.schema()), RUN, publish=True)
        said = DeltaTable(lake.public(table)).metadata().configuration
        name, holds = constraints.constraint(table)
        assert (f"delta.constraints.{name}" in said) == bool(holds), table.table_name()


def test_a_table_of_an_earlier_version_gets_the_constraint_of_this_one(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(constraints, "constraint", lambda _: ("contract_old", "score < 2"))
        publish(spark, tmp_path, score=1.0)
    assert set(found(tmp_path)) == {"contract_old"}
    publish(spark, tmp_path)
    assert set(found(tmp_path)) == {constraints.constraint(Scores)[0]}
    at = DeltaTable(str(tmp_path / "scores")).version()
    publish(spark, tmp_path)
    assert DeltaTable(str(tmp_path / "scores")).version() == at + 1, "once"


def test_older_rows_that_break_a_new_promise_stop_no_night(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They were published under what was promised then; the gates look at what is published now."""
    with monkeypatch.context() as before:
        before.setattr(constraints, "constraint", lambda _: ("contract_old", "score < 2"))
        before.setattr(constraints, "kept", lambda _: [])
        publish(spark, tmp_path, score=1.5)
    later = Slice("spring", datetime(2026, 4, 9, tzinfo=UTC), "r2")
    publish(spark, tmp_path, later)
    assert set(found(tmp_path)) == {constraints.constraint(Scores)[0]}
    assert len(DeltaTable(str(tmp_path / "scores")).to_pyarrow_table()) == 2


def test_a_constraint_says_what_delta_can_hold_of_a_row() -> None:
    _, holds = constraints.constraint(Scores)
    assert "`score` >= 0 AND `score` <= 1" in holds
    assert "IS NOT NULL)" not in holds, "that is in the schema"
    assert "size(" not in holds
