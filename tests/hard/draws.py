"""Normal scores that agree within a group, while each account's own score stays standard normal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from tests.hard.laws import Floats, Ints


def ranked(keys: Floats, group: Ints) -> Ints:
    """Each account's place among its group by key, from 0."""
    order = np.lexsort((keys, group))
    sizes = np.bincount(group)
    starts = np.cumsum(sizes) - sizes
    place = np.empty(len(group), np.int64)
    place[order] = np.arange(len(group)) - starts[group[order]]
    return place


def leaders(batch: Ints, group: Ints) -> Ints:
    """For each account, the first account with the same group and batch."""
    _, first, which = np.unique(np.stack([group, batch]), axis=1, return_index=True, return_inverse=True)
    return np.asarray(first[which.ravel()])


@dataclass(frozen=True, slots=True)
class Draws:
    """Draws of one campaign's accounts, tied as their groups tie them.

    score = sqrt(1 - s^2) * (the group's) + s * (own): one-factor Gaussian copula, spread s in [0, 1].
    """

    rng: np.random.Generator
    group: Ints
    """per account; a lone account is a group of one"""
    queue: Floats
    """per account: where it stands in its group's queue, uniform in 0..1"""
    order: Floats
    """per account: how strictly its group keeps the queue, 0..1"""
    even: Floats
    """per account: 1 where the group's own parts are spread evenly, as by a timer"""

    @property
    def shared(self) -> Floats:
        """One standard normal score per group, given to its accounts."""
        return np.asarray(self.rng.normal(size=int(self.group.max()) + 1)[self.group])

    def own(self) -> Floats:
        """Own parts in the order of the queue. A queue place says nothing of an account, so the law stays normal."""
        n = len(self.group)
        keys = self.order * self.queue + (1 - self.order) * self.rng.random(n)
        place = ranked(keys, self.group)
        noise = self.rng.random(n)
        even = np.clip((place + noise) / np.bincount(self.group)[self.group], 1e-9, 1 - 1e-9)
        plain = self.rng.random(n)
        in_order = np.lexsort((plain, self.group))
        of_place = np.lexsort((keys, self.group))
        sorted_own = np.empty(n)
        sorted_own[of_place] = plain[in_order]
        return np.asarray(ndtri(np.where(self.even > 0, even, np.clip(sorted_own, 1e-12, 1 - 1e-12))))

    def scores(self, spread: Floats, *, queued: bool = False) -> Floats:
        own = self.own() if queued else self.rng.normal(size=len(self.group))
        return np.asarray(np.sqrt(1 - spread**2) * self.shared + spread * own)
