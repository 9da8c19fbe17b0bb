"""Logistic regression as plain arrays, and the scaling it shares with the isolation forest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from abuse.model.rows import Flags, Reals


@dataclass(frozen=True, kw_only=True, slots=True)
class Scaling:
    """Standardised features, the median where unknown, and a flag per feature that it was."""

    is_log: Flags
    fill: Reals
    mean: Reals
    deviation: Reals
    flag_mean: Reals

    def scaled(self, values: Reals) -> Reals:
        """Features, then flags: twice as many columns."""
        unknown = np.isnan(values)
        filled = np.where(unknown, self.fill, _logged(values, self.is_log))
        return np.hstack([(filled - self.mean) / self.deviation, unknown - self.flag_mean])


def scaling(values: Reals) -> Scaling:
    """What the training rows say. A feature goes by its signed log where that is the less skewed."""
    everywhere = np.ones(values.shape[1], dtype=np.bool_)
    is_log = np.abs(_skewness(_logged(values, everywhere))) < np.abs(_skewness(values))
    known = _logged(values, is_log)
    unknown = np.isnan(known)
    none_known = unknown.all(axis=0)
    known[:, none_known] = 0.0
    fill = np.nanmedian(known, axis=0)
    filled = np.where(np.isnan(known), fill, known)
    deviation = filled.std(axis=0)
    return Scaling(
        is_log=is_log,
        fill=fill,
        mean=filled.mean(axis=0),
        deviation=np.where(deviation > 0, deviation, 1.0),
        flag_mean=unknown.mean(axis=0),
    )


def _logged(values: Reals, is_log: Flags) -> Reals:
    return np.where(is_log, np.sign(values) * np.log1p(np.abs(values)), values)


def _skewness(values: Reals) -> Reals:
    """Third standardised moment of what is known; 0 where nothing varies."""
    count = np.maximum((~np.isnan(values)).sum(axis=0), 1)
    off = values - np.nansum(values, axis=0) / count
    variance = np.nansum(off**2, axis=0) / count
    third = np.nansum(off**3, axis=0) / count
    return np.where(variance > 0, third / np.where(variance > 0, variance, 1.0) ** 1.5, 0.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Linear:
    """Weights over scaled features and flags."""

    form: ClassVar[str] = "linear"
    scale: Scaling
    weights: Reals
    intercept: float

    def raw(self, values: Reals) -> Reals:
        # Not `@`: BLAS sums in an order that depends on how many rows it is given, so a batch could change a score.
        return np.asarray((self.scale.scaled(values) * self.weights).sum(axis=1) + self.intercept)

    def contributions(self, values: Reals) -> Reals:
        """A feature's own part and that of its flag."""
        parts = self.scale.scaled(values) * self.weights
        num = values.shape[1]
        return np.asarray(parts[:, :num] + parts[:, num:])

    def arrays(self) -> dict[str, np.ndarray]:
        own = {"weights": self.weights, "intercept": np.array([self.intercept])}
        return own | {f"scale.{name}": getattr(self.scale, name) for name in Scaling.__slots__}

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> Linear:
        scale = Scaling(**{name: arrays[f"scale.{name}"] for name in Scaling.__slots__})
        return cls(scale=scale, weights=arrays["weights"], intercept=float(arrays["intercept"][0]))
