"""Many paid by one, or robbed by one: an employer, a desk or grants programme, whoever brings people in, a thief."""

from __future__ import annotations

import numpy as np

from abuse.simulate.circles import pay_people
from abuse.simulate.farm_money import fund, share_sink
from abuse.simulate.groups import FUNDED, LONGEST_CHAIN
from abuse.simulate.people import with_decimals
from abuse.simulate.plan import Payout, Scenario, Theft
from abuse.simulate.priors import DAY
from abuse.simulate.world import COIN, HOUR, NOBODY, STABLE_UNITS, Ints, World, decides, happens

MONTH = 30 * DAY
SALARIES_USD = (500, 800, 1_000, 1_500, 2_000, 3_000)
SALARIES = (10, 20, 25, 50, 100)
"""Hundredths of a coin."""
DESK_SUMS = (0.05, 0.1, 0.2, 0.25, 0.5, 1.0)
FROM_SERVICES = ("exchange_batch", "bridge_batch")
FRIENDS_SELL_SHARE, STRANGERS_SELL_SHARE = 0.4, 0.05
"""Honest groups whose members all sell through one desk: their boss's or their own, or one that a page recommends."""


def payroll(rng: np.random.Generator, scenario: Scenario, members: Ints, world: World) -> None:
    """A company pays its people by one transaction a month; where it pays in coins, some had no gas before."""
    plan, company = scenario.plan, world.addresses.one()
    in_stable = decides(rng, 0.5)
    pay_days = float(rng.uniform(-55 * DAY, -32 * DAY)) + np.arange(3) * MONTH + rng.uniform(-HOUR, HOUR, 3)
    if in_stable:
        salary = rng.choice(SALARIES_USD, len(members)) * STABLE_UNITS
    else:
        salary = rng.choice(SALARIES, len(members)) * (COIN // 100)
        is_new = happens(rng, 0.5, len(members))
        start = pay_days[rng.integers(0, 2, len(members))]
        on_time = start < plan.first_at[members] - HOUR
        new = members[is_new]
        plan.payer[new], plan.through[new] = NOBODY, NOBODY
        plan.funded_at[new] = np.where(on_time, start, pay_days[0])[is_new]
        plan.budget[new] = plan.received[new] = salary[is_new]
    seen = ~plan.is_hidden[members]
    for day in pay_days:
        paid = seen & (plan.funded_at[members] <= day)
        if paid.any():
            scenario.payouts.append(Payout(float(day), company, plan.address[members[paid]], salary[paid], in_stable))
    scenario.top_ups.append((company, float(pay_days[0]) - 2 * DAY, int(salary.sum() * 3.1), in_stable))


def desk(rng: np.random.Generator, scenario: Scenario, members: Ints, world: World) -> None:
    """An over-the-counter desk or a grants programme: round sums to many, most of whom had wallets before."""
    seen = members[~scenario.plan.is_hidden[members]]
    if len(seen):
        pay_people(rng, scenario, seen, world.addresses.one(), DESK_SUMS, float(rng.uniform(0, 0.5)), world)


def sponsored(
    rng: np.random.Generator, scenario: Scenario, members: Ints, level: int, timing: int | None, world: World
) -> None:
    """Somebody brings people in and pays their first gas, in any shape in which an operator would; some of those who
    know their sponsor sell through them.
    """
    kind = str(rng.choice([kind for kind in FUNDED if kind != "chain" or len(members) <= LONGEST_CHAIN]))
    fund(rng, scenario, kind, members, level, timing, world)
    if decides(rng, STRANGERS_SELL_SHARE if kind in FROM_SERVICES else FRIENDS_SELL_SHARE):
        share_sink(rng, scenario.plan, members, level, world, to_exchange=kind == "exchange_batch")


def victims(rng: np.random.Generator, scenario: Scenario, members: Ints, world: World) -> None:
    """Everybody signed the same false page, and one thief takes what each has, within days of a wave of messages.

    Half of the pages have them send their coins, the others have them let the thief take their tokens. He robs people
    outside the campaign as well, if he does not aim at its participants.
    """
    plan, thief, n = scenario.plan, world.addresses.one(), len(members)
    num_strangers = 0 if decides(rng, 0.3) else int(rng.uniform(1, 5) * n)
    wave = float(rng.uniform(world.length / 3, world.length))
    at = wave + rng.exponential(8 * HOUR, n + num_strangers).clip(0, 3 * DAY)
    coins = with_decimals(rng.lognormal(np.log(world.priors.coins), 1, num_strangers), np.full(num_strangers, 5))
    strangers = world.addresses.new(num_strangers)
    plan.cash_out_at[members] = at[:n]
    if decides(rng, 0.5):
        plan.sink[members], plan.onward[members], plan.cashes_out[members] = thief, NOBODY, True
        robbed = members[:0]
    else:
        plan.claims[members], plan.cashes_out[members] = True, False
        robbed = members
    scenario.thefts.append(Theft(thief, strangers, at[n:], coins, robbed))
