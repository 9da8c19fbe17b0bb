"""How a cluster's figures stand among those of like size that are left alone, and what a network said of it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from pyspark.sql import Row, SparkSession

from abuse import settings
from abuse.steps.explain import MIN_OTHERS, explanations
from abuse.tables import ClusterFeatures, Explanations, Scores
from tests.conftest import frame
from tests.steps.worlds import Fact

RULES = settings.Score(explain_from=0.5)
OTHERS = 2 * MIN_OTHERS


def cluster(name: str, size: int, **figures: float) -> Fact:
    return {"cluster_id": name, "size": float(size)} | figures


def scores(name: str, score: float) -> list[Fact]:
    shared: Fact = {"cluster_id": name, "score": score, "score_lower": score, "member_score": score}
    return [shared | {"account": f"{name}/{n}", "model_version": "m", "top_reasons": []} for n in range(2)]


CLUSTERS = [
    *[cluster(f"plain {n}", 10, same_sink_share=n / OTHERS, gap_cv=1.0, wait_s=60.0) for n in range(OTHERS)],
    cluster("asked", 12, same_sink_share=1.0, gap_cv=1.0, wait_s=1.0, sink_cv=3.0),
    cluster("in the middle", 12, same_sink_share=0.5, gap_cv=1.0),
    cluster("alone in its band", 700, same_sink_share=1.0),
]
SCORES = {"asked": 0.9, "in the middle": 0.5, "alone in its band": 0.8}
WHY = {
    "base": -1.25,
    "moved": [{"family": "time", "log_odds": 2.5}],
    "lowering": [{"account": "asked/0", "probability": 0.4}],
    "raising": [],
    "core": ["asked/0"],
}


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Mapping[str, Row]:
    rows = [row for one in CLUSTERS for row in scores(str(one["cluster_id"]), SCORES.get(str(one["cluster_id"]), 0.1))]
    why = spark.createDataFrame([("asked", json.dumps(WHY))], "cluster_id string, why string")
    said = explanations(frame(spark, ClusterFeatures, CLUSTERS), frame(spark, Scores, rows), why, RULES)
    return {row["cluster_id"]: row for row in said.collect()}


def test_only_clusters_of_a_high_score_are_explained(found: Mapping[str, Row]) -> None:
    assert set(found) == set(SCORES)


def test_a_figure_stands_out_against_like_sized_clusters_that_are_left_alone(found: Mapping[str, Row]) -> None:
    told = [(one["feature"], one["value"], one["share_below"]) for one in found["asked"]["standing"]]
    assert told == [("same_sink_share", 1.0, 1.0), ("wait_s", 1.0, 0.0)]  # alike everywhere, or unknown, says nothing
    assert found["in the middle"]["standing"] == []
    assert found["alone in its band"]["standing"] == []


def test_what_the_network_said_is_kept_as_columns(found: Mapping[str, Row]) -> None:
    row = found["asked"]
    assert (row["base"], row["core"]) == (-1.25, ["asked/0"])
    assert [one.asDict() for one in row["moved"]] == WHY["moved"]
    assert [one.asDict() for one in row["lowering"]] == WHY["lowering"]
    assert row["raising"] == []
    assert found["in the middle"]["moved"] is None


def test_without_a_network_the_facts_are_told_all_the_same(spark: SparkSession) -> None:
    rows = [row for one in CLUSTERS for row in scores(str(one["cluster_id"]), SCORES.get(str(one["cluster_id"]), 0.1))]
    said = explanations(frame(spark, ClusterFeatures, CLUSTERS), frame(spark, Scores, rows), None, RULES)
    row = next(row for row in said.collect() if row["cluster_id"] == "asked")
    assert [one["feature"] for one in row["standing"]] == ["same_sink_share", "wait_s"]
    assert row["base"] is None and row["core"] is None
    names = [name for name in Explanations.columns() if name not in ("campaign_id", "as_of", "run_id")]
    assert said.columns == names
