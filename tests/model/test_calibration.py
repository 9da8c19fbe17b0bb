"""Probabilities mean what they say, and the lower bound is the one of the paper."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from abuse.model.calibration import calibration, lower_steps
from abuse.model.certificate import best, certificate_at, certificates, error_bound, smallest_threshold


def p0(scores: np.ndarray, is_farm: np.ndarray, asked: float) -> float:
    """The definition: add the asked score as an honest group, fit isotonically, read it there."""
    from sklearn.isotonic import IsotonicRegression

    x, y = np.append(scores, asked), np.append(is_farm, 0).astype(float)
    return float(IsotonicRegression().fit(x, y).predict([asked])[0])


@pytest.mark.parametrize("seed", range(6))
def test_lower_bounds_equal_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = np.round(rng.normal(size=60), 1 if seed % 2 else 6)  # every other time with ties
    is_farm = rng.random(60) < 1 / (1 + np.exp(-2 * scores))
    steps, lower = lower_steps(scores, is_farm)
    asked = np.concatenate([np.unique(scores), rng.uniform(-4, 4, 60)])
    place = np.searchsorted(steps, asked, side="right") - 1
    found = np.where(place < 0, 0.0, lower[np.maximum(place, 0)])
    np.testing.assert_allclose(found, [p0(scores, is_farm, at) for at in asked], atol=1e-12)


def test_lower_bounds_of_more_scores_than_a_chunk_equal_brute_force() -> None:
    rng = np.random.default_rng(9)
    scores = rng.normal(size=700)
    is_farm = rng.random(700) < 1 / (1 + np.exp(-2 * scores))
    steps, lower = lower_steps(scores, is_farm)
    np.testing.assert_allclose(lower[::50], [p0(scores, is_farm, at) for at in steps[::50]], atol=1e-12)


def test_probabilities_come_back_to_the_odds_that_made_the_labels() -> None:
    rng = np.random.default_rng(1)
    raw = rng.normal(size=20_000)
    is_farm = rng.random(20_000) < 1 / (1 + np.exp(-(2 * raw - 1)))
    found = calibration(raw[:4_000], is_farm[:4_000]).probabilities(raw)
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-(2 * raw - 1))), atol=0.05)


def test_a_scorer_that_fails_on_the_calibration_campaigns_keeps_its_order() -> None:
    raw = np.arange(40.0)
    found = calibration(raw, raw < 20).probabilities(raw)
    assert (np.diff(found) > 0).all()


def test_a_perfect_split_gives_no_certainty() -> None:
    raw = np.arange(40.0)
    found = calibration(raw, raw >= 20)
    assert found.probabilities(np.array([1e9]))[0] <= 1
    assert 0.9 < found.lower_bounds(np.array([39.0]))[0] < 1


def test_299_flagged_without_an_error_certify_one_percent_and_298_do_not() -> None:
    bounds = error_bound(np.array([0.0, 0.0, 1.0, 5.0]), np.array([299.0, 298.0, 473.0, 5.0]))
    assert bounds[0] <= 0.01 < bounds[1]
    assert bounds[2] == pytest.approx(0.01, abs=1e-4)
    assert bounds[3] == 1.0


def test_certificates_count_ties_as_one_threshold() -> None:
    scores = np.array([0.9, 0.9, 0.8, 0.2])
    is_farm = np.array([True, False, True, False])
    found = certificates(scores, is_farm)
    assert [(c.threshold, c.num_flagged, c.num_wrong) for c in found] == [(0.9, 2, 1), (0.8, 3, 1), (0.2, 4, 2)]
    assert dataclasses.replace(certificate_at(scores, is_farm, 0.5), threshold=0.8) == found[1]
    assert best(found) == found[1]
    assert smallest_threshold(found, 0.05) is None
    assert smallest_threshold(found, 0.99) == found[-1]
