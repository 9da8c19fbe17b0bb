"""The judge's figures against known answers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from abuse.model.bootstrap import Estimate, differences, drawn, draws, estimate, estimates
from abuse.model.metrics import CENTRED, Scored, calibration_error, equal_mass_bins, figures
from abuse.model.ranking import average_precision, curve, roc_auc
from abuse.model.rows import Rows
from tests.model.made_up import rows


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    return rows(tmp_path_factory.mktemp("rows"))


@pytest.mark.parametrize("seed", range(5))
def test_ranking_figures_equal_scikit_learn_with_ties_and_weights(seed: int) -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score

    rng = np.random.default_rng(seed)
    scores, is_farm = np.round(rng.random(200), 1 + seed), rng.random(200) < 0.3
    weights = rng.integers(0, 4, size=(7, 200)).astype(float)
    wanted = [average_precision_score(is_farm, scores, sample_weight=w) for w in weights]
    np.testing.assert_allclose(average_precision(scores, is_farm, weights), wanted, atol=1e-12)
    wanted = [roc_auc_score(is_farm, scores, sample_weight=w) for w in weights]
    np.testing.assert_allclose(roc_auc(scores, is_farm, weights), wanted, atol=1e-12)


def test_precision_at_a_recall_is_that_of_the_first_threshold_that_reaches_it() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    is_farm = np.array([True, False, True, False, False, True])
    above = curve(scores, is_farm, np.ones((1, 6)))
    assert above.precision_at(1 / 3)[0] == 1
    assert above.precision_at(0.5)[0] == pytest.approx(2 / 3)
    assert above.precision_at(0.9)[0] == 0.5


def test_a_random_scorer_gets_one_half() -> None:
    rng = np.random.default_rng(0)
    is_farm = rng.random(40_000) < 0.2
    assert roc_auc(rng.random(40_000), is_farm, np.ones((1, 40_000)))[0] == pytest.approx(0.5, abs=0.01)
    assert roc_auc(np.zeros(40_000), is_farm, np.ones((1, 40_000)))[0] == 0.5


def test_accounts_count_by_their_number(made_up: Rows) -> None:
    """Flagged: a farm of 100 with 90 farm accounts, an honest group of 10. Missed: a farm of 30. Free: 60 honest."""
    four = dataclasses.replace(
        made_up.take(np.arange(4)),
        is_farm=np.array([True, False, True, False]),
        size=np.array([100.0, 10.0, 30.0, 60.0]),
        num_farm=np.array([90.0, 0.0, 30.0, 0.0]),
        kind=np.array(["star", "payroll", "chain", "family"]),
        level=np.array([0.0, np.nan, 2.0, np.nan]),
    )
    score = np.array([0.9, 0.8, 0.2, 0.1])
    found = {n: v[0] for n, v in figures(Scored(four, score, score >= 0.5))(np.ones((1, 4))).items()}
    assert found["precision"] == 0.5
    assert found["recall"] == 0.5
    assert found["precision_accounts"] == pytest.approx(90 / 110)
    assert found["recall_accounts"] == pytest.approx(90 / 120)
    assert found["honest_flagged_per_100k"] == pytest.approx(100_000 * 20 / 80)
    assert found["false_positive_rate"] == 0.5
    assert (found["false_positive_rate/payroll"], found["false_positive_rate/family"]) == (1, 0)
    assert (found["recall/kind star"], found["recall/kind chain"]) == (1, 0)
    assert (found["recall/size 50-149"], found["recall/size 20-49"]) == (1, 0)
    assert (found["recall/level 0"], found["recall/level 2"]) == (1, 0)
    assert np.isnan(found["recall/size 150+"])
    assert found["brier"] == pytest.approx((0.1**2 + 0.8**2 + 0.8**2 + 0.1**2) / 4)
    assert found["brier_accounts"] == pytest.approx((100 * 0.01 + 10 * 0.64 + 30 * 0.64 + 60 * 0.01) / 200)


def test_calibration_error_is_the_distance_of_said_and_found() -> None:
    score = np.repeat(np.linspace(0.05, 0.95, 15), 100)
    is_farm = (np.arange(1500) % 100) < np.repeat(np.round(100 * np.linspace(0.05, 0.95, 15)), 100)
    error = calibration_error(score, is_farm)(np.ones((1, 1500)))[0]
    assert error < 0.005
    off = calibration_error(np.minimum(score + 0.2, 1.0), is_farm)(np.ones((1, 1500)))[0]
    assert off == pytest.approx(np.mean(np.minimum(score + 0.2, 1.0) - is_farm), abs=1e-9)
    assert np.bincount(equal_mass_bins(score, np.ones(1500))).tolist() == [100] * 15


def test_the_interval_of_a_share_is_the_binomial_one() -> None:
    """160 of 400 clusters, in 4 campaigns of like make-up: standard error sqrt(.4 x .6 / 400) = .0245."""
    campaign = np.repeat(np.array(["a", "b", "c", "d"]), 100)
    cluster = np.array([str(at) for at in range(400)])
    hit = (np.arange(400) % 5 < 2).astype(float)
    drawing = draws(campaign, cluster, seed=1, num_draws=4000)
    found = estimate(drawn(drawing, lambda w: {"share": w @ hit / w.sum(axis=1)})["share"])
    assert found.value == 0.4
    assert found.high - found.low == pytest.approx(2 * 1.96 * 0.0245, rel=0.06)
    assert found.low + found.high == pytest.approx(0.8, abs=0.01)


def test_draws_keep_each_campaign_and_a_cluster_tested_often_counts_once() -> None:
    campaign, cluster = np.array(["a", "a", "a", "b", "b"]), np.array(["1", "2", "2", "3", "4"])
    drawing = draws(campaign, cluster, seed=0, num_draws=50)
    weights = np.concatenate(list(drawing.weights()))
    np.testing.assert_allclose(weights[0], [1, 0.5, 0.5, 1, 1])
    np.testing.assert_allclose(weights[:, :3].sum(axis=1), 2)
    np.testing.assert_allclose(weights[:, 3:].sum(axis=1), 2)
    np.testing.assert_array_equal(weights[:, 1], weights[:, 2])


def test_paired_differences_are_narrower_than_the_figures_and_zero_for_the_same_scorer(made_up: Rows) -> None:
    rng = np.random.default_rng(0)
    base = made_up.is_farm + rng.normal(0, 1.2, len(made_up))
    near = base + rng.normal(0, 0.1, len(made_up))
    drawing = draws(made_up.campaign, made_up.cluster_id, seed=0, num_draws=400)
    values = [drawn(drawing, lambda w, s=s: {"roc": roc_auc(s, made_up.is_farm, w)}) for s in (base, near)]  # type: ignore[misc]
    assert differences(values[0], values[0])["roc"] == Estimate(0, 0, 0)
    paired, alone = differences(values[0], values[1])["roc"], estimate(values[0]["roc"])
    assert paired.high - paired.low < 0.5 * (alone.high - alone.low)


def test_every_figure_lies_in_its_interval(made_up: Rows) -> None:
    """Drawing again adds noise to each bin of the calibration error: unmoved, its interval lies above it."""
    rng = np.random.default_rng(4)
    score = np.clip(0.3 + 0.2 * made_up.is_farm + rng.normal(0, 0.1, len(made_up)), 0, 1)
    drawing = draws(made_up.campaign, made_up.cluster_id, seed=0)
    found = estimates(drawn(drawing, figures(Scored(made_up, score, score >= 0.5)), CENTRED))
    outside = [name for name, e in found.items() if not np.isnan(e.value) and not e.low <= e.value <= e.high]
    assert not outside


def test_the_order_of_rows_changes_no_figure(made_up: Rows, tmp_path: Path) -> None:
    score = np.random.default_rng(5).random(len(made_up)).round(1)
    back = np.arange(len(made_up))[::-1]
    one = figures(Scored(made_up, score, score >= 0.5))(np.ones((1, len(score))))
    other = figures(Scored(made_up.take(back), score[back], score[back] >= 0.5))(np.ones((1, len(score))))
    for name, value in one.items():
        np.testing.assert_allclose(value, other[name], atol=1e-12, err_msg=name)
