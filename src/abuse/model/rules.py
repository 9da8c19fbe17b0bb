"""Rules without anything to learn: what every learner must beat."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from abuse.model.rows import Reals, Rows
from abuse.model.scorer import Scorer
from abuse.settings import Score

UNKNOWN = 0.5
"""The score where nobody knows when members began."""
MIN_SIZE = 20
"""Hop, LayerZero and Arbitrum all left smaller groups alone."""


class SizeAndFunder(Scorer):
    """Share of members with one funder in groups of 20 and more, else 0: the rule of the public clean-ups."""

    name: ClassVar[str] = "size_and_funder"

    def fit(self, train: Rows, seed: int) -> None:
        pass

    def scores(self, rows: Rows) -> Reals:
        return np.where(rows.column("size") >= MIN_SIZE, np.nan_to_num(rows.column("same_funder_share")), 0.0)


class TimeGap(Scorer):
    """1 / (1 + median gap in half gaps): the scorer that a night without a model uses."""

    name: ClassVar[str] = "time_gap"

    def fit(self, train: Rows, seed: int) -> None:
        pass

    def scores(self, rows: Rows) -> Reals:
        gap_s = rows.column("median_gap_s")
        return np.asarray(np.nan_to_num(1.0 / (1.0 + gap_s / Score().half_gap_s), nan=UNKNOWN))
