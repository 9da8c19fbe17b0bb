"""Number of accounts -> groups: farms and the honest groups that look like them, with their sizes."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np

from abuse.simulate.world import Bools, Ints, decides

FARMS = (
    *("star", "chain", "tree", "disperse", "exchange_batch", "bridge_batch", "sink_only", "behaviour_only", "aged"),
)
UNFUNDED = ("sink_only", "behaviour_only")
"""Kinds whose wallets all have money from elsewhere."""
FUNDED = tuple(kind for kind in FARMS if kind not in UNFUNDED)
MIXTURE = "mixture"
"""A farm and honest people whom a payment or a common service ties to it; each account's truth is its own."""
MIXTURE_SHARE = 0.1
LARGEST_OF = {
    "exchange_crowd": 4_000, "payroll": 500, "family": 6, "one_person": 10, "class": 150, "quest_crowd": 1_500,
    "guild": 200, "relayer_crowd": 4_000, "victims": 300, "desk": 500, "sponsored": 4_000,
}  # fmt: skip
"""Members of an honest group, at most."""
SMALL = ("family", "one_person")
SPONSORED, SPONSORED_SHARE = "sponsored", 0.5
"""Paid in the very shapes in which farms are, and acting on their own. So many of the honest groups are such, or who
paid whom would tell the label, which is to lie in what members' acts have in common."""
LOOK_ALIKES = tuple(LARGEST_OF)
LARGEST_SHARE, LARGEST, GIANT = 0.06, 4_000, 10_000
GIANT_SHARE = 0.002
LONGEST_CHAIN = 150
CANDIDATE = 5
"""Groups from this size on could be taken for a farm."""
LOOK_ALIKE = 10
"""Honest groups but families and persons are about as large as the farms, from this size on: size tells nobody."""
CRUDE, JITTERED, CAREFUL, SPREAD = range(4)
"""How well an operator hides: not at all, uniform jitter, shuffled and split, spread over days and sinks."""


@dataclass(frozen=True)
class Group:
    """Accounts that have something in common. `level` of a farm is 0 to 3; none if honest."""

    id: str
    kind: str
    members: Ints
    is_farmed: Bools
    """Of each member: all of a farm, none of an honest group, most of a mixture."""
    level: int | None = None

    @property
    def farmed(self) -> Ints:
        return self.members[self.is_farmed]


def groups(rng: np.random.Generator, accounts: int, farm_share: float) -> list[Group]:
    """Disjoint groups over places 0 .. accounts - 1; whoever is in none is on their own."""
    farms = farm_sizes(rng, accounts, farm_share)
    kinds = [farm_kind(rng, size) for size in farms]
    sizes = [size + guests(rng, size) if kind == MIXTURE else size for kind, size in zip(kinds, farms, strict=True)]
    honest = honest_sizes(rng, accounts, sizes)
    kinds += [kind for kind, _ in honest]
    farmed = farms + [0] * len(honest)
    sizes += [size for _, size in honest]
    ids = rng.permutation(len(sizes))
    parts = np.split(rng.permutation(accounts), np.cumsum(sizes))
    return [
        Group(
            f"g{number:05d}",
            kind,
            members.astype(np.int64),
            rng.permutation(len(members)) < num,
            int(rng.integers(0, 4)) if num else None,
        )
        for number, kind, num, members in zip(ids, kinds, farmed, parts[:-1], strict=True)
    ]


def farm_sizes(rng: np.random.Generator, accounts: int, farm_share: float) -> list[int]:
    """2 to 19 geometric (multi-wallet people are common), a tail from 20 on as measured in published airdrop lists."""
    cap = min(GIANT, max(2 * CANDIDATE, int(accounts * LARGEST_SHARE)))
    left = max(round(accounts * farm_share), CANDIDATE)
    sizes: list[int] = []
    while left > 1:
        sizes.append(min(drawn_size(rng), cap, left))
        left -= sizes[-1]
    return sizes


def drawn_size(rng: np.random.Generator) -> int:
    if decides(rng, GIANT_SHARE):
        return GIANT
    return truncated_pareto(rng, 20, LARGEST) if decides(rng, 0.25) else 1 + min(int(rng.geometric(0.17)), 18)


def candidate_size(rng: np.random.Generator) -> int:
    """As farms have it, but for the small ones: families and persons with some wallets are enough of these."""
    while (size := drawn_size(rng)) < LOOK_ALIKE:
        pass
    return size


def truncated_pareto(rng: np.random.Generator, low: int, high: int, exponent: float = 1.22) -> int:
    """Exponent of the published ZK claim clusters."""
    rest = 1 - (low / high) ** exponent
    return int(low / (1 - rng.random() * rest) ** (1 / exponent))


def farm_kind(rng: np.random.Generator, size: int) -> str:
    """All about equally often; a chain of hundreds of wallets nobody has seen."""
    if size > CANDIDATE and decides(rng, MIXTURE_SHARE):
        return MIXTURE
    return str(rng.choice([kind for kind in FARMS if kind != "chain" or size <= LONGEST_CHAIN]))


def guests(rng: np.random.Generator, farmed: int) -> int:
    """Honest members of a mixture: 10 to 40 % of the whole."""
    share = rng.uniform(0.1, 0.4)
    return max(1, int(farmed * share / (1 - share)))


def honest_sizes(rng: np.random.Generator, accounts: int, farms: list[int]) -> list[tuple[str, int]]:
    """More look-alikes than farms from the candidate size on, of like sizes, as far as there are honest people."""
    room = int(0.9 * (accounts - sum(farms)))
    candidates = ceil(1.1 * sum(size >= CANDIDATE for size in farms)) + 1
    cap = max(2 * CANDIDATE, int(accounts * LARGEST_SHARE))
    found: list[tuple[str, int]] = []
    kinds = rng.permutation([kind for kind in LOOK_ALIKES if kind not in (*SMALL, SPONSORED)])
    for place in range(candidates):
        kind = SPONSORED if decides(rng, SPONSORED_SHARE) else str(kinds[place % len(kinds)])
        spare = room - CANDIDATE * (candidates - place - 1)  # the smallest size for those still to come
        size = min(candidate_size(rng), LARGEST_OF[kind], cap, spare)
        found.append((kind, max(CANDIDATE, size)))
        room -= found[-1][1]
    for _ in range(ceil(1.2 * len(farms))):
        kind = SMALL[int(rng.integers(0, 2))]
        size = int(rng.integers(2, LARGEST_OF[kind] + 1))
        if size <= room:
            found.append((kind, size))
            room -= size
    return found
