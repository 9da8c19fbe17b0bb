"""Members' independent draws -> draws that depend on one another, each still from the same law for any one member."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from abuse.simulate.people import COINS_SIGMA, MAX_COINS, MIN_COINS, with_decimals
from abuse.simulate.plan import Plan
from abuse.simulate.world import COIN, Floats, Ints, World, decides


def share(plan: Plan, members: Ints, *fields: str) -> None:
    """What the first drew goes for all."""
    for name in fields:
        column: NDArray[np.generic] = getattr(plan, name)
        column[members] = column[members[0]]


def blended(own: Floats, tie: float) -> Floats:
    """Normal draws that correlate by `tie`; the first one's is what is in common. Each stays a normal draw."""
    return np.asarray(np.sqrt(tie) * own[0] + np.sqrt(1 - tie) * own)


def tie_amounts(rng: np.random.Generator, plan: Plan, members: Ints, tie: float, world: World) -> None:
    """Budgets alike to the degree `tie`, in each member's own number of decimals."""
    z = blended(rng.standard_normal(len(members)), tie)
    coins = np.clip(world.priors.coins * np.exp(COINS_SIGMA * z), MIN_COINS, MAX_COINS)
    plan.budget[members] = plan.received[members] = with_decimals(coins, plan.decimals[members])


def equal_amounts(rng: np.random.Generator, plan: Plan, members: Ints, jitter: float) -> None:
    """The first one's budget, give or take a share of it, in one number of decimals that shows the difference."""
    coins = plan.budget[members[0]] / COIN
    visible = int(np.ceil(-np.log10(coins))) + (1 if jitter == 0 else 2)
    if plan.decimals[members[0]] < visible:
        plan.decimals[members[0]] = min(visible, 9)
    share(plan, members, "decimals")
    jittered = coins * rng.uniform(1 - jitter, 1 + jitter, len(members))
    plan.budget[members] = plan.received[members] = with_decimals(jittered, plan.decimals[members])


def same_tasks(rng: np.random.Generator, plan: Plan, members: Ints, *, shuffle: bool) -> None:
    """The first one's list for all; each wallet's order is its own if shuffled."""
    share(plan, members, "task_list", "num_tasks", "rounds")
    if shuffle:
        place = np.arange(plan.task_list.shape[1])
        is_listed = place < plan.num_tasks[members[0]]
        keys = np.where(is_listed, rng.random((len(members), len(place))) - 1, place)
        reorder(plan, members, keys)


def similar_tasks(rng: np.random.Generator, plan: Plan, members: Ints, noise: float) -> None:
    """Most of the list in about its order, a task more or less; the further down the likelier it differs."""
    share(plan, members, "task_list")
    reorder(plan, members, np.arange(plan.task_list.shape[1]) + rng.normal(0, noise, plan.task_list[members].shape))
    varied = plan.num_tasks[members[0]] + rng.integers(-1, 2, len(members))
    plan.num_tasks[members] = np.clip(varied, 1, plan.task_list.shape[1])
    if decides(rng, 0.5):
        share(plan, members, "rounds")


def reorder(plan: Plan, members: Ints, keys: Floats) -> None:
    order = np.argsort(keys, axis=1, kind="stable")
    plan.task_list[members] = np.take_along_axis(plan.task_list[members], order, axis=1)
