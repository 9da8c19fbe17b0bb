"""Rows that share their keys, and figures of each such group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups are numbered in order of their keys."""

    of: Whole
    """Group of each row."""
    num: int

    def distinct(self, values: Whole) -> Whole:
        """Different values in each group."""
        span = int(values.max(initial=0)) + 1
        pairs = np.unique(self.of * span + values)
        return np.bincount(pairs // span, minlength=self.num).astype(np.int64)

    def least(self, values: Whole) -> Whole:
        """Least value in each group."""
        found = np.full(self.num, np.iinfo(np.int64).max)
        np.minimum.at(found, self.of, values)
        return found

    def medians(self, values: Reals) -> Reals:
        """Of each row, the median of its group's known values; NaN where there is none."""
        known = np.flatnonzero(~np.isnan(values))
        order = known[np.lexsort((values[known], self.of[known]))]
        counts = np.bincount(self.of[order], minlength=self.num)
        first = np.concatenate([[0], np.cumsum(counts)[:-1]])
        found = np.full(self.num, np.nan)
        some = counts > 0
        low, high = first + np.maximum(counts - 1, 0) // 2, first + counts // 2
        found[some] = (values[order][low[some]] + values[order][high[some]]) / 2
        return np.asarray(found[self.of])


def grouped(*keys: Whole) -> Groups:
    """Rows with the same keys are one group."""
    one = np.zeros(len(keys[0]), dtype=np.int64)
    for key in keys:
        least = int(key.min(initial=0))
        one = one * (int(key.max(initial=0)) - least + 1) + key - least
    found, place = np.unique(one, return_inverse=True)
    return Groups(place.reshape(-1).astype(np.int64), len(found))
