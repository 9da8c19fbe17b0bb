"""A scorer and one cluster -> why it said so: what each family of evidence moved, and what members matter.

What a family moved is its Shapley value, exact over all subsets of the families: fair to order, and the parts sum to
the whole. Members are left out with their acts, the others' acts and the figures staying as they are: an answer to "who
carries this score", not to "what would have been".
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from abuse.model.farmset.corpus import Corpus, Whole, joined
from abuse.model.farmset.ensemble import Ensemble
from abuse.model.farmset.families import FAMILIES, hidden
from abuse.model.farmset.predict import Reader
from abuse.model.rows import Reals

MAX_READ = 500
"""Members whose acts are read again with evidence hidden, evenly chosen of a larger cluster: 32 times is too long."""
MAX_DROPS = 200
"""Members tried one by one, those that belong most and least; more would take longer than all scores."""
MAX_SHOWN = 20
"""Members kept of either sort."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Why:
    """Log-odds before calibration, but for probabilities where said."""

    base: float
    """Of the cluster with all evidence hidden."""
    moved: dict[str, float]
    """By each family; with the base they sum to the cluster's log-odds."""
    lowering: dict[str, float]
    """Members without whom the cluster's probability is lowest, and what it then is."""
    raising: dict[str, float]
    """Members without whom it is higher, highest first: those it may be wrong to count in."""
    core: tuple[str, ...]
    """Fewest of the first that, left out together, take the lower bound under the threshold; none where none do."""


class Explainer:
    """Asks a scorer about clusters."""

    def __init__(self, model: Ensemble, readers: tuple[Reader, ...], threshold: float) -> None:
        self.model, self.readers, self.threshold = model, readers, threshold

    def why(self, corpus: Corpus, hand: Reals) -> Why:
        """Of a corpus of one cluster."""
        base, moved = self.families(corpus, hand)
        lowering, raising, core = Members(self, corpus, hand).carrying()
        return Why(base=base, moved=moved, lowering=lowering, raising=raising, core=core)

    def families(self, corpus: Corpus, hand: Reals) -> tuple[float, dict[str, float]]:
        """(log-odds of nothing, Shapley value of each family)."""
        corpus = _some(corpus)
        subsets = [frozenset(s) for n in range(len(FAMILIES) + 1) for s in itertools.combinations(FAMILIES, n)]
        left_out = [[family for family in FAMILIES if family not in shown] for shown in subsets]
        views = [hidden(corpus, hand, self.model.features, families) for families in left_out]
        whole, figures = joined([view for view, _ in views]), np.concatenate([own for _, own in views])
        odds = np.mean([reader.odds(whole, figures).cluster for reader in self.readers], axis=0)
        of = dict(zip(subsets, odds.tolist(), strict=True))
        return of[frozenset()], {family: _shapley(of, family) for family in FAMILIES}


def _shapley(of: dict[frozenset[str], float], family: str) -> float:
    """What a family adds, weighed over all sets it can be added to."""
    total = math.factorial(len(FAMILIES))
    moved = 0.0
    for shown in (one for one in of if family not in one):
        weight = math.factorial(len(shown)) * math.factorial(len(FAMILIES) - len(shown) - 1) / total
        moved += weight * (of[shown | {family}] - of[shown])
    return moved


def _some(corpus: Corpus) -> Corpus:
    """A large cluster by an even choice of its members."""
    num = len(corpus.account)
    if num <= MAX_READ:
        return corpus
    chosen = np.linspace(0, num - 1, MAX_READ).astype(np.int64)
    return corpus.take_members(chosen, np.array([MAX_READ]), corpus.cluster_id)


class Members:
    """One cluster without some of its members; their acts are read once."""

    def __init__(self, explainer: Explainer, corpus: Corpus, hand: Reals) -> None:
        self.calibrations, self.features = explainer.model.calibrations, explainer.model.features
        self.threshold, self.corpus, self.hand = explainer.threshold, corpus, hand
        self.read: list[tuple[Reader, Tensor]] = [(reader, reader.vectors(corpus)) for reader in explainer.readers]
        self.everyone = np.arange(len(corpus.account))

    def carrying(self) -> tuple[dict[str, float], dict[str, float], tuple[str, ...]]:
        """(lowering, raising, core) as `Why` has them."""
        order = self.tried()
        probability, _ = self.judged([self.everyone, *(self.without([member]) for member in order)])
        whole, without = probability[0], probability[1:]
        by_effect = np.argsort(without, kind="stable")
        falling = [int(place) for place in by_effect if without[place] < whole]
        rising = [int(place) for place in by_effect[::-1] if without[place] > whole]
        names = self.corpus.account[order]
        lowering, raising = (
            {str(names[place]): float(without[place]) for place in places[:MAX_SHOWN]} for places in (falling, rising)
        )
        core = self.core([order[place] for place in falling])
        return lowering, raising, tuple(self.corpus.account[core].tolist())

    def tried(self) -> list[int]:
        """Members to leave out one by one: all, or those at either end."""
        if len(self.everyone) <= MAX_DROPS:
            return self.everyone.tolist()
        member = np.mean([reader.judged(self.corpus, self.hand, v).member for reader, v in self.read], axis=0)
        order = np.argsort(member, kind="stable")
        return sorted([*order[: MAX_DROPS // 2].tolist(), *order[-MAX_DROPS // 2 :].tolist()])

    def core(self, falling: list[int]) -> list[int]:
        """The shortest beginning of these members without whom the cluster would not be held against anybody."""
        low, high = 0, min(len(falling), len(self.everyone) - 2)
        if high < 1 or not self.is_cleared(falling[:high]):
            return []
        while low + 1 < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self.is_cleared(falling[:middle]) else (middle, high)
        return falling[:high]

    def is_cleared(self, members: list[int]) -> bool:
        """Whether without these the lower bound is under the threshold."""
        return bool(self.judged([self.without(members)])[1][0] < self.threshold)

    def without(self, members: list[int]) -> Whole:
        return np.setdiff1d(self.everyone, members)

    def judged(self, kept: list[Whole]) -> tuple[Reals, Reals]:
        """(probability, lower bound) of the cluster with these of its members alone."""
        odds = np.mean([reader.of_parts(self.corpus, self.hand, kept, v) for reader, v in self.read], axis=0)
        return self.calibrations.judged(odds, np.repeat(self.hand, len(kept), axis=0), self.features)
