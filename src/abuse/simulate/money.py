"""Scenario -> movements of coins into accounts and out of them again."""

from __future__ import annotations

import numpy as np

from abuse.simulate.ledger import Ledger
from abuse.simulate.methods import APPROVE, DISPERSE, RELAY, TRANSFER
from abuse.simulate.plan import Plan, Scenario
from abuse.simulate.priors import DAY
from abuse.simulate.world import HISTORY, HOUR, MINUTE, NOBODY, SECOND_UNITS, Floats, Ints, World, happens

TOKEN_DELAY_S = 24.0


def funding(rng: np.random.Generator, scenario: Scenario, world: World, ledger: Ledger) -> None:
    """Everybody's first gas: from a wallet, or out of a bridge or mixer that somebody else calls."""
    plan = scenario.plan
    seen = np.flatnonzero(~plan.is_hidden & (plan.payer != NOBODY))
    moved = move_on(rng, plan, world, ledger)
    is_direct = plan.through[seen] == NOBODY
    direct, relayed = seen[is_direct], seen[~is_direct]
    received = plan.received + moved
    ledger.call(plan.funded_at[direct], plan.payer[direct], plan.address[direct], received[direct])
    contract = plan.through[relayed]
    tx = ledger.call(plan.funded_at[relayed], plan.payer[relayed], contract, method=RELAY)
    ledger.inner(tx, contract, plan.address[relayed], received[relayed])
    top_up_again(rng, plan, world, ledger)
    for payments in scenario.payments:
        ledger.call(payments.at, payments.sender, payments.recipients, payments.amounts)
    top_ups(rng, scenario, world, ledger)
    fill_old_wallets(rng, scenario, direct, world, ledger)


def top_up_again(rng: np.random.Generator, plan: Plan, world: World, ledger: Ledger) -> None:
    """Some bring more coins from an exchange before they start."""
    who = np.flatnonzero(~plan.is_hidden & plan.tops_up)
    first, last = plan.funded_at[who], np.maximum(plan.first_at[who], plan.funded_at[who] + 2 * HOUR)
    at = first + rng.uniform(0.05, 0.95, len(who)) * (last - first)
    plan.extra[who] += plan.budget[who]
    ledger.call(at, world.deposits_go_to(rng, len(who)), plan.address[who], plan.budget[who])


def move_on(rng: np.random.Generator, plan: Plan, world: World, ledger: Ledger) -> Ints:
    """Some send a part of their first coins on to a second wallet of theirs. How much more they need for it."""
    moved = np.zeros(len(plan), dtype=np.int64)
    first = plan.address[0]
    by_member = (plan.payer >= first) & (plan.payer < first + len(plan))
    who = np.flatnonzero(~plan.is_hidden & plan.moves_on & (plan.payer != NOBODY) & ~by_member)
    moved[who] = (plan.budget[who] * rng.uniform(0.2, 1.5, len(who))).astype(np.int64)
    latest = np.maximum(plan.first_at[who] - plan.funded_at[who], 20 * MINUTE)
    wait = np.minimum(rng.lognormal(np.log(3 * HOUR), 1.3, len(who)) + 2 * MINUTE, latest)
    second = world.addresses.new(len(who))
    ledger.call(plan.funded_at[who] + wait, plan.address[who], second, moved[who] * 99 // 100)
    return moved


def top_ups(rng: np.random.Generator, scenario: Scenario, world: World, ledger: Ledger) -> None:
    """Operators and companies buy at an exchange what they hand out."""
    given = np.array(scenario.top_ups, dtype=np.float64).reshape(-1, 4)
    exchange = world.deposits_go_to(rng, len(given))
    for in_stable in (False, True):
        these = given[:, 3] == in_stable
        to, at, amount = given[these, 0].astype(np.int64), given[these, 1], given[these, 2].astype(np.int64)
        if in_stable:
            tx = ledger.call(at, exchange[these], world.stable, method=TRANSFER)
            ledger.log(tx, world.stable, exchange[these], to, amount)
        else:
            ledger.call(at, exchange[these], to, amount)


def fill_old_wallets(rng: np.random.Generator, scenario: Scenario, direct: Ints, world: World, ledger: Ledger) -> None:
    """A person's older wallet was once filled from an exchange, too."""
    plan = scenario.plan
    filled = [to for to, *_ in scenario.top_ups] + [payments.sender for payments in scenario.payments]
    paid = [payments.recipients for payments in scenario.payments]
    known = np.concatenate([world.hot_wallets, plan.address, np.array(filled, dtype=np.int64), *paid])
    own = direct[~np.isin(plan.payer[direct], known)]
    before = rng.uniform(HOUR, 10 * DAY, len(own))
    at = np.maximum(plan.funded_at[own] - before, HISTORY + rng.uniform(MINUTE, DAY, len(own)))
    amount = ((plan.received[own] + plan.budget[own] * 2) * rng.uniform(1.05, 4.0, len(own))).astype(np.int64)
    ledger.call(at, world.deposits_go_to(rng, len(own)), plan.payer[own], amount)


def payouts(scenario: Scenario, world: World, ledger: Ledger) -> None:
    """One transaction each: coins go through the disperse contract, tokens are drawn from the signer by it."""
    for payout in scenario.payouts:
        n = len(payout.recipients)
        value = 0 if payout.in_stable else payout.amounts.sum()
        tx = ledger.call(np.array([payout.at]), payout.signer, world.disperse, value, method=DISPERSE)
        every = np.repeat(tx, n)
        if payout.in_stable:
            ledger.log(every, world.stable, payout.signer, payout.recipients, payout.amounts)
        else:
            ledger.inner(every, world.disperse, payout.recipients, payout.amounts, path=np.arange(n))


def cash_out(rng: np.random.Generator, plan: Plan, world: World, ledger: Ledger, at: Floats, amount: Ints) -> None:
    """Coins and most of the claimed tokens go to each account's sink; exchanges empty their deposits hourly."""
    leaves = ~plan.is_hidden & plan.cashes_out
    coins = np.flatnonzero(leaves)
    ledger.call(at[coins], plan.address[coins], plan.sink[coins], amount[coins])
    tokens = np.flatnonzero(leaves & plan.claims & (plan.num_calls > 1) & happens(rng, 0.8, len(plan)))
    reward = plan.reward[tokens] * SECOND_UNITS
    tx = ledger.call(at[tokens] - TOKEN_DELAY_S, plan.address[tokens], world.second, method=TRANSFER)
    ledger.log(tx, world.second, plan.address[tokens], plan.sink[tokens], reward, zeros=9)

    sink, to, total, emptied = _per_deposit(plan, coins, amount[coins], at)
    ledger.call(emptied, sink, to, (total * 0.999).astype(np.int64))
    sink, to, total, emptied = _per_deposit(plan, tokens, reward, at)
    tx = ledger.call(emptied, sink, world.second, method=TRANSFER)
    ledger.log(tx, world.second, sink, to, total, zeros=9)


def thefts(rng: np.random.Generator, scenario: Scenario, world: World, ledger: Ledger, at: Floats) -> None:
    """Who let a thief have tokens signed one approval; he takes them in transactions of his own."""
    plan = scenario.plan
    for theft in scenario.thefts:
        ledger.call(theft.at, theft.strangers, theft.thief, theft.amounts)
        has_some = ~plan.is_hidden[theft.robbed] & (plan.num_calls[theft.robbed] > 1)
        who = theft.robbed[has_some]
        ledger.call(at[who] - rng.uniform(1, 9, len(who)) * MINUTE, plan.address[who], world.second, method=APPROVE)
        tx = ledger.call(at[who], theft.thief, world.second, method=TRANSFER)
        ledger.log(tx, world.second, plan.address[who], theft.thief, plan.reward[who] * SECOND_UNITS, zeros=9)


def _per_deposit(plan: Plan, who: Ints, amount: Ints, at: Floats) -> tuple[Ints, Ints, Ints, Floats]:
    """sink, hot wallet, sum and the full hour after the last payment, for each sink that an exchange empties."""
    is_deposit = plan.onward[who] != NOBODY
    who, amount = who[is_deposit], amount[is_deposit]
    sink, first, place = np.unique(plan.sink[who], return_index=True, return_inverse=True)
    total = np.zeros(len(sink), dtype=np.int64)
    np.add.at(total, place, amount)
    last = np.full(len(sink), HISTORY)
    np.maximum.at(last, place, at[who])
    return sink, plan.onward[who][first], total, np.ceil((last + 10 * MINUTE) / HOUR) * HOUR
