"""Number of accounts -> groups: farms and the honest groups that look like them, with their sizes."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np

from abuse.simulate.world import Ints, decides

FARMS = ("star", "chain", "disperse")
LOOK_ALIKES = ("exchange_crowd", "payroll", "family")
FARM_SHARE = (0.155, 0.195)
LARGEST_SHARE, LARGEST = 0.06, 1_500
LONGEST_CHAIN = 150
CANDIDATE = 5
"""Groups from this size on could be taken for a farm."""
SPREAD, SPREAD_SHARE = 3, 0.25
"""The level of farms that start over several days, and how many do."""


@dataclass(frozen=True)
class Group:
    """Accounts that have something in common. `level`: 0 constant, 1 jittered, 3 spread over days; none if honest."""

    id: str
    kind: str
    members: Ints
    level: int | None = None

    @property
    def is_farm(self) -> bool:
        return self.kind in FARMS


def groups(rng: np.random.Generator, accounts: int) -> list[Group]:
    """Disjoint groups over places 0 .. accounts - 1; whoever is in none is on their own."""
    farms = farm_sizes(rng, accounts)
    kinds = [farm_kind(rng, size) for size in farms]
    honest = honest_sizes(rng, accounts, farms)
    sizes = farms + [size for _, size in honest]
    kinds += [kind for kind, _ in honest]
    ids = rng.permutation(len(sizes))
    parts = np.split(rng.permutation(accounts), np.cumsum(sizes))
    return [
        Group(f"g{number:05d}", kind, members.astype(np.int64), farm_level(rng) if kind in FARMS else None)
        for number, kind, members in zip(ids, kinds, parts[:-1], strict=True)
    ]


def farm_sizes(rng: np.random.Generator, accounts: int) -> list[int]:
    """2 to 19 geometric (multi-wallet people are common), a tail from 20 on as measured in published airdrop lists."""
    cap = min(LARGEST, max(2 * CANDIDATE, int(accounts * LARGEST_SHARE)))
    left = round(accounts * rng.uniform(*FARM_SHARE))
    sizes: list[int] = []
    while left > 1:
        is_large = decides(rng, 0.25)
        drawn = truncated_pareto(rng, 20, LARGEST) if is_large else 1 + min(int(rng.geometric(0.17)), 18)
        sizes.append(min(drawn, cap, left))
        left -= sizes[-1]
    return sizes


def truncated_pareto(rng: np.random.Generator, low: int, high: int, exponent: float = 1.22) -> int:
    """Exponent of the published ZK claim clusters."""
    rest = 1 - (low / high) ** exponent
    return int(low / (1 - rng.random() * rest) ** (1 / exponent))


def farm_kind(rng: np.random.Generator, size: int) -> str:
    if size > LONGEST_CHAIN:
        return str(rng.choice(["star", "disperse"]))
    return str(rng.choice(FARMS, p=[0.45, 0.25, 0.3]))


def farm_level(rng: np.random.Generator) -> int:
    return SPREAD if decides(rng, SPREAD_SHARE) else int(rng.integers(0, 2))


def honest_sizes(rng: np.random.Generator, accounts: int, farms: list[int]) -> list[tuple[str, int]]:
    """At least as many look-alikes as farms, counted from the candidate size on, as far as there are honest people."""
    room = int(0.8 * (accounts - sum(farms)))
    candidates = ceil(1.1 * sum(size >= CANDIDATE for size in farms)) + 1
    payroll_cap = min(40, max(8, accounts // 50))
    crowd_cap = min(150, max(8, accounts // 30))
    found: list[tuple[str, int]] = []
    for place in range(candidates):
        kind, cap = ("payroll", payroll_cap) if place % 2 else ("exchange_crowd", crowd_cap)
        spare = room - CANDIDATE * (candidates - place - 1)  # the smallest size for those still to come
        found.append((kind, max(CANDIDATE, min(log_uniform(rng, CANDIDATE, cap), spare))))
        room -= found[-1][1]
    for _ in range(ceil(0.8 * len(farms))):
        size = int(rng.integers(2, 7))
        if size <= room:
            found.append(("family", size))
            room -= size
    return found


def log_uniform(rng: np.random.Generator, low: int, high: int) -> int:
    return int(np.exp(rng.uniform(np.log(low), np.log(high + 1))))
