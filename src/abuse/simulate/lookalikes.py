"""An honest group -> what its members share: an exchange in one hour, an employer, or each other. Otherwise they act
on their own, which is what tells them from a farm.
"""

from __future__ import annotations

import numpy as np

from abuse.simulate import plan as prior
from abuse.simulate.groups import Group
from abuse.simulate.plan import Payout, Plan, Scenario, act_after_funding, inside_campaign, pass_on
from abuse.simulate.world import COIN, DAY, HISTORY, HOUR, MINUTE, NOBODY, STABLE_UNITS, Ints, World, decides, happens

MONTH = 30 * DAY
CIRCLE = 3


def live(rng: np.random.Generator, scenario: Scenario, group: Group, world: World) -> None:
    """Overwrites the draws that a look-alike group shares."""
    if group.kind == "exchange_crowd":
        crowd(rng, scenario.plan, group.members, world)
    elif group.kind == "payroll":
        payroll(rng, scenario, group.members, world)
    else:
        family(rng, scenario.plan, group.members)


def crowd(rng: np.random.Generator, plan: Plan, members: Ints, world: World) -> None:
    """Customers of one exchange who withdrew in one hour; half of the crowds also start soon after."""
    n = len(members)
    hour = float(rng.uniform(-20 * DAY, 10 * DAY))
    plan.payer[members] = rng.choice(world.hot_wallets, p=[0.15, 0.15, 0.1, 0.1, 0.5])
    plan.through[members] = NOBODY
    plan.funded_at[members] = hour + rng.random(n) * HOUR
    soon = np.maximum(plan.funded_at[members], 0.0) + HOUR + rng.lognormal(np.log(6 * HOUR), 1.0, n)
    is_late = plan.first_at[members] > plan.funded_at[members] + HOUR
    own = np.where(is_late, plan.first_at[members], soon)
    plan.first_at[members] = inside_campaign(soon if decides(rng, 0.5) else own)


def payroll(rng: np.random.Generator, scenario: Scenario, members: Ints, world: World) -> None:
    """A company pays its people by one transaction a month; where it pays in coins, some had no gas before."""
    plan, company = scenario.plan, world.addresses.one()
    in_stable = decides(rng, 0.5)
    pay_days = float(rng.uniform(-55 * DAY, -32 * DAY)) + np.arange(3) * MONTH
    pay_days += rng.uniform(-HOUR, HOUR, 3)
    if in_stable:
        salary = rng.choice([500, 800, 1_000, 1_500, 2_000, 3_000], len(members)) * STABLE_UNITS
    else:
        salary = rng.choice([10, 20, 25, 50, 100], len(members)) * (COIN // 100)
        is_new = happens(rng, 0.5, len(members))
        start = pay_days[rng.integers(0, 2, len(members))]
        on_time = start < plan.first_at[members] - HOUR
        new = members[is_new]
        plan.payer[new], plan.through[new] = NOBODY, NOBODY
        plan.funded_at[new] = np.where(on_time, start, pay_days[0])[is_new]
        plan.budget[new] = plan.received[new] = salary[is_new]
    act_after_funding(plan, members)
    seen = ~plan.is_hidden[members]
    for day in pay_days:
        paid = seen & (plan.funded_at[members] <= day)
        if paid.any():
            scenario.payouts.append(Payout(float(day), company, plan.address[members[paid]], salary[paid], in_stable))
    scenario.top_ups.append((company, float(pay_days[0]) - 2 * DAY, int(salary.sum() * 3.1), in_stable))


def family(rng: np.random.Generator, plan: Plan, members: Ints) -> None:
    """The first bought coins and sent some to the others, directly or one through another; all start within days."""
    seen = members[~plan.is_hidden[members]]
    if len(seen) == 0:
        return
    start = float(prior.first_actions(rng, 1)[0])
    plan.first_at[members] = inside_campaign(start + rng.uniform(0, 4 * DAY, len(members)))
    waits = np.cumsum(rng.lognormal(np.log(3 * HOUR), 1.2, len(seen)).clip(5 * MINUTE, DAY))
    lag = float(prior.funding_lags(rng, 1)[0])
    begin = max(start - lag - float(waits[-1]), HISTORY + 3 * DAY)
    plan.funded_at[seen] = begin + waits
    parent = np.array([0] + [int(rng.integers(0, place)) for place in range(1, len(seen))])
    pass_on(plan, seen, parent)


def befriend(rng: np.random.Generator, plan: Plan, everyone_groups: list[Ints]) -> None:
    """Gives some people a friend inside the campaign, from a circle of at most three of the same group.

    Small circles, or chance payments would tie everybody into one component.
    """
    for members in everyone_groups:
        seen = rng.permutation(members[~plan.is_hidden[members]])
        for first in range(0, len(seen) - 1, CIRCLE):
            circle = seen[first : first + CIRCLE]
            knows = happens(rng, 0.4, len(circle))
            plan.friend[circle[knows]] = plan.address[np.roll(circle, 1)[knows]]
