"""A farm group -> its members' draws, tied together by one hidden operator and his script.

The level says how well he hides: 0 crude constants, 1 uniform jitter, 2 shuffled tasks, lognormal waits and small
batches, 3 days between wallets, hours and sinks of their own. From level 2 on each wallet alone is like anybody's.
"""

from __future__ import annotations

import numpy as np

from abuse.simulate import ties
from abuse.simulate.farm_money import fund, share_sink
from abuse.simulate.groups import CAREFUL, CRUDE, JITTERED, LONGEST_CHAIN, MIXTURE, Group
from abuse.simulate.plan import Plan, Scenario, fund_alone
from abuse.simulate.scripts import time_visits
from abuse.simulate.world import Ints, World, decides

UNFUNDED = ("sink_only", "behaviour_only")
"""Kinds whose wallets all have money from elsewhere."""
NO_SINK = "behaviour_only"
ALWAYS_ONE_SINK = ("sink_only", "exchange_batch")
AMOUNT_TIES = {CAREFUL: 0.8, CAREFUL + 1: 0.5}
ORDER_NOISE = {CAREFUL: 0.7, CAREFUL + 1: 1.8}
"""Places by which a task leaves its place in the list, one standard deviation."""
MIXED_KINDS = ("star", "tree", "disperse", "chain", "sink_only")


def run_farm(rng: np.random.Generator, scenario: Scenario, farm: Group, world: World) -> None:
    """Overwrites the draws that the operator decides; all others stay each member's own."""
    plan, members, level = scenario.plan, farm.farmed, farm.level or 0
    kind = mixed_kind(rng, len(members)) if farm.kind == MIXTURE else farm.kind
    give_tasks(rng, plan, members, level)
    give_amounts(rng, plan, members, level, world)
    share_habits(rng, plan, members, level)
    time_visits(rng, plan, members, level, world)
    if kind in UNFUNDED:
        fund_alone(plan, members)
    else:
        fund(rng, scenario, kind, members, level, world)
    if kind in ALWAYS_ONE_SINK or (kind != NO_SINK and decides(rng, 0.8)):
        share_sink(rng, plan, members, level, world, to_exchange=kind == "exchange_batch")


def mixed_kind(rng: np.random.Generator, size: int) -> str:
    return str(rng.choice([kind for kind in MIXED_KINDS if kind != "chain" or size <= LONGEST_CHAIN]))


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
