"""Public Delta tables refuse rows that break their contract, whoever writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from abuse.lake import constraints
from abuse.lake.delta import Lake, Slice
from abuse.tables import PUBLIC, ClusterMembers, Clusters, Scores, Services
from tests.conftest import frame

RUN = Slice("spring", datetime(2026, 4, 8, tzinfo=UTC), "r")
GOOD = {"cluster_id": "c1", "account": "a", "score": 0.5, "score_lower": 0.4, "member_score": 0.3, "model_version": "m"}
GOOD |= {"top_reasons": ["x"]}


def publish(spark: SparkSession, lake: Path, **row: Any) -> None:
    Lake(str(lake), spark).replace_slice(Scores, frame(spark, Scores, [GOOD | row]), RUN, publish=True)


@pytest.mark.parametrize("bad", [{"score": 1.5}, {"score_lower": float("nan")}, {"account": None}])
def test_a_public_table_refuses_what_breaks_its_contract(
    spark: SparkSession, tmp_path: Path, bad: dict[str, Any]
) -> None:
    publish(spark, tmp_path)
    with pytest.raises(Exception, match=r"CHECK constraint|NOT.NULL|NULL constraint|DELTA_"):
        publish(spark, tmp_path, **bad)
    assert len(DeltaTable(str(tmp_path / "scores")).to_pyarrow_table()) == 1, "what was there stays"


def test_in_work_a_bad_row_is_let_in_for_the_gates_to_find(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(str(tmp_path), spark)
    lake.replace_slice(Scores, frame(spark, Scores, [GOOD | {"score": 1.5}]), RUN)
    assert lake.slice(Scores, RUN).count() == 1


def test_every_public_table_is_made_with_its_constraints_and_delta_takes_them(
    spark: SparkSession, tmp_path: Path
) -> None:
    lake = Lake(str(tmp_path), spark)
    for table in PUBLIC:
        lake.replace_slice(table, spark.createDataFrame([], table.schema()), RUN, publish=True)
        found = DeltaTable(lake.public(table)).metadata().configuration
        wanted = constraints.constraints(table)
        assert wanted, table.table_name()
        assert {name: found[f"delta.constraints.{name}"] for name in wanted} == wanted


def test_a_table_of_an_earlier_version_gets_the_constraints_of_this_one(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        older = {"score_old": "score < 2", "score_range": "score < 3"}
        before.setattr("abuse.lake.constraints.constraints", lambda _: older)
        before.setattr("abuse.lake.delta.renew", lambda *_: None)
        publish(spark, tmp_path)
    publish(spark, tmp_path)
    found = DeltaTable(str(tmp_path / "scores")).metadata().configuration
    assert "delta.constraints.score_old" not in found
    assert found["delta.constraints.score_range"] == constraints.constraints(Scores)["score_range"]
    with pytest.raises(Exception, match="score_range"):
        publish(spark, tmp_path, score=1.5)


def test_older_rows_that_break_a_new_promise_stop_no_night(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr("abuse.lake.constraints.constraints", lambda _: {})
        before.setattr("abuse.lake.delta.renew", lambda *_: None)
        publish(spark, tmp_path, score=1.5)
    later = Slice("spring", datetime(2026, 4, 9, tzinfo=UTC), "r2")
    Lake(str(tmp_path), spark).replace_slice(Scores, frame(spark, Scores, [GOOD]), later, publish=True)
    found = DeltaTable(str(tmp_path / "scores"))
    assert "delta.constraints.score_range" not in found.metadata().configuration
    assert "delta.constraints.score_lower_range" in found.metadata().configuration, "the others are there"
    assert len(found.to_pyarrow_table()) == 2
    at = found.version()
    Lake(str(tmp_path), spark).replace_slice(Scores, frame(spark, Scores, [GOOD]), later, publish=True)
    assert DeltaTable(str(tmp_path / "scores")).version() == at + 1, "and it is not asked again"


def test_constraints_are_of_single_columns_and_checks_that_delta_can_hold() -> None:
    assert constraints.constraints(ClusterMembers)["role_allowed"].endswith("IN ('founder', 'core', 'leaf'))")
    assert "size_range" in constraints.constraints(Clusters)
    assert "listed_at_before_as_of" in constraints.constraints(Services)
    assert not any(
        name.endswith(("_present", "_filled")) for table in PUBLIC for name in constraints.constraints(table)
    )
