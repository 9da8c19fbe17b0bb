"""Raw scores and labels of calibration campaigns -> probability, and a lower bound of it.

The probability is Platt's: one slope, one offset. The lower bound is p0 of an inductive Venn-ABERS predictor (Vovk,
Petej & Fedorova 2015): the isotonic fit at the new score, were it an honest group.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abuse.model.rows import FeatureList, Flags, Reals, Rows
from abuse.model.views import is_pair_only

CHUNK = 256
MIN_SLOPE = 1e-3
"""A calibration set on which a scorer fails must not turn its order round."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """What turns raw scores of one view into probabilities."""

    platt: Reals
    """Mean and deviation of the raw scores, slope and offset over what they standardise to."""
    steps: Reals
    lower: Reals
    """Lower bound from each step up to the next; below the first it is 0."""

    def probabilities(self, raw: Reals) -> Reals:
        """Chance of a farm."""
        mean, deviation, slope, offset = self.platt
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(slope * (raw - mean) / deviation + offset, -700.0, 700.0))))

    def lower_bounds(self, raw: Reals) -> Reals:
        """p0, never above the probability."""
        place = np.searchsorted(self.steps, raw, side="right") - 1
        bound = np.where(place < 0, 0.0, self.lower[np.maximum(place, 0)])
        return np.minimum(bound, self.probabilities(raw))


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibrations:
    """One for rows whose families are known, one for pair-only rows: their scores mean different odds."""

    whole: Calibration
    pair_only: Calibration

    def judged(self, raw: Reals, values: Reals, features: FeatureList) -> tuple[Reals, Reals]:
        """(probability, lower bound) of each row."""
        poor = is_pair_only(values, features)
        probability = np.where(poor, self.pair_only.probabilities(raw), self.whole.probabilities(raw))
        lower = np.where(poor, self.pair_only.lower_bounds(raw), self.whole.lower_bounds(raw))
        return probability, lower

    def arrays(self) -> dict[str, np.ndarray]:
        return {
            f"{view}.{name}": getattr(getattr(self, view), name)
            for view in Calibrations.__slots__
            for name in Calibration.__slots__
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> Calibrations:
        views = {
            view: Calibration(**{name: arrays[f"{view}.{name}"] for name in Calibration.__slots__})
            for view in Calibrations.__slots__
        }
        return cls(**views)


def calibration(raw: Reals, is_farm: Flags) -> Calibration:
    """Fitted on groups the scorer has not seen."""
    steps, lower = lower_steps(raw, is_farm)
    return Calibration(platt=_platt(raw, is_farm), steps=steps, lower=lower)


def lower_steps(raw: Reals, is_farm: Flags) -> tuple[Reals, Reals]:
    """Distinct scores, and p0 from each up to the next.

    Between two calibration scores p0 is that of the lower one: a block that starts at the new point holds its 0 alone.
    By the max-min formula of isotonic regression: the best left end of the worst right end of the means around it.
    """
    steps, place = np.unique(raw, return_inverse=True)
    counts = np.bincount(place, minlength=len(steps)).astype(np.float64)
    count = np.concatenate([[0.0], np.cumsum(counts)])
    farms = np.concatenate([[0.0], np.cumsum(np.bincount(place, weights=is_farm, minlength=len(steps)))])
    lower = np.zeros(len(steps))
    ends = np.arange(len(steps))
    for start in range(0, len(steps), CHUNK):
        left = ends[start : start + CHUNK][:, None]
        means = (farms[1:] - farms[left]) / np.maximum(count[1:] - count[left] + 1.0, 1.0)
        worst = np.minimum.accumulate(np.where(ends >= left, means, np.inf)[:, ::-1], axis=1)[:, ::-1]
        lower = np.maximum(lower, np.where(ends >= left, worst, 0.0).max(axis=0))
    return steps, lower


def calibrations(raw: Reals, raw_pair_only: Reals, rows: Rows) -> Calibrations:
    """From the raw scores of calibration rows and of their pair-only views."""
    return Calibrations(whole=calibration(raw, rows.is_farm), pair_only=calibration(raw_pair_only, rows.is_farm))


def _platt(raw: Reals, is_farm: Flags) -> Reals:
    """Platt (1999), with his smoothed targets, so that a perfect split gives no infinite slope."""
    from scipy.optimize import minimize

    mean, deviation = float(raw.mean()), float(raw.std()) or 1.0
    x = (raw - mean) / deviation
    num_farms, num_others = int(is_farm.sum()), int((~is_farm).sum())
    target = np.where(is_farm, (num_farms + 1.0) / (num_farms + 2.0), 1.0 / (num_others + 2.0))

    def loss(at: Reals) -> tuple[float, Reals]:
        z = at[0] * x + at[1]
        off = 1.0 / (1.0 + np.exp(-np.clip(z, -700.0, 700.0))) - target
        value = float((np.logaddexp(0.0, z) - target * z).mean())
        return value, np.array([float((off * x).mean()), float(off.mean())])

    solved = minimize(
        loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(MIN_SLOPE, 50.0), (-50.0, 50.0)]
    )
    return np.array([mean, deviation, *solved.x])
