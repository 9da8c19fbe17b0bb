"""Lengths of members -> where their tokens lie in one flat array.

Padded: members of about one length lie together, each padded to a multiple of four, so that attention sees them as one
rectangle and everything else sees plain rows. Packed: no padding; attention is told where each member begins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from abuse.model.farmset.corpus import starts

Whole = npt.NDArray[np.int64]

STEP = 4
"""Members are padded to a multiple of so many tokens. A length decides its own padding, so other members never do."""


@dataclass(frozen=True, slots=True)
class Run:
    """`count` members of `length` rows each, one after the other from `start`."""

    start: int
    count: int
    length: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """T real tokens in R rows."""

    row: Whole
    """Row of each token, in the order the tokens were given in (T)."""
    first: Whole
    """Row of each member's first token (M)."""
    position: Whole
    """Place in its member of each row (R)."""
    num_rows: int
    runs: tuple[Run, ...]
    """Empty when packed."""
    bounds: Whole
    """Packed: first row of each member, and the end; else of length 1."""
    longest: int

    def waste(self) -> float:
        """Share of the rows that are padding."""
        used = int(sum(run.count * run.length for run in self.runs)) or self.num_rows
        return 1.0 - len(self.row) / max(used, 1)


def padded(lengths: Whole, num_rows: int = 0) -> Layout:
    """Members by length; with `num_rows`, so many rows whatever the members need."""
    room = -(-lengths // STEP) * STEP
    order = np.argsort(room, kind="stable")
    first = np.empty(len(lengths), dtype=np.int64)
    first[order] = starts(room[order])[:-1]
    sizes, counts = np.unique(room, return_counts=True)
    begins = starts(sizes * counts)
    runs = tuple(Run(*map(int, run)) for run in zip(begins[:-1], counts, sizes, strict=True))
    return _layout(lengths, first, max(num_rows, int(begins[-1])), runs, np.zeros(1, dtype=np.int64))


def packed(lengths: Whole, num_rows: int = 0) -> Layout:
    """Members in their own order, without padding; with `num_rows`, so many rows, the last ones nobody's."""
    bounds = starts(lengths)
    return _layout(lengths, bounds[:-1], max(num_rows, int(bounds[-1])), (), bounds)


def _layout(lengths: Whole, first: Whole, num_rows: int, runs: tuple[Run, ...], bounds: Whole) -> Layout:
    place = np.arange(lengths.sum()) - np.repeat(starts(lengths)[:-1], lengths)
    row = np.repeat(first, lengths) + place
    position = np.zeros(num_rows, dtype=np.int64)
    position[row] = place
    longest = int(lengths.max(initial=1))
    return Layout(row=row, first=first, position=position, num_rows=num_rows, runs=runs, bounds=bounds, longest=longest)
