"""A farm group -> its members' draws, tied together by one hidden operator and his script.

Sleeps, jitter and decimals are those of public farming scripts: uniform waits, narrow bounds, a serial queue.
"""

from __future__ import annotations

import numpy as np

from abuse.simulate import plan as prior
from abuse.simulate.groups import SPREAD, Group
from abuse.simulate.plan import Payout, Plan, Scenario, pass_on
from abuse.simulate.world import (
    COIN,
    DAY,
    HISTORY,
    HOUR,
    LAST_CASH_OUT,
    LENGTH,
    MINUTE,
    NOBODY,
    Floats,
    Ints,
    World,
    decides,
)

BETWEEN_WALLETS_S = ((5, 10), (5, 15), (10, 20), (20, 40), (20, 60), (30, 60), (40, 60), (300, 600))
BETWEEN_ACTIONS_S = ((5, 10), (10, 20), (20, 120), (25, 40))
MAX_BATCH = 150
"""Recipients that fit into one transaction's gas."""


def run_farm(rng: np.random.Generator, scenario: Scenario, farm: Group, world: World) -> None:
    """Overwrites the draws that the operator decides; all others stay each member's own."""
    plan, members = scenario.plan, farm.members
    share_habits(rng, plan, members)
    share_amounts(rng, plan, farm)
    first = queue_actions(rng, plan, farm)
    funding = queue_funding(rng, plan, farm, first)
    seen = members[~plan.is_hidden[members]]
    if len(seen):
        fund(rng, scenario, farm.kind, seen[np.argsort(plan.funded_at[seen])], funding, world)
    if decides(rng, 0.85):
        share_sink(rng, plan, members, world)


def queue(rng: np.random.Generator, n: int) -> Floats:
    """Seconds at which a script that sleeps between wallets comes to each of `n`; a day at most."""
    fitting = [(low, high) for low, high in BETWEEN_WALLETS_S if n * (low + high) / 2 <= DAY]
    low, high = fitting[rng.integers(len(fitting))]
    return np.cumsum(rng.uniform(low, high, n))


def share_habits(rng: np.random.Generator, plan: Plan, members: Ints) -> None:
    """One task list for all, give or take an action."""
    base = prior.num_actions(rng, 1)[0]
    plan.num_actions[members] = np.clip(base + rng.integers(-1, 2, len(members)), 1, 12)
    low, high = (float(side[0]) for side in prior.action_gaps(rng, 1))
    if high < HOUR:
        low, high = BETWEEN_ACTIONS_S[rng.integers(len(BETWEEN_ACTIONS_S))]
    plan.gap_low_s[members], plan.gap_high_s[members] = low, high
    plan.claims[members] = decides(rng, 0.5)


def share_amounts(rng: np.random.Generator, plan: Plan, farm: Group) -> None:
    """One amount, with a narrow jitter above level 0, in one number of decimals."""
    coins = prior.amounts(rng, 1)[0] / COIN
    spread = 0.0 if farm.level == 0 else rng.uniform(0.02, 0.1)
    jittered = coins * rng.uniform(1 - spread, 1 + spread, len(farm.members))
    decimals = int(np.clip(np.ceil(-np.log10(coins)) + rng.integers(1, 4), 2, 6))
    plan.budget[farm.members] = prior.with_decimals(jittered, np.full(len(farm.members), decimals))
    plan.received[farm.members] = plan.budget[farm.members]


def queue_actions(rng: np.random.Generator, plan: Plan, farm: Group) -> float:
    """First actions in one queue, or over several days at level 3. When the first of them is."""
    n = len(farm.members)
    start = float(prior.first_actions(rng, 1)[0])
    offsets = np.sort(rng.random(n)) * rng.uniform(3, 7) * DAY if farm.level == SPREAD else queue(rng, n)
    start = max(min(start, LENGTH - 2 * HOUR - float(offsets[-1])), 0.0)
    order = rng.permutation(n) if decides(rng, 0.5) else np.arange(n)
    plan.first_at[farm.members] = start + offsets[order]
    return start


def queue_funding(rng: np.random.Generator, plan: Plan, farm: Group, first: float) -> float:
    """Everybody is funded before anybody acts. When the first of them is."""
    n = len(farm.members)
    offsets = queue(rng, n)
    lag = float(prior.funding_lags(rng, 1)[0])
    start = max(first - lag - float(offsets[-1]), HISTORY + 3 * DAY)
    if farm.kind == "disperse":
        offsets = (np.arange(n) // MAX_BATCH).astype(np.float64) * 2 * MINUTE
    plan.funded_at[farm.members] = start + offsets
    return start


def fund(rng: np.random.Generator, scenario: Scenario, kind: str, members: Ints, funding: float, world: World) -> None:
    """Ties the members' funding to the operator's wallet in the way of the farm's kind. `members` in funding order."""
    plan, operator = scenario.plan, world.addresses.one()
    plan.through[members] = NOBODY
    plan.payer[members] = operator
    total = int(plan.received[members].sum())
    if kind == "chain":
        pass_on(plan, members, np.arange(len(members)) - 1)
    if kind == "disperse":
        plan.payer[members] = NOBODY
        for first in range(0, len(members), MAX_BATCH):
            batch = members[first : first + MAX_BATCH]
            at = float(plan.funded_at[batch].max())
            plan.funded_at[batch] = at
            scenario.payouts.append(Payout(at, operator, plan.address[batch], plan.received[batch].copy()))
    before = float(rng.uniform(10 * MINUTE, 2 * DAY))
    scenario.top_ups.append((operator, funding - before, int(total * rng.uniform(1.01, 1.1)), False))


def share_sink(rng: np.random.Generator, plan: Plan, members: Ints, world: World) -> None:
    """All cash out to one collector, a wallet or one exchange deposit address, in one queue after the last action."""
    plan.sink[members] = world.addresses.one()
    plan.onward[members] = world.deposits_go_to(rng, 1)[0] if decides(rng, 0.4) else NOBODY
    longest = plan.first_at[members] + (plan.num_actions[members] - 1) * plan.gap_high_s[members]
    offsets = queue(rng, len(members))
    lag = plan.cash_out_after[members[0]]
    start = min(min(float(longest.max()), LENGTH) + lag, LAST_CASH_OUT - float(offsets[-1]))
    plan.cash_out_at[members] = start + offsets
