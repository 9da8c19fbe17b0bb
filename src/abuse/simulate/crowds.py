"""Strangers who look as if they were one: served in one hour, taught in one lesson, sent by one page."""

from __future__ import annotations

import numpy as np

from abuse.simulate import ties
from abuse.simulate.people import with_decimals
from abuse.simulate.plan import NEVER, Plan, Scenario, fund_alone
from abuse.simulate.priors import DAY
from abuse.simulate.world import HOUR, MINUTE, NOBODY, Floats, Ints, World, decides

REFUEL_TIERS = (0.005, 0.01, 0.02, 0.05)
"""Coins that a refuel service sells."""


def exchange_crowd(rng: np.random.Generator, scenario: Scenario, members: Ints, world: World) -> None:
    """Customers of one exchange who withdrew in one hour; half of the crowds also start soon after."""
    plan = scenario.plan
    plan.payer[members] = world.deposits_go_to(rng, 1)[0]
    plan.through[members] = NOBODY
    served_within(rng, plan, members, HOUR, world)


def relayer_crowd(rng: np.random.Generator, scenario: Scenario, members: Ints, world: World) -> None:
    """First gas from a service that no list knows, in its own round amounts, in a busy hour or day of it."""
    plan = scenario.plan
    plan.payer[members], plan.through[members] = world.refuel_relayer, world.refuel
    plan.budget[members] = with_decimals(rng.choice(REFUEL_TIERS, len(members)), np.full(len(members), 3))
    plan.received[members] = plan.budget[members]
    served_within(rng, plan, members, float(rng.choice([HOUR, 6 * HOUR, DAY])), world)


def served_within(rng: np.random.Generator, plan: Plan, members: Ints, window: float, world: World) -> None:
    n = len(members)
    start = float(rng.uniform(-20 * DAY, world.length / 3))
    plan.funded_at[members] = start + rng.random(n) * window
    soon = np.maximum(plan.funded_at[members], 0.0) + HOUR + rng.lognormal(np.log(6 * HOUR), 1.0, n)
    is_late = plan.first_at[members] > plan.funded_at[members] + HOUR
    own = np.where(is_late, plan.first_at[members], soon)
    begin_inside(plan, members, soon if decides(rng, 0.5) else own, world)


def begin_inside(plan: Plan, members: Ints, at: Floats, world: World) -> None:
    """Moves visits; what would come after the campaign does not happen."""
    last = world.length - 2 * HOUR
    plan.begin(members, np.minimum(at, last))
    visits = plan.visits[members]
    plan.visits[members] = np.where(visits > last, NEVER, visits)
    plan.visits[members, 0] = np.minimum(at, last)


def quest_crowd(rng: np.random.Generator, scenario: Scenario, members: Ints, world: World) -> None:
    """A quest page lists the same tasks in the same order for all who come by it, whenever they come."""
    plan = scenario.plan
    ties.same_tasks(rng, plan, members, shuffle=False)
    fewer = rng.binomial(1, 0.25, len(members)) * rng.integers(1, 3, len(members))
    plan.num_tasks[members] = np.maximum(plan.num_tasks[members] - fewer, 1)
    if decides(rng, 0.5):  # announced to all, so half of the crowds come within days
        start = float(plan.first_at[members[0]])
        begin_inside(plan, members, start + rng.exponential(1.5 * DAY, len(members)), world)
    fund_alone(plan, members)


def lesson(rng: np.random.Generator, scenario: Scenario, members: Ints, world: World) -> None:
    """A class does what the teacher shows: the same calls in the same hour, with money of their own."""
    plan, n = scenario.plan, len(members)
    ties.same_tasks(rng, plan, members, shuffle=False)
    ties.share(plan, members, "gap_low_s", "gap_high_s")
    slow = np.maximum(plan.gap_low_s[members[0]], 40.0)
    plan.gap_low_s[members], plan.gap_high_s[members], plan.gap_sigma[members] = slow, 4 * slow, 0.4
    start = float(plan.first_at[members[0]])
    begin_inside(plan, members, start + rng.lognormal(np.log(4 * MINUTE), 0.8, n), world)
    plan.visits[members[:, None], np.arange(1, plan.visits.shape[1])] = NEVER
    fund_alone(plan, members)
