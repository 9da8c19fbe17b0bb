"""Known values of a cluster's members -> one figure. NaN where too few are known to have one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
UNKNOWN = float("nan")
DAY_S = 86_400.0
MIN_GAPS = 4
"""Fewer gaps have no shape."""
MAX_KINDS = 200
"""Different sets compared with one another, the most common first: pairs grow with the square."""


def known(values: Iterable[float | None]) -> Floats:
    found = np.array([UNKNOWN if value is None else value for value in values], dtype=np.float64)
    return found[~np.isnan(found)]


def mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else UNKNOWN


def median(values: Floats) -> float:
    return float(np.median(values)) if len(values) else UNKNOWN


def iqr(values: Floats) -> float:
    return float(np.subtract(*np.percentile(values, [75, 25]))) if len(values) > 1 else UNKNOWN


def cv(values: Floats) -> float:
    """Standard deviation over the mean."""
    if len(values) < 2 or values.mean() == 0:  # noqa: PLR2004 -- one value has no spread
        return UNKNOWN
    return float(values.std() / abs(values.mean()))


def log_spread(seconds: Floats) -> float:
    """Standard deviation of the logarithms; less than a second counts as one."""
    return float(np.log(np.maximum(seconds, 1.0)).std()) if len(seconds) > 1 else UNKNOWN


def gaps(times: Floats) -> Floats:
    return np.diff(np.sort(times))


def evenness(values: Floats) -> float:
    """Kolmogorov-Smirnov distance from a uniform draw between the least and the greatest."""
    if len(values) < MIN_GAPS or np.ptp(values) == 0:
        return UNKNOWN
    placed = (np.sort(values) - values.min()) / np.ptp(values)
    steps = np.arange(len(values) + 1) / len(values)
    return float(max((steps[1:] - placed).max(), (placed - steps[:-1]).max()))


def mode(values: Sequence[Hashable]) -> tuple[Hashable, int]:
    """The most common value and how often it is there; of equally common ones the least, by its text."""
    return min(Counter(values).items(), key=lambda item: (-item[1], str(item[0]))) if values else (None, 0)


def mode_share(values: Sequence[Hashable], whole: int | None = None) -> float:
    """The most common value's share of `whole`, of the values themselves unless given."""
    of = len(values) if whole is None else whole
    return mode(values)[1] / of if values and of else UNKNOWN


def entropy(values: Sequence[Hashable]) -> float:
    """Shannon entropy over that of values all different: 0 one value, 1 each its own."""
    if len(values) < 2:  # noqa: PLR2004 -- one value is both
        return UNKNOWN
    shares = np.array(sorted(Counter(values).values())) / len(values)
    return float(-(shares * np.log(shares)).sum() / np.log(len(values))) + 0.0


def agreement(one: Floats, other: Floats) -> float:
    """Spearman's rank correlation over members that have both."""
    both = ~np.isnan(one) & ~np.isnan(other)
    a, b = _ranks(one[both]), _ranks(other[both])
    if len(a) < 3 or a.std() == 0 or b.std() == 0:  # noqa: PLR2004 -- two are in some order always
        return UNKNOWN
    return float(np.corrcoef(a, b)[0, 1])


def _ranks(values: Floats) -> Floats:
    """Ties share their mean rank."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2)[place], dtype=np.float64)


def concentration(times_s: Floats) -> float:
    """Length of the mean vector of the times of day on a circle (Mardia and Jupp, Directional Statistics, 2.3)."""
    if not len(times_s):
        return UNKNOWN
    angle = times_s % DAY_S / DAY_S * 2 * np.pi
    return float(np.hypot(np.cos(angle).mean(), np.sin(angle).mean()))


def overlap(sets: Sequence[Collection[Hashable]]) -> float:
    """Mean Jaccard index of two different members' sets."""
    counted = Counter(frozenset(one) for one in sets if one)
    kinds = sorted(counted.items(), key=lambda item: (-item[1], sorted(map(str, item[0]))))[:MAX_KINDS]
    number = np.array([count for _, count in kinds], dtype=np.float64)
    pairs = number.sum() * (number.sum() - 1)
    if pairs == 0:
        return UNKNOWN
    words = {word: place for place, word in enumerate(sorted({w for one, _ in kinds for w in one}, key=str))}
    holds = np.zeros((len(kinds), len(words)))
    for row, (one, _) in enumerate(kinds):
        holds[row, [words[word] for word in one]] = 1.0
    both = holds @ holds.T
    size = holds.sum(axis=1)
    alike = both / (size[:, None] + size[None, :] - both)
    return float((number @ alike @ number - number.sum()) / pairs)


def steps(words: Sequence[Hashable]) -> set[tuple[Hashable, Hashable]]:
    """Each act with the next."""
    return set(pairwise(words))
