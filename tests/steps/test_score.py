"""The time-gap rule, and the stored model beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from pyspark.sql import Row, SparkSession

from abuse import settings
from abuse.errors import InputError
from abuse.model.rows import FeatureList
from abuse.model.train import train
from abuse.steps.score import StoredModel, TimeGapRule, said, score, scorer
from abuse.steps.score.stored import judgements
from abuse.tables import CLUSTER_FEATURES, ClusterFeatures, Features
from tests.conftest import frame
from tests.model.made_up import FAMILIES, dataset
from tests.steps.worlds import Fact

HALF = 3600.0
RULES = settings.Score(half_gap_s=HALF, steepness=2.0)
GAPS = [0.0, 1.0, HALF / 2, HALF, HALF * 2, HALF * 3, HALF * 1000]
CASES: dict[str, tuple[tuple[float | None, float | None, float | None], tuple[float, float, float]]] = {
    # name: median gap, its upper bound, own gap -> score, lower bound, of the member
    "half a chance at the half gap": ((HALF, HALF, HALF), (0.5, 0.5, 0.5)),
    "sure where all began at once": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    "nothing is known without an upper bound": ((HALF, None, HALF), (0.5, 0.0, 0.5)),
    "each figure is read from its own gap": ((HALF, HALF * 2, HALF * 3), (0.5, 0.2, 0.1)),
    "neither for nor against where no time is known": ((None, None, None), (0.5, 0.0, 0.5)),
    "nor of a member whose own is not": ((HALF * 2, HALF * 3, None), (0.2, 0.1, 0.5)),
}


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Mapping[str, Row]:
    rows = [described(name, *case[0]) for name, case in CASES.items()]
    rows += [described(f"gap {gap}", gap, 2 * gap, gap) for gap in GAPS]
    whole = score(frame(spark, Features, rows), frame(spark, ClusterFeatures, []), TimeGapRule(RULES)).collect()
    assert len(whole) == len(rows)
    return {row.account: row for row in whole}


def described(account: str, gap: float | None, upper: float | None, own: float | None) -> Fact:
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


@pytest.mark.parametrize(("name", "said"), [("each figure is read from its own gap", "1.0 h"), ("gap 1.0", "1 min")])
def test_the_reason_says_the_gap_so_that_it_reads(found: Mapping[str, Row], name: str, said: str) -> None:
    wanted = f"median_gap: Half of the members began within {said} of the one before."
    assert found[name].top_reasons == [wanted]
    unknown = found["neither for nor against where no time is known"].top_reasons
    assert unknown == ["time_unknown: When its members began is not known, so their times say nothing."]


def cluster(name: str, **known: float) -> Fact:
    """A cluster of which everything is unknown but what is said."""
    return {"cluster_id": name, "size": 9.0, "median_gap_s": HALF} | known


MONEY = {"known_funder_share": 1.0, "same_funder_share": 1.0, "funding_iqr_s": 5400.0}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> settings.Score:
    """A model of the features that both the made-up dataset and the job have."""
    folder = tmp_path_factory.mktemp("model")
    families = {of: tuple(n for n in names if n in CLUSTER_FEATURES) for of, names in FAMILIES.items()}
    names = tuple(name for of in families.values() for name in of)
    train(dataset(folder / "data"), folder / "made", FeatureList(names=names, families=families))
    return settings.Score(scorer="model", model=str(folder / "made"))


@pytest.fixture(scope="module")
def judged(spark: SparkSession, trained: settings.Score) -> Mapping[str, Row]:
    clusters = [cluster("c paid", **MONEY), cluster("c calls", calls_mean=3.0), cluster("c nothing")]
    members = [described(name, HALF, HALF, HALF) for name in ("paid", "calls", "nothing")]
    rows = score(frame(spark, Features, members), frame(spark, ClusterFeatures, clusters), scorer(trained)).collect()
    return {row.account: row for row in rows}


def test_a_model_judges_where_money_is_known_and_leaves_the_rest_to_the_rule(
    judged: Mapping[str, Row], trained: settings.Score
) -> None:
    version = StoredModel(trained).version
    assert {name: row.model_version for name, row in judged.items()} == {
        "paid": version,
        "calls": version,
        "nothing": TimeGapRule(RULES).version,
    }
    assert all(0 <= row.score_lower <= row.score <= 1 for row in judged.values())


def test_reasons_of_the_model_are_sentences_with_figures(judged: Mapping[str, Row]) -> None:
    told = judged["paid"].top_reasons
    assert 1 <= len(told) <= 3
    assert all(reason.endswith(".") and reason.split(": ")[0] in CLUSTER_FEATURES for reason in told)
    assert said("same_funder_share", 0.25).endswith("serves not many: 0.25.")
    assert said("funding_iqr_s", 5400.0).endswith(": 1.5 h.")
    assert said("wait_s", float("nan")).endswith(": unknown.")


def test_a_model_that_is_not_there_is_an_error_and_no_random_weights(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="abuse train"):
        StoredModel(settings.Score(model=str(tmp_path)))


def test_a_model_that_was_replaced_while_a_night_runs_scores_nothing(trained: settings.Score) -> None:
    """Its scores would be signed with the name of the one before."""
    with pytest.raises(InputError, match="was replaced while a night ran"):
        list(judgements(trained.model, "0123456789abcdef", iter(())))


def test_the_settings_name_the_scorer(trained: settings.Score) -> None:
    assert scorer(settings.Score()).version == "time-gap-1"
    assert scorer(trained).version.startswith("lightgbm-")
    with pytest.raises(ValueError, match="abuse train"):
        settings.Score(scorer="model")
