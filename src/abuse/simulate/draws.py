"""A group's members -> which of their draws are one hidden hand's, and how tightly. The same ties for farms and others.

No single tie tells a farm: people follow one guide, buy one pack, sit in one room. A farm has more of them at once.
"""

from __future__ import annotations

import numpy as np

from abuse.simulate import ties
from abuse.simulate.groups import CAREFUL, CRUDE, JITTERED
from abuse.simulate.plan import Plan
from abuse.simulate.scripts import time_visits
from abuse.simulate.world import Ints, World, decides, happens

DRAWS = ("tasks", "amounts", "habits", "visits", "funding", "exits")
MIN_TIES = 3
FARM_TIES = (0.95, 0.85, 0.75, 0.65)
"""Chance that a farm of each level ties each of the draws. Real crude ones tie nearly all: `poe bench farms`."""
HONEST_TIES = 0.3
"""The same of an honest group, which ties it as a farm of some level would, beside what its kind shares anyhow. Less
than the most careful farm's: how much is tied is what the label means, or scorers learn whatever else differs."""
AMOUNT_TIES = {CAREFUL: 0.8, CAREFUL + 1: 0.5}
ORDER_NOISE = {CAREFUL: 0.7, CAREFUL + 1: 1.8}
"""Places by which a task leaves its place in the list, one standard deviation."""


def farm_ties(rng: np.random.Generator, level: int) -> set[str]:
    """What a farm ties; three draws at least, or there is no farm to see."""
    order, is_tied = rng.permutation(DRAWS), happens(rng, FARM_TIES[level], len(DRAWS))
    tied = [name for name, tied in zip(DRAWS, is_tied, strict=True) if tied]
    others = [str(name) for name in order if name not in tied]
    return {*tied, *others[: max(MIN_TIES - len(tied), 0)]}


def honest_ties(rng: np.random.Generator) -> set[str]:
    is_tied = happens(rng, HONEST_TIES, len(DRAWS))
    return {name for name, tied in zip(DRAWS, is_tied, strict=True) if tied}


def tie(rng: np.random.Generator, plan: Plan, members: Ints, level: int, tied: set[str], world: World) -> None:
    """Overwrites the tied draws of what they do; all others stay each member's own. Of money see farm_money.py."""
    if "tasks" in tied:
        give_tasks(rng, plan, members, level)
    if "amounts" in tied:
        give_amounts(rng, plan, members, level, world)
    if "habits" in tied:
        share_habits(rng, plan, members, level)
    if "visits" in tied:
        time_visits(rng, plan, members, level, world)


def give_tasks(rng: np.random.Generator, plan: Plan, members: Ints, level: int) -> None:
    """One task list for all; from level 1 on wallets differ in order, from level 2 on in tasks."""
    if level < CAREFUL:
        ties.same_tasks(rng, plan, members, shuffle=level == JITTERED and decides(rng, 0.25))
    else:
        ties.similar_tasks(rng, plan, members, ORDER_NOISE[level])


def give_amounts(rng: np.random.Generator, plan: Plan, members: Ints, level: int, world: World) -> None:
    if level < CAREFUL:
        ties.equal_amounts(rng, plan, members, 0.0 if level == CRUDE else float(rng.uniform(0.02, 0.1)))
        ties.share(plan, members, "stake_low", "stake_high")
    else:
        ties.tie_amounts(rng, plan, members, AMOUNT_TIES[level], world)
    if level == CRUDE:
        plan.stake_high[members] = plan.stake_low[members]


def share_habits(rng: np.random.Generator, plan: Plan, members: Ints, level: int) -> None:
    """What a script fixes for all its wallets."""
    if level < CAREFUL:
        ties.share(plan, members, "num_swaps", "num_approvals", "tip", "moves_on", "cashes_out")
    if level <= CAREFUL:
        ties.share(plan, members, "claims", "reward", "gap_low_s", "gap_high_s")
    if level == CRUDE:
        plan.num_failed[members] = 0
        plan.pays_friend[members] = False
