"""A farm's kind and level -> who funds its members, when, and where their money ends."""

from __future__ import annotations

import numpy as np

from abuse.simulate.groups import CAREFUL, SPREAD
from abuse.simulate.people import old_lags
from abuse.simulate.plan import Payments, Payout, Plan, Scenario, fund_alone, fund_before_acting, pass_on
from abuse.simulate.priors import DAY
from abuse.simulate.scripts import queue
from abuse.simulate.world import HISTORY, HOUR, MINUTE, NOBODY, Floats, Ints, World, decides, happens

MAX_BATCH = 150
"""Recipients that fit into one transaction's gas."""
MIN_BRANCHES, MAX_BRANCHES, MAX_LEVELS = 3, 30, 4
ALONE_SHARE = (0.2, 0.6)
"""Share of a careful farm's wallets that are funded from elsewhere."""


def fund(
    rng: np.random.Generator, scenario: Scenario, kind: str, members: Ints, level: int, timing: int | None, world: World
) -> None:
    """Ties the members' funding to the operator in the way of the farm's kind; in time as one of level `timing`, or
    at each one's own time.
    """
    plan = scenario.plan
    if timing is None:
        fund_alone(plan, members)
    else:
        time_funding(rng, plan, members, timing)
    seen = members[~plan.is_hidden[members]]
    if level >= CAREFUL:
        seen = seen[~happens(rng, float(rng.uniform(*ALONE_SHARE)), len(seen))]
    if len(seen) == 0:
        return
    seen = seen[np.argsort(plan.funded_at[seen], kind="stable")]
    if kind == "exchange_batch":
        plan.payer[seen] = one_exchange(rng, len(seen), level, world)
        plan.through[seen] = NOBODY
    elif kind == "bridge_batch":
        plan.payer[seen], plan.through[seen] = world.bridge_relayer, world.bridge
    else:
        fund_from_wallets(rng, scenario, kind, seen, level, world)


def time_funding(rng: np.random.Generator, plan: Plan, members: Ints, level: int) -> None:
    """Everybody is funded in one queue, or over 1 to 30 days, before anybody acts."""
    n = len(members)
    first = float(plan.first_at[members].min())
    if level == SPREAD:
        own = first - plan.lag_s[members[0]] + rng.random(n) * rng.uniform(1, 30) * DAY
        latest = plan.first_at[members] - rng.uniform(HOUR, 3 * DAY, n)
        plan.funded_at[members] = np.maximum(np.minimum(own, latest), HISTORY + 5 * DAY)
        return
    offsets = np.maximum(queue(rng, n, level), np.arange(n) * 2.0)
    start = max(first - plan.lag_s[members[0]] - float(offsets[-1]), HISTORY + 5 * DAY)
    order = rng.permutation(n) if level >= CAREFUL else np.argsort(plan.first_at[members], kind="stable")
    plan.funded_at[members[order]] = start + offsets
    fund_before_acting(plan, members)


def one_exchange(rng: np.random.Generator, n: int, level: int, world: World) -> Ints:
    """One exchange's hot wallet pays all; the best hidden use two."""
    used = world.deposits_go_to(rng, 2)
    is_other = happens(rng, 0.3 if level == SPREAD else 0.0, n)
    return np.asarray(np.where(is_other, used[1], used[0]))


def fund_from_wallets(
    rng: np.random.Generator, scenario: Scenario, kind: str, members: Ints, level: int, world: World
) -> None:
    """From the operator's wallet, or from level 2 on in small batches, each from a wallet between."""
    plan, operator = scenario.plan, world.addresses.one()
    cuts = np.cumsum(rng.integers(3, 13, len(members)))
    batches = np.split(members, cuts[cuts < len(members)]) if level >= CAREFUL else [members]
    bought_alone = level >= CAREFUL and decides(rng, 0.4)
    first = float(plan.funded_at[members].min())
    begin, whole = first - float(rng.uniform(10 * MINUTE, 2 * DAY)), 0
    for batch in batches:
        total = int(plan.received[batch].sum() * rng.uniform(1.02, 1.15) + 2 * plan.budget[batch].sum())
        payer = operator if len(batches) == 1 else world.addresses.one()
        fund_batch(rng, scenario, kind, batch, payer, world)
        before = float(plan.funded_at[batch].min()) - float(rng.uniform(5 * MINUTE, 10 * HOUR))
        if payer != operator and bought_alone:
            scenario.top_ups.append((payer, before, total, False))
        elif payer != operator:
            at = max(before, begin + 5 * MINUTE)
            one = np.array([payer])
            scenario.payments.append(Payments(operator, one, np.array([at]), np.array([total])))
            whole += total
        else:
            whole += total
    if whole:
        scenario.top_ups.append((operator, begin, int(whole * rng.uniform(1.01, 1.1)), False))


def fund_batch(
    rng: np.random.Generator, scenario: Scenario, kind: str, members: Ints, payer: int, world: World
) -> None:
    """`members` in funding order."""
    plan = scenario.plan
    if kind == "aged":
        buy_aged(rng, scenario, members, payer)
        return
    plan.through[members] = NOBODY
    plan.payer[members] = payer
    if kind == "chain":
        pass_on(plan, members, np.arange(len(members)) - 1)
    elif kind == "tree":
        pass_on_in_tree(rng, plan, members)
    elif kind == "disperse":
        pay_at_once(scenario, members, payer)


def pass_on_in_tree(rng: np.random.Generator, plan: Plan, members: Ints) -> None:
    """The operator funds a first few, each of them the same number of others, two to four levels deep."""
    fewest = max(MIN_BRANCHES, int(np.ceil(len(members) ** (1 / MAX_LEVELS))))
    branches = int(rng.integers(fewest, max(fewest + 1, min(MAX_BRANCHES, len(members) // 2) + 1)))
    for root in range(min(branches, len(members))):
        own = np.arange(root, len(members), branches)
        place = np.arange(len(own))
        pass_on(plan, members[own], (place - 1) // branches)


def pay_at_once(scenario: Scenario, members: Ints, payer: int) -> None:
    plan = scenario.plan
    plan.payer[members] = NOBODY
    for first in range(0, len(members), MAX_BATCH):
        batch = members[first : first + MAX_BATCH]
        at = float(plan.funded_at[batch].min())
        plan.funded_at[batch] = at
        scenario.payouts.append(Payout(at, payer, plan.address[batch], plan.received[batch].copy()))


def buy_aged(rng: np.random.Generator, scenario: Scenario, members: Ints, payer: int) -> None:
    """Wallets with a history of their own, months old, get their working money from the operator."""
    plan, n = scenario.plan, len(members)
    at = plan.funded_at[members].copy()
    earlier = np.maximum(plan.first_at[members] - old_lags(rng, n), HISTORY + rng.uniform(2, 10, n) * DAY)
    plan.funded_at[members] = np.minimum(earlier, at - HOUR)
    plan.tops_up[members] = False
    plan.extra[members] += plan.budget[members]
    scenario.payments.append(Payments(payer, plan.address[members], at, plan.budget[members].copy()))


def share_sink(
    rng: np.random.Generator, plan: Plan, members: Ints, level: int, world: World, *, to_exchange: bool
) -> None:
    """All cash out to one collector, a wallet or one exchange deposit address.

    Careful farms may use a few collectors, the best hidden one for every few wallets.
    """
    n = len(members)
    few = 1 if level < CAREFUL else int(rng.integers(1, max(2, n // (10 if level == CAREFUL else 4) + 1)))
    which = rng.integers(0, few, n)
    to_exchange = to_exchange or decides(rng, 0.6)
    hot = world.deposits_go_to(rng, few)
    hot[:] = hot[0] if level < SPREAD else hot
    plan.sink[members] = world.addresses.new(few)[which]
    plan.onward[members] = hot[which] if to_exchange else NOBODY


def time_exits(rng: np.random.Generator, plan: Plan, members: Ints, level: int, world: World) -> None:
    """All cash out in one queue after the last action, but none before it could otherwise."""
    last = float(last_calls(plan, members, world).max())
    offsets = queue(rng, len(members), level)
    lag = float(plan.cash_out_after[members[0]])
    at = min(last + lag, world.last_cash_out - float(offsets[-1])) + offsets
    plan.cash_out_at[members] = np.fmax(plan.cash_out_at[members], at)


def last_calls(plan: Plan, members: Ints, world: World) -> Floats:
    """About when each has done everything."""
    visits = plan.visits[members]
    last = np.where(np.isfinite(visits), visits, 0.0).max(axis=1)
    per_visit = plan.num_calls[members] / np.isfinite(visits).sum(axis=1)
    return np.asarray(np.minimum(last + per_visit * plan.gap_high_s[members], world.length))
