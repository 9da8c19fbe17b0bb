"""How hard a set is: the gates of the hard set, on statistics of our own.

python -m tests.hard.gates FOLDER...
"""

from __future__ import annotations

import sys
from pathlib import Path

import lightgbm as lgb
import numpy as np
from scipy.stats import rankdata

from tests.hard.facts import Facts, facts
from tests.hard.laws import Floats, Ints
from tests.hard.statistics import is_farm_cluster, shuffled, table

ACCOUNT_NUMBERS = (
    "num_signed", "num_actions", "age", "fund", "digits", "usd",
    "top_usd", "hour", "tip", "price", "second_gap", "pace",
)  # fmt: skip
SHUFFLES = 3
"""One shuffle of 5,000 clusters has a standard error of about .01, half of what is tolerated."""
BOOSTER = {
    "objective": "binary", "learning_rate": 0.05, "num_leaves": 15, "min_data_in_leaf": 20, "feature_fraction": 0.7,
    "bagging_fraction": 0.8, "bagging_freq": 1, "seed": 1, "num_threads": 1, "verbose": -1, "deterministic": True,
}  # fmt: skip


def auc(label: Ints, score: Floats) -> float:
    ranks = rankdata(score)
    positives = label.sum()
    return float((ranks[label > 0].sum() - positives * (positives + 1) / 2) / (positives * (len(label) - positives)))


def average_precision(label: Ints, score: Floats) -> float:
    """Area under the precision-recall steps."""
    hits = label[np.argsort(-score, kind="stable")]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float((precision * hits).sum() / hits.sum())


def fold_scores(rows: Floats, label: Ints, fold: Ints, rounds: int = 200) -> Floats:
    """LightGBM probabilities of each fold by a model of the others."""
    score = np.zeros(len(label))
    for held in np.unique(fold):
        out = fold == held
        model = lgb.train(BOOSTER, lgb.Dataset(rows[~out], label[~out]), rounds)
        score[out] = np.asarray(model.predict(rows[out]))
    return score


def single_aucs(names: list[str], rows: Floats, label: Ints) -> dict[str, float]:
    """AUC of each statistic alone, the better direction."""
    found = {}
    for name, column in zip(names, np.nan_to_num(rows, nan=-1.0).T, strict=True):
        value = auc(label, column)
        found[name] = max(value, 1 - value)
    return found


def account_auc(sets: list[Facts], least_level: int = 2) -> float:
    """Farm accounts of the careful levels against honest accounts, one by one, folds by campaign (two at least)."""
    rows, label, fold = [], [], []
    for nth, found in enumerate(sets):
        kept = np.flatnonzero((found.level >= least_level) | (found.is_farm == 0))
        rows.append(np.stack([found.columns[name][kept] for name in ACCOUNT_NUMBERS], axis=1))
        label.append(found.is_farm[kept])
        fold.append(np.full(len(kept), nth))
    farm = np.concatenate(label)
    score = fold_scores(np.concatenate(rows), farm, np.concatenate(fold), 60)
    return within(farm, score, np.concatenate(fold))


def within(label: Ints, score: Floats, fold: Ints) -> float:
    """Mean AUC of the folds, so that a campaign's own farm share does not enter."""
    return float(np.mean([auc(label[fold == n], score[fold == n]) for n in np.unique(fold)]))


def name_auc(sets: list[Facts]) -> float:
    """Farm accounts told by address bytes and row order alone."""
    rows, label, fold = [], [], []
    for nth, found in enumerate(sets):
        data = np.array([list(bytes.fromhex(address[2:])) for address in found.address], np.float64)
        place = np.stack([found.rows / found.rows.max(), np.arange(len(found.rows)) / len(found.rows)], axis=1)
        rows.append(np.concatenate([data, place], axis=1))
        label.append(found.is_farm)
        fold.append(np.full(len(place), nth))
    farm, folds = np.concatenate(label), np.concatenate(fold)
    return within(farm, fold_scores(np.concatenate(rows), farm, folds, 40), folds)


def cluster_gates(sets: list[Facts], seed: int = 1) -> dict[str, float]:
    """Gates a to c."""
    rng = np.random.default_rng(seed)
    real, label, fold = [], [], []
    names: list[str] = []
    for nth, found in enumerate(sets):
        names, rows = table(found, found.group)
        real.append(rows)
        label.append(is_farm_cluster(found))
        fold.append(np.full(len(rows), nth))
    rows, farm, folds = np.concatenate(real), np.concatenate(label), np.concatenate(fold)
    score = fold_scores(rows, farm, folds)
    dealt = [np.concatenate([table(found, shuffled(rng, found.group))[1] for found in sets]) for _ in range(SHUFFLES)]
    dealt_scores = [fold_scores(shuffle, farm, folds) for shuffle in dealt]
    singles = single_aucs(names, rows, farm)
    return {
        "shuffled_auc": float(np.mean([auc(farm, score) for score in dealt_scores])),
        "shuffled_auc_within": float(np.mean([within(farm, score, folds) for score in dealt_scores])),
        "pr_auc": average_precision(farm, score),
        "auc": auc(farm, score),
        "pr_auc_size_alone": average_precision(farm, fold_scores(rows[:, -1:], farm, folds, 40)),
        "farm_share": float(farm.mean()),
        **{f"single {name}": singles[name] for name in sorted(singles, key=lambda name: -singles[name])[:8]},
    }


def main() -> None:
    sets = [facts(Path(folder)) for folder in sys.argv[1:]]
    found = cluster_gates(sets) | {"account_auc": account_auc(sets), "name_auc": name_auc(sets)}
    for name, value in found.items():
        print(f"{name:28s} {value:.3f}")


if __name__ == "__main__":
    main()
