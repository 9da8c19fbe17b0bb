"""The time-gap rule."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from pyspark.sql import Row, SparkSession

from abuse import settings
from abuse.steps.score import TimeGapRule, score
from abuse.tables import ClusterFeatures, Features
from tests.conftest import frame
from tests.steps.worlds import Fact

HALF = 3600.0
RULES = settings.Score(half_gap_s=HALF, steepness=2.0)
GAPS = [0.0, 1.0, HALF / 2, HALF, HALF * 2, HALF * 3, HALF * 1000]
CASES: dict[str, tuple[tuple[float, float | None, float], tuple[float, float, float]]] = {
    # name: median gap, its upper bound, own gap -> score, lower bound, of the member
    "half a chance at the half gap": ((HALF, HALF, HALF), (0.5, 0.5, 0.5)),
    "sure where all began at once": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    "nothing is known without an upper bound": ((HALF, None, HALF), (0.5, 0.0, 0.5)),
    "each figure is read from its own gap": ((HALF, HALF * 2, HALF * 3), (0.5, 0.2, 0.1)),
}


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Mapping[str, Row]:
    rows = [described(name, *case[0]) for name, case in CASES.items()]
    rows += [described(f"gap {gap}", gap, 2 * gap, gap) for gap in GAPS]
    whole = score(frame(spark, Features, rows), frame(spark, ClusterFeatures, []), TimeGapRule(RULES)).collect()
    assert len(whole) == len(rows)
    return {row.account: row for row in whole}


def described(account: str, gap: float, upper: float | None, own: float) -> Fact:
    row: Fact = {"cluster_id": f"c {account}", "account": account, "size": 9}
    return row | {"median_gap_s": gap, "median_gap_upper_s": upper, "gap_s": own}


@pytest.mark.parametrize("name", CASES)
def test_scores(found: Mapping[str, Row], name: str) -> None:
    row = found[name]
    assert (row.score, row.score_lower, row.member_score) == pytest.approx(CASES[name][1])
    assert (row.cluster_id, row.model_version) == (f"c {name}", TimeGapRule(RULES).version)


def test_a_longer_gap_never_scores_higher_and_the_lower_bound_never_above_the_score(found: Mapping[str, Row]) -> None:
    rows = [found[f"gap {gap}"] for gap in GAPS]
    assert [r.score for r in rows] == sorted((r.score for r in rows), reverse=True)
    assert all(0 <= r.score_lower <= r.score <= 1 for r in rows)
    assert len({r.score for r in rows}) == len(GAPS)


def test_the_reason_says_the_gap_in_hours(found: Mapping[str, Row]) -> None:
    assert found["each figure is read from its own gap"].top_reasons == [
        "median_gap: Half of the members began within 1.0 h of the one before."
    ]
