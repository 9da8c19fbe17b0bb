"""Flagged clusters -> what error rate they can certify (Clopper & Pearson 1934, one-sided 95 %)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abuse.model.rows import Flags, Reals

CONFIDENCE = 0.95


def error_bound(num_wrong: Reals, num_flagged: Reals) -> Reals:
    """Upper bound of the share of honest groups among the flagged; 1 where nothing is flagged."""
    from scipy.special import betaincinv

    is_certain = num_wrong >= num_flagged
    bound = betaincinv(num_wrong + 1.0, np.where(is_certain, 1.0, num_flagged - num_wrong), CONFIDENCE)
    return np.where(is_certain, 1.0, bound)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What one threshold does, and how many errors it may hide."""

    threshold: float
    num_flagged: int
    num_wrong: int
    bound: float


def certificate_at(scores: Reals, is_farm: Flags, threshold: float) -> Certificate:
    """The certificate of a threshold fixed beforehand."""
    flagged = scores >= threshold
    num_flagged, num_wrong = int(flagged.sum()), int((flagged & ~is_farm).sum())
    bound = error_bound(np.array([float(num_wrong)]), np.array([float(num_flagged)]))
    return Certificate(threshold, num_flagged, num_wrong, float(bound[0]))


def certificates(scores: Reals, is_farm: Flags) -> list[Certificate]:
    """One per distinct score, highest first."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    flagged = (ends + 1).astype(np.float64)
    wrong = np.cumsum(~is_farm[order])[ends].astype(np.float64)
    bounds = error_bound(wrong, flagged)
    found = zip(scores[order][ends], flagged, wrong, bounds, strict=True)
    return [Certificate(float(t), int(n), int(w), float(b)) for t, n, w, b in found]


def smallest_threshold(found: list[Certificate], error: float) -> Certificate | None:
    """The lowest threshold whose bound is at most `error`; none when the rows cannot support that."""
    holding = [c for c in found if c.bound <= error]
    return holding[-1] if holding else None


def best(found: list[Certificate]) -> Certificate:
    """The least error rate that any threshold certifies; picked after the fact, so a limit of what the data can say."""
    return min(found, key=lambda c: (c.bound, -c.num_flagged))
