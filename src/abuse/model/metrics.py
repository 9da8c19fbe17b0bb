"""Scores of tested rows -> every figure of the report, once per bootstrap draw."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from abuse.model.ranking import curve
from abuse.model.rows import FARM_KINDS, LOOK_ALIKES, Flags, Reals, Rows

SIZES = {"2-4": (2, 4), "5-19": (5, 19), "20-49": (20, 49), "50-149": (50, 149), "150+": (150, np.inf)}
LEVELS = (0, 1, 2, 3)
RECALLS = (0.5, 0.7, 0.9)
NUM_BINS = 15
ACCOUNTS = 100_000
CENTRED = ("ece", "ece_accounts")
"""A sum of distances only grows when drawing again adds noise to every bin, so its draws all lie too high."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Rows with their truth, what a scorer said and whether that flags them."""

    rows: Rows
    score: Reals
    flagged: Flags


def figures(tested: Scored) -> Callable[[Reals], Mapping[str, Reals]]:
    """Draws by rows -> each figure of each draw."""
    names, parts, wholes = zip(*_ratios(tested), strict=True)
    part, whole = np.array(parts), np.array(wholes)
    is_farm, size = tested.rows.is_farm, tested.rows.size
    errors = {
        "ece": calibration_error(tested.score, is_farm),
        "ece_accounts": calibration_error(tested.score, is_farm, size),
    }

    def of_draws(weights: Reals) -> Mapping[str, Reals]:
        above = curve(tested.score, is_farm, weights)
        found = {"pr_auc": above.average_precision(), "roc_auc": above.roc_auc()}
        found |= {f"precision_at_{round(100 * recall)}": above.precision_at(recall) for recall in RECALLS}
        found |= dict(zip(names, _share(sums(weights, part), sums(weights, whole)).T, strict=True))
        return found | {name: error(weights) for name, error in errors.items()}

    return of_draws


def calibration_error(score: Reals, is_farm: Flags, mass: Reals | None = None) -> Callable[[Reals], Reals]:
    """ECE over 15 bins of equal mass (Naeini et al. 2015): mean distance of said and found, one per draw."""
    mass = np.ones(len(score)) if mass is None else mass
    bins = np.eye(NUM_BINS)[:, equal_mass_bins(score, mass)] * mass
    off = bins * (score - is_farm)

    def of_draws(weights: Reals) -> Reals:
        total = sums(weights, bins).sum(axis=1)
        return np.asarray(np.abs(sums(weights, off)).sum(axis=1) / total)

    return of_draws


def sums(weights: Reals, columns: Reals) -> Reals:
    """Draws by columns. Not `@`: BLAS waits for a busy second core (5 times slower) and sums in an order of its own."""
    return np.asarray(np.einsum("dr,cr->dc", weights, np.ascontiguousarray(columns)))


def equal_mass_bins(score: Reals, mass: Reals) -> np.ndarray:
    """Bin of each row, 0 to 14. Equal scores share one."""
    distinct, place = np.unique(score, return_inverse=True)
    of_score = np.bincount(place, weights=mass, minlength=len(distinct))
    middle = np.cumsum(of_score) - of_score / 2
    bins = np.minimum((middle / of_score.sum() * NUM_BINS).astype(np.int64), NUM_BINS - 1)
    return np.asarray(bins[place])


def _ratios(tested: Scored) -> Iterator[tuple[str, Reals, Reals]]:
    """(name, what is counted, out of what) of every figure that is a share."""
    rows, flagged = tested.rows, tested.flagged.astype(np.float64)
    farm, one, size = rows.is_farm.astype(np.float64), np.ones(len(rows)), rows.size
    honest_accounts = np.maximum(size - rows.num_farm, 0.0)
    off = (tested.score - farm) ** 2
    yield "base_rate", farm, one
    yield "flagged_share", flagged, one
    yield "precision", farm * flagged, flagged
    yield "recall", farm * flagged, farm
    yield "precision_accounts", rows.num_farm * flagged, size * flagged
    yield "recall_accounts", rows.num_farm * flagged, rows.num_farm
    yield "honest_flagged_per_100k", ACCOUNTS * honest_accounts * flagged, honest_accounts
    yield "brier", off, one
    yield "brier_accounts", off * size, size
    yield "false_positive_rate", (1 - farm) * flagged, 1 - farm
    for kind in LOOK_ALIKES:
        honest = (1 - farm) * (rows.kind == kind)
        yield f"false_positive_rate/{kind}", honest * flagged, honest
    for group, is_member in _groups(rows):
        yield f"recall/{group}", farm * is_member * flagged, farm * is_member


def _groups(rows: Rows) -> Iterator[tuple[str, Flags]]:
    """Farms by size, kind and level."""
    for name, (least, most) in SIZES.items():
        yield f"size {name}", (rows.size >= least) & (rows.size <= most)
    for kind in FARM_KINDS:
        yield f"kind {kind}", np.asarray(rows.kind == kind)
    for level in LEVELS:
        yield f"level {level}", np.asarray(rows.level == level)


def _share(part: Reals, whole: Reals) -> Reals:
    share: Reals = np.full(part.shape, np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share
