"""Scenario -> movements on the ledger and actions of the campaign. One code for everybody, honest or not."""

from __future__ import annotations

import numpy as np

from abuse.simulate.calls import Actions, action_times, campaign_calls
from abuse.simulate.ledger import Ledger
from abuse.simulate.methods import APPROVE, SWAP, TRANSFER
from abuse.simulate.money import cash_out, funding, payouts, thefts
from abuse.simulate.plan import Plan, Scenario, cash_out_times
from abuse.simulate.priors import DAY
from abuse.simulate.world import COIN, HOUR, MINUTE, NATIVE_USD, STABLE_UNITS, Floats, Ints, World, happens

SWAP_FEE = 0.003
RESERVE = 0.1
"""Share of the budget for fees, so that nobody spends more than there is."""
MAX_GIFT = 0.1


def play(rng: np.random.Generator, scenario: Scenario, world: World, ledger: Ledger) -> Actions:
    """Everybody's life from the first gas to the cash-out."""
    plan = scenario.plan
    times = action_times(rng, plan, world)
    last_action = times.at[times.is_last]
    cash_at = cash_out_times(plan, last_action, world)
    until = np.where(plan.cashes_out, cash_at - 5 * MINUTE, np.minimum(last_action + 2 * DAY, world.last_cash_out))
    spends = rng.uniform(0.05, 0.5, len(plan))

    funding(rng, scenario, world, ledger)
    payouts(scenario, world, ledger)
    background(rng, plan, world, ledger, until, spends)
    gifts(rng, plan, ledger, until)
    actions = campaign_calls(rng, plan, world, ledger, times)
    left = plan.budget * (1 - spends - plan.pays_friend * MAX_GIFT - RESERVE) + plan.extra
    cash_out(rng, plan, world, ledger, cash_at, (left * rng.uniform(0.9, 1.0, len(plan))).astype(np.int64))
    thefts(rng, scenario, world, ledger, cash_at)
    return actions


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
    tx = ledger.call(at, plan.address[who], world.router, coins, method=SWAP)
    ledger.log(tx, world.stable, world.router, plan.address[who], tokens)

    swapped = np.append(who[1:] != who[:-1], True)[: len(who)] & happens(rng, 0.15, len(who))
    payer = who[swapped]
    later = at[swapped] + rng.random(len(payer)) * (until[payer] - at[swapped])
    spent = (tokens[swapped] * rng.uniform(0.2, 0.9, len(payer))).astype(np.int64)
    tx = ledger.call(later, plan.address[payer], world.stable, method=TRANSFER)
    ledger.log(tx, world.stable, plan.address[payer], world.addresses.new(len(payer)), spent)

    who = np.repeat(seen, plan.num_approvals[seen])
    ledger.call(sometime(who), plan.address[who], rng.choice([world.stable, world.second], len(who)), method=APPROVE)
    who = np.repeat(seen, plan.num_failed[seen])
    tried = (plan.budget[who] * rng.uniform(0.01, 0.3, len(who))).astype(np.int64)
    ledger.call(sometime(who), plan.address[who], world.router, tried, method=SWAP, ok=False)


def gifts(rng: np.random.Generator, plan: Plan, ledger: Ledger, until: Floats) -> None:
    """A payment to a friend, once both have started: a gift never is anybody's first gas."""
    who = np.flatnonzero(~plan.is_hidden & plan.pays_friend)
    place = plan.friend[who] - plan.address[0]
    takes_part = (place >= 0) & (place < len(plan))
    friend_started = np.where(takes_part, plan.first_at[np.where(takes_part, place, 0)], 0.0)
    both = np.maximum(plan.first_at[who], friend_started) + HOUR
    at = both + rng.random(len(who)) * np.maximum(until[who] - both, HOUR)
    amount = (plan.budget[who] * rng.uniform(0.02, MAX_GIFT, len(who))).astype(np.int64)
    ledger.call(at, plan.address[who], plan.friend[who], amount)
