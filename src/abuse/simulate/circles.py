"""People who know each other, or one person: money goes between wallets, and everybody lives their own life."""

from __future__ import annotations

import numpy as np

from abuse.simulate import ties
from abuse.simulate.crowds import begin_inside
from abuse.simulate.people import with_decimals
from abuse.simulate.plan import Payments, Scenario, fund_alone, fund_before_acting, pass_on
from abuse.simulate.priors import DAY
from abuse.simulate.world import COIN, HISTORY, HOUR, MINUTE, NOBODY, Ints, World, decides, happens

GRANTS = (0.01, 0.02, 0.05, 0.1)
"""Coins a treasury gives."""


def family(rng: np.random.Generator, scenario: Scenario, members: Ints, world: World) -> None:
    """The first bought coins and sent some to the others, directly or one through another; all start within days."""
    plan = scenario.plan
    seen = members[~plan.is_hidden[members]]
    if len(seen) == 0:
        return
    start = float(plan.first_at[members[0]])
    begin_inside(plan, members, start + rng.uniform(0, 4 * DAY, len(members)), world)
    waits = np.cumsum(rng.lognormal(np.log(3 * HOUR), 1.2, len(seen)).clip(5 * MINUTE, DAY))
    begin = max(start - float(plan.lag_s[members[0]]) - float(waits[-1]), HISTORY + 5 * DAY)
    plan.funded_at[seen] = begin + waits
    fund_before_acting(plan, seen)
    parent = np.array([0] + [int(rng.integers(0, place)) for place in range(1, len(seen))])
    pass_on(plan, seen, parent)


def one_person(rng: np.random.Generator, scenario: Scenario, members: Ints, world: World) -> None:
    """A few wallets of one honest person, by hand: one evening or several, often one exchange account at the end.

    The policy tolerates them.
    """
    plan, n = scenario.plan, len(members)
    ties.share(plan, members, "gap_low_s", "gap_high_s", "tip", "decimals")
    if decides(rng, 0.5):
        ties.similar_tasks(rng, plan, members, 1.0)
    start = float(plan.first_at[members[0]])
    pause = rng.choice([10 * MINUTE, 2 * HOUR, DAY])
    begin_inside(plan, members, start + np.cumsum(rng.lognormal(np.log(pause), 0.8, n)), world)
    fund_alone(plan, members)
    if decides(rng, 0.6):
        plan.payer[members] = plan.payer[members[0]]
        plan.through[members] = plan.through[members[0]]
        lag = float(plan.lag_s[members[0]])
        plan.funded_at[members] = start - lag + np.arange(n) * float(rng.uniform(2 * MINUTE, HOUR))
        fund_before_acting(plan, members)
    if decides(rng, 0.6):
        plan.sink[members], plan.onward[members] = plan.sink[members[0]], plan.onward[members[0]]


def guild(rng: np.random.Generator, scenario: Scenario, members: Ints, world: World) -> None:
    """A shared treasury pays some of its people round sums over weeks; for some it is their first gas."""
    plan, treasury = scenario.plan, world.addresses.one()
    seen = members[~plan.is_hidden[members]]
    paid = seen[happens(rng, float(rng.uniform(0.3, 0.7)), len(seen))]
    if decides(rng, 0.5):
        ties.similar_tasks(rng, plan, members, 2.0)
    if len(paid) == 0:
        return
    pay_people(rng, scenario, paid, treasury, GRANTS, float(rng.uniform(0.1, 0.6)), world)


def pay_people(
    rng: np.random.Generator,
    scenario: Scenario,
    members: Ints,
    payer: int,
    sums: tuple[float, ...],
    new_share: float,
    world: World,
) -> None:
    """Payments of round sums in a few batches over weeks; a share of those paid had nothing before."""
    plan, n = scenario.plan, len(members)
    sum_paid = with_decimals(rng.choice(sums, n), np.full(n, 3))
    is_new = happens(rng, new_share, n)
    new, old = members[is_new], members[~is_new]
    plan.payer[new], plan.through[new] = payer, NOBODY
    plan.budget[new] = plan.received[new] = sum_paid[is_new]
    plan.moves_on[new] = False
    days = np.sort(rng.uniform(-30 * DAY, world.length - 3 * DAY, 4))
    at = days[rng.integers(0, 4, len(old))] + rng.uniform(0, 3 * HOUR, len(old))
    at = np.maximum(at, plan.funded_at[old] + HOUR)
    plan.extra[old] += sum_paid[~is_new]
    plan.cash_out_at[old] = np.maximum(at + DAY, plan.first_at[old] + plan.cash_out_after[old])
    begin = min(float(plan.funded_at[members].min()), *at.tolist(), float(days[0])) - 10 * HOUR
    scenario.top_ups.append((payer, max(begin, HISTORY + HOUR), int(sum_paid.sum() * 1.3 + COIN), False))
    scenario.payments.append(Payments(payer, plan.address[old], at, sum_paid[~is_new]))
