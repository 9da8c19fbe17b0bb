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

from abuse.model.farmset.corpus import Corpus, Whole, joined
from abuse.model.farmset.ensemble import Ensemble
from abuse.model.farmset.families import FAMILIES, hidden
from abuse.model.farmset.predict import Reader
from abuse.model.rows import Reals

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
    """Asks a scorer about a cluster again and again."""

    def __init__(self, model: Ensemble, readers: tuple[Reader, ...], threshold: float) -> None:
        self.model, self.readers, self.threshold = model, readers, threshold

    def why(self, corpus: Corpus, hand: Reals) -> Why:
        """Of a corpus of one cluster."""
        base, moved = self._families(corpus, hand)
        order = self._tried(corpus, hand)
        whole, without = self._without(corpus, hand, [np.array([member]) for member in order])
        by_effect = np.argsort(without, kind="stable")
        falling = [order[place] for place in by_effect if without[place] < whole]

        def named(places: list[int]) -> dict[str, float]:
            return {str(corpus.account[order[place]]): float(without[place]) for place in places[:MAX_SHOWN]}

        return Why(
            base=base,
            moved=moved,
            lowering=named([place for place in by_effect if without[place] < whole]),
            raising=named([place for place in by_effect[::-1] if without[place] > whole]),
            core=tuple(corpus.account[self._core(corpus, hand, falling)].tolist()),
        )

    def _families(self, corpus: Corpus, hand: Reals) -> tuple[float, dict[str, float]]:
        """(log-odds of nothing, Shapley value of each family)."""
        subsets = [frozenset(s) for n in range(len(FAMILIES) + 1) for s in itertools.combinations(FAMILIES, n)]
        left_out = [[family for family in FAMILIES if family not in shown] for shown in subsets]
        views = [hidden(corpus, hand, self.model.features, families) for families in left_out]
        odds = self._odds(joined([view for view, _ in views]), np.concatenate([figures for _, figures in views]))
        of = dict(zip(subsets, odds.tolist(), strict=True))
        moved = dict.fromkeys(FAMILIES, 0.0)
        for family in FAMILIES:
            for shown in (one for one in subsets if family not in one):
                rest = len(FAMILIES) - len(shown) - 1
                weight = math.factorial(len(shown)) * math.factorial(rest) / math.factorial(len(FAMILIES))
                moved[family] += weight * (of[shown | {family}] - of[shown])
        return of[frozenset()], moved

    def _odds(self, corpus: Corpus, hand: Reals) -> Reals:
        return np.asarray(np.mean([reader.odds(corpus, hand).cluster for reader in self.readers], axis=0))

    def _tried(self, corpus: Corpus, hand: Reals) -> list[int]:
        """Members to leave out one by one: all, or those at either end."""
        if len(corpus.account) <= MAX_DROPS:
            return list(range(len(corpus.account)))
        member = np.mean([reader.odds(corpus, hand).member for reader in self.readers], axis=0)
        order = np.argsort(member, kind="stable")
        return sorted([*order[: MAX_DROPS // 2].tolist(), *order[-MAX_DROPS // 2 :].tolist()])

    def _without(self, corpus: Corpus, hand: Reals, left_out: list[Whole]) -> tuple[float, Reals]:
        """(probability of the whole cluster, probability without each of these sets of members)."""
        everyone = np.arange(len(corpus.account))
        kept = [everyone, *(np.setdiff1d(everyone, members) for members in left_out)]
        odds = np.mean([reader.odds_of_parts(corpus, hand, kept) for reader in self.readers], axis=0)
        values = np.repeat(hand, len(kept), axis=0)
        probability, _ = self.model.calibrations.judged(odds, values, self.model.features)
        return float(probability[0]), probability[1:]

    def _core(self, corpus: Corpus, hand: Reals, falling: list[int]) -> list[int]:
        """The shortest beginning of these members without which the cluster would not be held against anybody."""
        low, high = 0, min(len(falling), len(corpus.account) - 2)
        if high < 1 or not self._is_cleared(corpus, hand, falling[:high]):
            return []
        while low + 1 < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self._is_cleared(corpus, hand, falling[:middle]) else (middle, high)
        return falling[:high]

    def _is_cleared(self, corpus: Corpus, hand: Reals, members: list[int]) -> bool:
        everyone = np.arange(len(corpus.account))
        kept = [np.setdiff1d(everyone, members)]
        odds = np.mean([reader.odds_of_parts(corpus, hand, kept) for reader in self.readers], axis=0)
        _, lower = self.model.calibrations.judged(odds, hand, self.model.features)
        return bool(lower[0] < self.threshold)
