"""LightGBM, tuned by random search on campaigns left out of the training rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from abuse.model.coordination import DIRECTIONS, directions
from abuse.model.inner import inner_folds, mean_precision
from abuse.model.rows import FeatureList, Reals, Rows
from abuse.model.scorer import Fitted, Scorer
from abuse.model.trees import Trees, trees
from abuse.model.views import pair_only, with_poor_views, without

if TYPE_CHECKING:
    from lightgbm import Booster, Dataset

NUM_TRIALS = 20
NUM_FINALISTS = 5
"""After the first inner fold only the best of the trials are tried on the others."""
SEARCHED: dict[str, tuple[Any, ...]] = {
    "num_leaves": (7, 15, 31),
    "min_data_in_leaf": (5, 10, 20, 40),
    "learning_rate": (0.03, 0.05, 0.1),
    "num_iterations": (80, 150, 250),
    "feature_fraction": (0.3, 0.5, 0.8),
    "bagging_fraction": (0.6, 0.8, 1.0),
    "lambda_l2": (0.0, 1.0, 10.0),
    "min_gain_to_split": (0.0, 0.1),
}
FIXED: dict[str, Any] = {
    "objective": "binary",
    "verbosity": -1,
    "deterministic": True,
    "force_row_wise": True,  # column-wise is chosen by a stopwatch otherwise
    "num_threads": 1,  # two threads that wait for a busy second core took 20 to 70 times as long (measured)
    "bagging_freq": 1,
    "feature_pre_filter": False,  # so that trials of different leaf sizes share a dataset
}


class BoostedTrees(Scorer):
    """The number to beat: boosted trees on the hand features."""

    name: ClassVar[str] = "lightgbm"

    def __init__(self) -> None:
        self.tuned: dict[str, Any] = {}

    def tune(self, rows: Rows, seed: int) -> None:
        self.tuned = tuned(self.seen(rows), seed, self.fixed(rows.features))

    def fit(self, train: Rows, seed: int) -> None:
        if not self.tuned:
            self.tune(train, seed)
        fixed = self.fixed(train.features)
        made = _dataset(with_poor_views(self.seen(train)), fixed)
        self._trees: Trees = trees(_booster(made, self.tuned, seed, fixed))

    def fixed(self, features: FeatureList) -> dict[str, Any]:
        """What is not searched for."""
        return FIXED

    def seen(self, train: Rows) -> Rows:
        """The rows to learn from, as it may see them."""
        return train

    def scores(self, rows: Rows) -> Reals:
        return self.fitted().raw(rows.values)

    def fitted(self) -> Fitted:
        return self._trees


class CoordinationTrees(BoostedTrees):
    """Boosted trees to which nothing but coordination counts, and more of it never for less of a farm.

    So nobody is out because a group is large, old or busy, and no member clears a farm by doing more of the same.
    """

    name: ClassVar[str] = "coordination_trees"

    def fixed(self, features: FeatureList) -> dict[str, Any]:
        one_way = {"monotone_constraints": directions(features), "monotone_constraints_method": "intermediate"}
        return FIXED | one_way

    def seen(self, train: Rows) -> Rows:
        return without(train, tuple(name for name in train.features.names if name not in DIRECTIONS))


def tuned(rows: Rows, seed: int, fixed: dict[str, Any]) -> dict[str, Any]:
    """The best of the trials by average precision on left-out campaigns; the first of equals."""
    rng = np.random.default_rng(seed)
    trials = [
        {name: options[rng.integers(len(options))] for name, options in SEARCHED.items()} for _ in range(NUM_TRIALS)
    ]
    folds = [(_half_poor(fit, rng), _half_poor(test, rng)) for fit, test in inner_folds(rows, seed)]
    ready = [_dataset(fit, fixed) for fit, _ in folds]
    first = np.array([_precision(trial, ready[0], folds[0], seed, fixed) for trial in trials])
    finalists = np.argsort(-first, kind="stable")[:NUM_FINALISTS]
    rest = list(zip(ready[1:], folds[1:], strict=True))
    found = [np.mean([first[at], *(_precision(trials[at], *one, seed, fixed) for one in rest)]) for at in finalists]
    winner: dict[str, Any] = trials[finalists[int(np.argmax(found))]]
    return winner


def _half_poor(rows: Rows, rng: np.random.Generator) -> Rows:
    """Half of the rows pair-only: both views at the price of one."""
    values = np.where(rng.random(len(rows))[:, None] < 0.5, rows.values, pair_only(rows).values)  # noqa: PLR2004
    return replace(rows, values=values)


def _precision(
    trial: dict[str, Any], dataset: Dataset, fold: tuple[Rows, Rows], seed: int, fixed: dict[str, Any]
) -> float:
    scores = _booster(dataset, trial, seed, fixed).predict(fold[1].values, raw_score=True)
    return mean_precision([np.asarray(scores, dtype=np.float64)], [fold])


def _dataset(rows: Rows, fixed: dict[str, Any]) -> Dataset:
    import lightgbm

    names = [f"f{place}" for place in range(rows.values.shape[1])]
    made = lightgbm.Dataset(
        rows.values, rows.is_farm.astype(np.float64), feature_name=names, params=dict(fixed), free_raw_data=False
    )
    return made.construct()


def _booster(dataset: Dataset, trial: dict[str, Any], seed: int, fixed: dict[str, Any]) -> Booster:
    import lightgbm

    rounds = int(trial["num_iterations"])
    own = {name: value for name, value in trial.items() if name != "num_iterations"}
    return lightgbm.train(fixed | own | {"seed": seed}, dataset, num_boost_round=rounds)
