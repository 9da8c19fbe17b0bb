"""Logistic regression, its penalty chosen on campaigns left out of the training rows."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from abuse.model.inner import inner_folds, mean_precision
from abuse.model.linear import Linear, scaling
from abuse.model.rows import Reals, Rows
from abuse.model.scorer import Fitted, Scorer
from abuse.model.views import with_poor_views

PENALTIES = (0.003, 0.03, 0.3, 3.0)
"""scikit-learn's C, weakest last."""


class Logistic(Scorer):
    """Standardised features with missing flags, signed log where tails are heavy."""

    name: ClassVar[str] = "logistic_regression"

    def __init__(self) -> None:
        self._penalty = 0.0

    def tune(self, rows: Rows, seed: int) -> None:
        folds = inner_folds(rows, seed)
        found = [mean_precision([_linear(f, p).raw(t.values) for f, t in folds], folds) for p in PENALTIES]
        self._penalty = PENALTIES[int(np.argmax(found))]

    def fit(self, train: Rows, seed: int) -> None:
        if not self._penalty:
            self.tune(train, seed)
        self._linear: Linear = _linear(with_poor_views(train), self._penalty)

    def scores(self, rows: Rows) -> Reals:
        return self._linear.raw(rows.values)

    def fitted(self) -> Fitted:
        return self._linear


def _linear(train: Rows, penalty: float) -> Linear:
    from sklearn.linear_model import LogisticRegression

    scale = scaling(train.values)
    solved = LogisticRegression(C=penalty, solver="newton-cholesky", max_iter=200)
    solved.fit(scale.scaled(train.values), train.is_farm)
    return Linear(scale=scale, weights=solved.coef_[0].astype(np.float64), intercept=float(solved.intercept_[0]))
