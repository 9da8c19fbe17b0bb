"""Isolation Forest: how odd a cluster is, without any label."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from abuse.model.linear import Scaling, scaling
from abuse.model.rows import Reals, Rows
from abuse.model.scorer import Scorer
from abuse.model.views import with_poor_views

NUM_TREES = 100


class Isolation(Scorer):
    """What no label can teach and no mislabelled row can spoil (Liu, Ting & Zhou 2008)."""

    name: ClassVar[str] = "isolation_forest"

    def fit(self, train: Rows, seed: int) -> None:
        from sklearn.ensemble import IsolationForest

        rows = with_poor_views(train)
        self._scale: Scaling = scaling(rows.values)
        self._forest: Any = IsolationForest(n_estimators=NUM_TREES, random_state=seed, n_jobs=1)
        self._forest.fit(self._scale.scaled(rows.values))

    def scores(self, rows: Rows) -> Reals:
        return -np.asarray(self._forest.score_samples(self._scale.scaled(rows.values)))
