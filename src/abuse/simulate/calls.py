"""Plan -> when each account does which task, and the transactions that do it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from abuse.simulate.ledger import RETURNED, Ledger
from abuse.simulate.methods import CLAIM as CLAIM_METHOD
from abuse.simulate.methods import FIRST_TASK
from abuse.simulate.people import with_decimals
from abuse.simulate.plan import Plan
from abuse.simulate.tasks import CLAIM, FEE, TRIP
from abuse.simulate.world import COIN, MINUTE, NATIVE_USD, NOBODY, SECOND_UNITS, Bools, Floats, Ints, World

TRIP_FEE, FEE_SHARE = 0.004, 0.001


@dataclass(frozen=True)
class Times:
    """Calls in time, account by account."""

    who: Ints
    at: Floats
    nth: Ints
    is_last: Bools


@dataclass(frozen=True)
class Actions:
    """What accounts did in the campaign. `tx` is NOBODY where the chain files have nothing of the account."""

    who: NDArray[np.int32]
    at: NDArray[np.int32]
    task: NDArray[np.int8]
    """CLAIM is the claim."""
    cents: NDArray[np.int64]
    """Volume, hundredths of a US dollar."""
    tx: NDArray[np.int32]


def action_times(rng: np.random.Generator, plan: Plan, world: World) -> Times:
    """Calls are spread evenly over an account's visits; after the campaign's end nothing happens."""
    num_calls = plan.num_calls
    num_visits = np.minimum(np.isfinite(plan.visits).sum(axis=1), num_calls)
    who = np.repeat(np.arange(len(plan)), num_calls)
    nth = np.arange(len(who)) - np.repeat(np.cumsum(num_calls) - num_calls, num_calls)
    visit = nth * num_visits[who] // num_calls[who]
    is_first = (nth == 0) | (visit != np.append(-1, visit[:-1]))
    elapsed = np.cumsum(np.where(is_first, 0.0, _gaps(rng, plan, who)))
    at = plan.visits[who, visit] + elapsed - elapsed[is_first][np.cumsum(is_first) - 1]
    is_over = (at >= world.length - MINUTE) & (nth > 0)
    who, at = who[~is_over], at[~is_over]
    at = at[np.lexsort((at, who))]
    opens = np.append(True, who[1:] != who[:-1])
    first = np.maximum.accumulate(np.where(opens, np.arange(len(who)), 0))
    return Times(who, at, np.arange(len(who)) - first, np.append(opens[1:], True))


def _gaps(rng: np.random.Generator, plan: Plan, who: Ints) -> Floats:
    low, high, sigma = plan.gap_low_s[who], plan.gap_high_s[who], plan.gap_sigma[who]
    around = np.sqrt(low * high) * np.exp(sigma * rng.standard_normal(len(who)))
    return np.where(sigma > 0, around, low + (high - low) * rng.random(len(who)))


def campaign_calls(rng: np.random.Generator, plan: Plan, world: World, ledger: Ledger, times: Times) -> Actions:
    """Each call goes to its task's contract; the last one may claim the reward."""
    who, n = times.who, len(times.who)
    claims = times.is_last & plan.claims[who] & (times.nth > 0)
    task = np.where(claims, CLAIM, plan.task_list[who, times.nth % plan.num_tasks[who]]).astype(np.int8)
    sort = np.where(claims, NOBODY, world.tasks.sort[task])
    value = staked(rng, plan, who, sort)

    seen = ~plan.is_hidden[who]
    contract = np.where(claims, world.campaign, world.task_contracts[task])
    method = np.where(claims, CLAIM_METHOD, FIRST_TASK + task)
    tx = np.full(n, NOBODY, dtype=np.int64)
    tx[seen] = ledger.call(
        times.at[seen], plan.address[who[seen]], contract[seen], value[seen], method=method[seen].astype(np.int8)
    )
    back = np.where(sort == TRIP, value * (1 - rng.uniform(0.0005, TRIP_FEE, n)), 0.0).astype(np.int64)
    answer(world, ledger, tx, plan.address[who], contract, value, back, world.tasks.is_proxied[task] & ~claims)
    paid = seen & claims
    ledger.log(
        tx[paid], world.second, world.campaign, plan.address[who[paid]], plan.reward[who[paid]] * SECOND_UNITS, zeros=9
    )
    cents = np.round(value / COIN * NATIVE_USD * 100).astype(np.int64)
    return Actions(who.astype(np.int32), times.at.astype(np.int32), task, cents, tx.astype(np.int32))


def staked(rng: np.random.Generator, plan: Plan, who: Ints, sort: Ints) -> Ints:
    """Gwei that each call sends: a share of the budget as the person writes amounts, a fee, or nothing."""
    share = plan.stake_low[who] + (plan.stake_high[who] - plan.stake_low[who]) * rng.random(len(who))
    trip = with_decimals(plan.budget[who] * share / COIN, np.minimum(plan.decimals[who] + 1, 9))
    trip = np.minimum(trip, plan.budget[who] * 4 // 10)
    fee = (plan.budget[who] * FEE_SHARE).astype(np.int64)
    return np.asarray(np.select([sort == TRIP, sort == FEE], [trip, fee], 0), dtype=np.int64)


def answer(
    world: World, ledger: Ledger, tx: Ints, caller: Ints, contract: Ints, value: Ints, back: Ints, is_proxied: Bools
) -> None:
    """What contracts do within the calls: a proxy delegates to its code, and money comes back."""
    on_chain = tx != NOBODY
    via, paid = on_chain & is_proxied, on_chain & (back > 0)
    ledger.inner(tx[via], contract[via], world.campaign_code, value[via], delegates=True, returns=(back > 0)[via])
    path = np.where(is_proxied, RETURNED, 0)
    ledger.inner(tx[paid], contract[paid], caller[paid], back[paid], path=path[paid])
