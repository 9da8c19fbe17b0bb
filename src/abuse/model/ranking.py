"""Scores, labels and weights -> how well the scores rank. Every row of `weights` is one bootstrap draw.

Rows with one score count as one threshold: their order must not matter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abuse.model.rows import Flags, Reals


@dataclass(frozen=True, slots=True)
class Curve:
    """Weight of the farms and of the others at or above each distinct score, from the top; draws by thresholds."""

    farms: Reals
    others: Reals

    def recall(self) -> Reals:
        return _share(self.farms, self.farms[:, -1:])

    def precision(self) -> Reals:
        return _share(self.farms, self.farms + self.others)

    def average_precision(self) -> Reals:
        """Precision summed over steps of recall: no interpolation, which flatters (Davis & Goadrich 2006)."""
        steps = np.diff(self.recall(), axis=1, prepend=0.0)
        # Above the first row that a draw holds nothing is flagged: no precision, but no step of recall either.
        return np.asarray(np.where(steps == 0, 0.0, steps * self.precision()).sum(axis=1))

    def roc_auc(self) -> Reals:
        """Chance that a farm scores above another group; ties count half."""
        hit = np.pad(self.recall(), ((0, 0), (1, 0)))
        missed = np.diff(_share(self.others, self.others[:, -1:]), axis=1, prepend=0.0)
        return np.asarray((missed * (hit[:, 1:] + hit[:, :-1]) / 2).sum(axis=1))

    def precision_at(self, recall: float) -> Reals:
        """Precision at the highest threshold that finds this share of the farms."""
        # A share summed in floats may end a hair below the share asked for.
        first = (self.recall() >= recall - 1e-9).argmax(axis=1)
        return np.asarray(np.take_along_axis(self.precision(), first[:, None], axis=1)[:, 0])


def curve(scores: Reals, is_farm: Flags, weights: Reals) -> Curve:
    """Sorted once for all draws."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    sorted_weights, farm = weights[:, order], is_farm[order]
    return Curve(
        np.cumsum(sorted_weights * farm, axis=1)[:, ends],
        np.cumsum(sorted_weights * ~farm, axis=1)[:, ends],
    )


def average_precision(scores: Reals, is_farm: Flags, weights: Reals) -> Reals:
    """Area under precision over recall, one per draw."""
    return curve(scores, is_farm, weights).average_precision()


def roc_auc(scores: Reals, is_farm: Flags, weights: Reals) -> Reals:
    """Area under the ROC curve, one per draw."""
    return curve(scores, is_farm, weights).roc_auc()


def _share(part: Reals, whole: Reals) -> Reals:
    """Unknown where there is nothing to share."""
    shares: Reals = np.full(np.broadcast(part, whole).shape, np.nan)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares
