"""What a scorer is. Another one is a class with `fit` and `scores`, and a line in `registry.py`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Protocol

import numpy as np

from abuse.errors import InputError
from abuse.model.rows import Reals, Rows


class Fitted(Protocol):
    """A fitted scorer as plain arrays; needs numpy alone."""

    form: ClassVar[str]

    def raw(self, values: Reals) -> Reals:
        """Log-odds before calibration."""
        ...

    def contributions(self, values: Reals) -> Reals:
        """How much each feature moved the raw score of each row; same shape as `values`."""
        ...

    def arrays(self) -> dict[str, np.ndarray]: ...


class Scorer(ABC):
    """Learns from clusters and gives each a raw score: the higher, the likelier a farm. No scale is promised."""

    name: ClassVar[str]

    def tune(self, rows: Rows, seed: int) -> None:  # noqa: B027 -- most have nothing to tune
        """Settles once what several folds share, on rows that all of their training sets hold."""

    @abstractmethod
    def fit(self, train: Rows, seed: int) -> None:
        """Learns; the same rows and seed give the same scorer."""

    @abstractmethod
    def scores(self, rows: Rows) -> Reals:
        """One raw score per row."""

    def fitted(self) -> Fitted:
        """What is stored; only some scorers can be."""
        raise InputError(
            "scorer", self.name, "one that can be stored", "Train coordination_trees, lightgbm or logistic_regression."
        )
