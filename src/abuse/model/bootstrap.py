"""Clusters drawn again and again within their campaigns -> intervals."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from abuse.model.rows import Reals, Texts, Whole

NUM_DRAWS = 1000
CHUNK = 100
"""Draws computed at once: 100 draws of 25,000 rows are 20 MB."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % interval; NaN where there is nothing to count."""

    value: float
    low: float
    high: float

    def is_clear(self) -> bool:
        """Whether the interval of a difference excludes 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Draws:
    """How often each cluster is in each draw. The first draw holds each once: the figure itself."""

    counts: Reals
    cluster: Whole
    """Of each tested row; a cluster that several folds test is drawn as one."""
    weight: Reals
    """One over how often the row's cluster is tested, so that many folds do not make it count more."""

    def weights(self) -> Iterator[Reals]:
        """Draws by rows, a chunk at a time."""
        for start in range(0, len(self.counts), CHUNK):
            yield self.counts[start : start + CHUNK][:, self.cluster] * self.weight


def draws(campaign: Texts, cluster_id: Texts, seed: int, num_draws: int = NUM_DRAWS) -> Draws:
    """Campaign-stratified cluster bootstrap (Davison & Hinkley 1997, 3.8): clusters are the independent units."""
    keys = np.stack([campaign, cluster_id], axis=1)
    clusters, cluster = np.unique(keys, axis=0, return_inverse=True)
    cluster = cluster.reshape(-1)
    rng = np.random.default_rng(seed)
    counts = np.ones((num_draws + 1, len(clusters)), dtype=np.float64)
    for name in np.unique(clusters[:, 0]):
        own = np.flatnonzero(clusters[:, 0] == name)
        counts[1:, own] = rng.multinomial(len(own), np.full(len(own), 1 / len(own)), size=num_draws)
    return Draws(counts, cluster.astype(np.int64), 1.0 / np.bincount(cluster)[cluster])


def drawn(
    drawing: Draws, figures: Callable[[Reals], Mapping[str, Reals]], centred: Collection[str] = ()
) -> dict[str, Reals]:
    """Each figure in each draw. The draws of those `centred` are moved so that their mean is the figure itself."""
    chunks = [figures(weights) for weights in drawing.weights()]
    found = {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}
    for name in centred:
        found[name][1:] = np.maximum(found[name][1:] - found[name][1:].mean() + found[name][0], 0.0)
    return found


def estimate(values: Reals) -> Estimate:
    """The figure and the middle 95 % of its draws (percentile interval)."""
    known = values[1:][~np.isnan(values[1:])]
    low, high = np.percentile(known, [2.5, 97.5]) if len(known) else (np.nan, np.nan)
    return Estimate(float(values[0]), float(low), float(high))


def estimates(values: Mapping[str, Reals]) -> dict[str, Estimate]:
    """One per figure."""
    return {name: estimate(of_draws) for name, of_draws in values.items()}


def differences(values: Mapping[str, Reals], reference: Mapping[str, Reals]) -> dict[str, Estimate]:
    """Paired: both scorers judged on the same draws."""
    return {name: estimate(values[name] - reference[name]) for name in values}
