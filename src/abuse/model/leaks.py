"""Checks that there is nothing to learn where there must be nothing."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass

import numpy as np

from abuse.model.boosted import BoostedTrees
from abuse.model.bootstrap import Estimate, drawn, draws, estimate
from abuse.model.inner import campaign_parts, has_both
from abuse.model.ranking import roc_auc
from abuse.model.rows import FeatureList, Reals, Rows
from abuse.model.tournament import OnProgress
from abuse.model.views import without
from abuse.settings import digest

PLAIN = {
    "num_leaves": 15,
    "min_data_in_leaf": 20,
    "learning_rate": 0.05,
    "num_iterations": 100,
    "feature_fraction": 0.8,
}
"""Untuned trees: a leak worth the name shows without tuning."""
CHANCE = 0.5
NEAR = 0.02
IS_SIZE = re.compile(r"^size$|^num_")


@dataclass(frozen=True, slots=True)
class Check:
    """ROC-AUC of trees that learn from one half of the campaigns and are tested on the other, both ways."""

    what: str
    roc_auc: Estimate
    is_chance_wanted: bool

    def holds(self) -> bool:
        """Chance lies in the interval or within 0.02; a check without a wanted figure always holds."""
        is_near = abs(self.roc_auc.value - CHANCE) <= NEAR
        return not self.is_chance_wanted or is_near or self.roc_auc.low <= CHANCE <= self.roc_auc.high


def leak_checks(dataset: Rows, member_shuffled: Rows | None, seed: int, on_progress: OnProgress) -> list[Check]:
    """All checks; the one on shuffled members where such a dataset is given."""
    sizes = tuple(name for name in dataset.features.names if IS_SIZE.search(name))
    cases = [
        ("all features", dataset, False),
        ("without cluster size", without(dataset, sizes), False),
        ("labels shuffled", _relabelled(dataset, seed), True),
        ("ids and order of rows only", _ids_only(dataset), True),
    ]
    if member_shuffled is not None:
        cases.append(("members shuffled across clusters", member_shuffled, True))
    found = []
    for done, (what, rows, is_chance_wanted) in enumerate(cases):
        on_progress(f"leak check: {what}", done, len(cases))
        found.append(Check(what, _both_ways(rows, seed), is_chance_wanted))
    return found


def _both_ways(rows: Rows, seed: int) -> Estimate:
    """Mean of the two halves: pooled, the halves' base rates would mix into the ranking."""
    part = campaign_parts(rows, seed, 2)
    halves = []
    for p in range(2):
        train, test = rows.take(part != p), rows.take(part == p)
        if has_both(train) and has_both(test):
            halves.append(_half(train, test, seed))
    return estimate(np.mean(halves, axis=0)) if halves else Estimate(np.nan, np.nan, np.nan)


def _half(train: Rows, test: Rows, seed: int) -> Reals:
    scorer = BoostedTrees()
    scorer.tuned = dict(PLAIN)
    scorer.fit(train, seed)
    scores = scorer.scores(test)
    drawing = draws(test.campaign, test.cluster_id, seed)
    return drawn(drawing, lambda weights: {"roc_auc": roc_auc(scores, test.is_farm, weights)})["roc_auc"]


def _relabelled(rows: Rows, seed: int) -> Rows:
    """Labels shuffled on both sides. Against true ones a random tree may agree by luck wherever features tell."""
    return dataclasses.replace(rows, is_farm=np.random.default_rng([seed, 3]).permutation(rows.is_farm))


def _ids_only(rows: Rows) -> Rows:
    """The first letters and a hash of the cluster's id, and where it stood in its file."""
    names = ("first_letters", "hash", "position")
    ids = rows.cluster_id.tolist()
    first_letters = [float(int.from_bytes(cluster_id[:6].encode(), "big")) for cluster_id in ids]
    hashes = [float(int(digest(cluster_id)[:8], 16)) for cluster_id in ids]
    values = np.column_stack([first_letters, hashes, rows.position])
    features = FeatureList(names=names, families={"time": (), "structure": names})
    return dataclasses.replace(rows, features=features, values=values)
