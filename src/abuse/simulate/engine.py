"""Scenario -> movements on the ledger and actions of the campaign. One code for everybody, honest or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abuse.simulate.ledger import Ledger
from abuse.simulate.money import cash_out, funding, payouts
from abuse.simulate.plan import Plan, Scenario, cash_out_times
from abuse.simulate.world import (
    COIN,
    DAY,
    HOUR,
    LENGTH,
    MINUTE,
    NATIVE_USD,
    NOBODY,
    SECOND_UNITS,
    STABLE_UNITS,
    Bools,
    Floats,
    Ints,
    World,
    happens,
)

SWAP_FEE, TRIP_FEE = 0.003, 0.01
RESERVE = 0.08
"""Share of the budget for fees, so that nobody spends more than there is."""
MAX_GIFT = 0.1
ACTIONS = ("swap", "bridge", "deposit", "stake")


@dataclass(frozen=True)
class Actions:
    """What accounts did in the campaign. `tx` is NOBODY where the chain files have nothing of the account."""

    who: Ints
    at: Floats
    name: list[str]
    volume_usd: Floats
    tx: Ints


def play(rng: np.random.Generator, scenario: Scenario, world: World, ledger: Ledger) -> Actions:
    """Everybody's life from the first gas to the cash-out."""
    plan = scenario.plan
    who, at, is_last = action_times(rng, plan)
    last_action = at[is_last]
    cash_at = cash_out_times(plan, last_action)
    until = np.where(plan.cashes_out, cash_at - 5 * MINUTE, last_action + 2 * DAY)
    spends = rng.uniform(0.05, 0.5, len(plan))

    funding(rng, scenario, world, ledger)
    payouts(scenario, world, ledger)
    background(rng, plan, world, ledger, until, spends)
    gifts(rng, plan, ledger, until)
    actions = campaign_calls(rng, plan, world, ledger, who, at, is_last)
    left = plan.budget * (1 - spends - plan.pays_friend * MAX_GIFT - RESERVE)
    cash_out(rng, plan, world, ledger, cash_at, (left * rng.uniform(0.9, 1.0, len(plan))).astype(np.int64))
    return actions


def action_times(rng: np.random.Generator, plan: Plan) -> tuple[Ints, Floats, Bools]:
    """who, at and whether it is the account's last; actions after the campaign's end do not happen."""
    who = np.repeat(np.arange(len(plan)), plan.num_actions)
    is_first = np.append(True, who[1:] != who[:-1])
    gaps = rng.uniform(plan.gap_low_s[who], plan.gap_high_s[who])
    elapsed = np.cumsum(np.where(is_first, 0.0, gaps))
    at = plan.first_at[who] + elapsed - elapsed[is_first][who]
    in_time = at < LENGTH - MINUTE
    who, at = who[in_time], at[in_time]
    return who, at, np.append(who[1:] != who[:-1], True)


def background(
    rng: np.random.Generator, plan: Plan, world: World, ledger: Ledger, until: Floats, spends: Floats
) -> None:
    """Swaps, approvals, failed attempts and token payments that have nothing to do with the campaign."""
    seen = np.flatnonzero(~plan.is_hidden)
    since = plan.funded_at + 10 * MINUTE

    def sometime(who: Ints) -> Floats:
        return since[who] + rng.random(len(who)) * (until[who] - since[who])

    who = np.repeat(seen, plan.num_swaps[seen])
    at, coins = sometime(who), (plan.budget[who] * spends[who] / plan.num_swaps[who]).astype(np.int64)
    tokens = (coins / COIN * NATIVE_USD * (1 - SWAP_FEE) * STABLE_UNITS).astype(np.int64)
    tx = ledger.call(at, plan.address[who], world.router, coins, method="swap")
    ledger.log(tx, world.stable, world.router, plan.address[who], tokens)

    swapped = np.append(who[1:] != who[:-1], True)[: len(who)] & happens(rng, 0.15, len(who))
    payer = who[swapped]
    later = at[swapped] + rng.random(len(payer)) * (until[payer] - at[swapped])
    spent = (tokens[swapped] * rng.uniform(0.2, 0.9, len(payer))).astype(np.int64)
    tx = ledger.call(later, plan.address[payer], world.stable, method="transfer")
    ledger.log(tx, world.stable, plan.address[payer], world.addresses.new(len(payer)), spent)

    who = np.repeat(seen, plan.num_approvals[seen])
    ledger.call(sometime(who), plan.address[who], rng.choice([world.stable, world.second], len(who)), method="approve")
    who = np.repeat(seen, plan.num_failed[seen])
    tried = (plan.budget[who] * rng.uniform(0.01, 0.3, len(who))).astype(np.int64)
    ledger.call(sometime(who), plan.address[who], world.router, tried, method="swap", ok=False)


def gifts(rng: np.random.Generator, plan: Plan, ledger: Ledger, until: Floats) -> None:
    """A payment to a friend, once both have started: a gift never is anybody's first gas."""
    who = np.flatnonzero(~plan.is_hidden & plan.pays_friend)
    started = dict(zip(plan.address.tolist(), plan.first_at.tolist(), strict=True))
    friend_started = np.array([started.get(friend, 0.0) for friend in plan.friend[who].tolist()])
    both = np.maximum(plan.first_at[who], friend_started) + HOUR
    at = both + rng.random(len(who)) * np.maximum(until[who] - both, HOUR)
    amount = (plan.budget[who] * rng.uniform(0.02, MAX_GIFT, len(who))).astype(np.int64)
    ledger.call(at, plan.address[who], plan.friend[who], amount)


def campaign_calls(
    rng: np.random.Generator, plan: Plan, world: World, ledger: Ledger, who: Ints, at: Floats, is_last: Bools
) -> Actions:
    """Round trips through the campaign's contract, a proxy; the last call may claim the reward."""
    n = len(who)
    claims = is_last & plan.claims[who]
    moves = happens(rng, 0.6, n) & ~claims
    value = np.where(moves, plan.budget[who] * rng.uniform(0.05, 0.5, n), 0.0).astype(np.int64)
    back = (value * (1 - rng.uniform(0.0005, TRIP_FEE, n))).astype(np.int64)
    seen = ~plan.is_hidden[who]

    tx = np.full(n, NOBODY, dtype=np.int64)
    tx[seen] = ledger.call(at[seen], plan.address[who[seen]], world.campaign, value[seen], method="act")
    ledger.inner(tx[seen], world.campaign, world.campaign_code, value[seen], call_type="delegatecall")
    returned = seen & moves
    ledger.inner(tx[returned], world.campaign, plan.address[who[returned]], back[returned], path="0,0")
    paid = seen & claims
    reward = plan.reward[who[paid]] * SECOND_UNITS
    ledger.log(tx[paid], world.second, world.campaign, plan.address[who[paid]], reward, zeros=9)

    drawn = rng.choice(ACTIONS, n)
    names = ["claim" if claim else str(name) for claim, name in zip(claims, drawn, strict=True)]
    return Actions(who, at, names, np.round(value / COIN * NATIVE_USD, 2), tx)
