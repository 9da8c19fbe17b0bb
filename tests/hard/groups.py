"""The groups of one campaign: kind, size, and how tightly each draw is tied."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.hard import kinds
from tests.hard.laws import DEPOSITS, SWEEPS, Floats, Ints

SMALLEST = 5
LARGEST = 400
LEVEL_SHARES = (0.22, 0.30, 0.28, 0.20)
FARM_TIES = (0.85, 0.74, 0.60, 0.46)
"""Chance per level that a farm ties a draw its kind does not tie anyway."""
HONEST_TIES = (0.34, 0.30, 0.26, 0.22)
SPREADS = (0.04, 0.10, 0.24, 0.45)
"""Median spread of a tied draw, per level. Look-alikes have levels too, drawn by the same shares."""
FINE_SCALE = 0.35
OWN_TIES = 0.85
"""Chance that a draw of the kind's own list is tied."""
FARM_QUEUE = (0.85, 0.75, 0.6, 0.45)
HONEST_QUEUE = 0.22
MIXTURES = 0.15
"""Share of farms found with honest strangers attached."""
LUMPED = 0.10
"""Share of look-alikes with strangers attached."""
ANCHORED = ("class", "quest_crowd", "behaviour_only", "sink_only")
"""Kinds that nobody pays jointly: what they share is when they act."""
UNDECIDED = -1


@dataclass(frozen=True, kw_only=True, slots=True)
class Groups:
    """One row per group."""

    size: Ints
    is_farm: Ints
    level: Ints
    structure: Ints
    kind: list[str]
    is_mixture: Ints
    strangers: Ints
    """so many of its accounts are attached strangers"""
    spread: Floats
    """group x draw"""
    order: Floats
    even: Ints
    hubs: Ints
    batches: Ints
    sink: Ints
    """where all its money goes, or UNDECIDED: each account's own choice"""
    sink_share: Floats
    """share of its accounts that use the group's sink"""
    anchored: Ints
    """1: what is common is the first action, not the funding"""


def sizes(rng: np.random.Generator, n: int) -> Ints:
    """Geometric from 5, and one in twenty with a Pareto tail, to some hundreds."""
    small = SMALLEST + np.floor(rng.exponential(3.2, n))
    large = np.floor(14 * rng.random(n) ** (-1 / 1.2))
    return np.asarray(np.minimum(np.where(rng.random(n) < 0.05, large, small), LARGEST), np.int64)


def kind_names(rng: np.random.Generator, size: Ints, is_farm: Ints, structure: Ints) -> list[str]:
    names = []
    for n, farm, form, u in zip(
        size.tolist(), is_farm.tolist(), structure.tolist(), rng.random(len(size)), strict=True
    ):
        choice = (kinds.FARMS if farm else kinds.LOOKALIKES)[form]
        fits = [kind for kind in choice if n <= kinds.SMALL_ONLY.get(kind, LARGEST)]
        names.append(fits[int(u * len(fits))])
    return names


def spreads(rng: np.random.Generator, kind: list[str], is_farm: Ints, level: Ints) -> Floats:
    """Own ties of the kind, some more by chance, the rest nearly free; each group with a hand of its own."""
    shape = (len(kind), len(kinds.DRAWS))
    always = np.array([[draw in kinds.TIED[name] for draw in kinds.DRAWS] for name in kind])
    chance = np.where(is_farm > 0, np.take(FARM_TIES, level), np.take(HONEST_TIES, level))
    chance = np.clip(chance * np.exp(rng.normal(0, 0.25, len(kind))), 0, 0.95)
    tied = np.where(always, rng.random(shape) < OWN_TIES, rng.random(shape) < chance[:, None])
    hand = rng.normal(0, 0.5, len(kind))[:, None] + rng.normal(0, 0.6, shape)
    tight = np.take(SPREADS, level)[:, None] * np.exp(hand)
    tight *= np.where([draw in kinds.FINE for draw in kinds.DRAWS], FINE_SCALE, 1.0)
    return np.asarray(np.where(tied, np.minimum(tight, 1.0), rng.uniform(0.8, 1.0, shape)))


def forced_sinks(rng: np.random.Generator, kind: list[str], structure: Ints) -> Ints:
    """Exchange groups end in a deposit address; in the unpaid ones farms and look-alikes end so equally often."""
    u = rng.random(len(kind))
    unpaid = {
        "sink_only": np.where(u < 0.6, SWEEPS, DEPOSITS),
        "victims": np.full(len(kind), SWEEPS),
        "class": np.where(u < 0.3, DEPOSITS, UNDECIDED),
        "quest_crowd": np.where(u < 0.3, DEPOSITS, UNDECIDED),
    }
    free = np.full(len(kind), UNDECIDED)
    chosen = np.array([unpaid.get(name, free)[n] for n, name in enumerate(kind)])
    return np.where(structure == kinds.EXCHANGE, DEPOSITS, chosen)


def num_strangers(rng: np.random.Generator, size: Ints) -> Ints:
    """A tenth to four tenths of the group."""
    wanted = np.rint(size * rng.uniform(0.1, 0.4, len(size)))
    return np.clip(wanted, np.ceil(0.1 * size), np.floor(0.4 * size)).astype(np.int64)


def labels(rng: np.random.Generator, size: Ints, farm_share: float) -> Ints:
    """Systematic sampling along the sizes, so that farms and look-alikes have the same sizes in every sample."""
    passed = np.floor(np.arange(len(size) + 1) * farm_share + rng.random())
    is_farm = np.empty(len(size), np.int64)
    is_farm[np.lexsort((rng.random(len(size)), size))] = np.diff(passed)
    return is_farm


def groups(rng: np.random.Generator, n: int, farm_share: float) -> Groups:
    """Size and structure are drawn before the label, by the same laws."""
    size = sizes(rng, n)
    structure = rng.choice(7, n, p=kinds.STRUCTURE_SHARES)
    is_farm = labels(rng, size, farm_share)
    level = rng.choice(4, n, p=LEVEL_SHARES)
    kind = kind_names(rng, size, is_farm, structure)
    is_lumped = (rng.random(n) < np.where(is_farm > 0, MIXTURES, LUMPED)).astype(np.int64)
    queue = np.where(is_farm > 0, np.take(FARM_QUEUE, level), HONEST_QUEUE)
    sink_share = np.clip(1 - np.take(SPREADS, level) * np.exp(rng.normal(0, 0.6, n)), 0.1, 1)
    tied_sink = np.array(["sink" in kinds.TIED[name] for name in kind])
    return Groups(
        size=size,
        is_farm=is_farm,
        level=level,
        structure=structure,
        kind=kind,
        is_mixture=is_lumped * is_farm,
        strangers=is_lumped * num_strangers(rng, size),
        spread=spreads(rng, kind, is_farm, level),
        order=np.where(rng.random(n) < queue, rng.uniform(0.6, 1, n), rng.uniform(0, 0.3, n)),
        even=(rng.random(n) < np.where(is_farm > 0, 0.35, 0.2)).astype(np.int64),
        hubs=1 + (rng.random(n) < 0.1 + 0.1 * level).astype(np.int64),
        batches=1 + rng.binomial(2, 0.1 + 0.15 * level),
        sink=forced_sinks(rng, kind, structure),
        sink_share=np.where(tied_sink | (rng.random(n) < 0.5), sink_share, sink_share * rng.uniform(0, 0.6, n)),
        anchored=(np.isin(kind, ANCHORED) & (rng.random(n) < 0.7)).astype(np.int64),
    )
