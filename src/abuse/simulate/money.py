"""Scenario -> movements of coins into accounts and out of them again."""

from __future__ import annotations

import numpy as np

from abuse.simulate.ledger import Ledger
from abuse.simulate.plan import Plan, Scenario
from abuse.simulate.world import DAY, HISTORY, HOUR, MINUTE, NOBODY, SECOND_UNITS, Floats, Ints, World, happens

TOKEN_DELAY_S = 24.0


def funding(rng: np.random.Generator, scenario: Scenario, world: World, ledger: Ledger) -> None:
    """Everybody's first gas: from a wallet, or out of a bridge or mixer that somebody else calls."""
    plan = scenario.plan
    seen = np.flatnonzero(~plan.is_hidden & (plan.payer != NOBODY))
    is_direct = plan.through[seen] == NOBODY
    direct, relayed = seen[is_direct], seen[~is_direct]
    ledger.call(plan.funded_at[direct], plan.payer[direct], plan.address[direct], plan.received[direct])
    contract = plan.through[relayed]
    tx = ledger.call(plan.funded_at[relayed], plan.payer[relayed], contract, method="relay")
    ledger.inner(tx, contract, plan.address[relayed], plan.received[relayed])
    top_ups(rng, scenario, world, ledger)
    fill_old_wallets(rng, scenario, direct, world, ledger)


def top_ups(rng: np.random.Generator, scenario: Scenario, world: World, ledger: Ledger) -> None:
    """Operators and companies buy at an exchange what they hand out."""
    for to, at, amount, in_stable in scenario.top_ups:
        exchange = world.deposits_go_to(rng, 1)
        if in_stable:
            tx = ledger.call(np.array([at]), exchange, world.stable, method="transfer")
            ledger.log(tx, world.stable, exchange, to, amount)
        else:
            ledger.call(np.array([at]), exchange, to, amount)


def fill_old_wallets(rng: np.random.Generator, scenario: Scenario, direct: Ints, world: World, ledger: Ledger) -> None:
    """A person's older wallet was once filled from an exchange, too."""
    plan = scenario.plan
    filled = [to for to, *_ in scenario.top_ups]
    known = np.concatenate([world.hot_wallets, plan.address, np.array(filled, dtype=np.int64)])
    own = direct[~np.isin(plan.payer[direct], known)]
    before = rng.uniform(HOUR, 10 * DAY, len(own))
    at = np.maximum(plan.funded_at[own] - before, HISTORY + rng.uniform(MINUTE, DAY, len(own)))
    amount = (plan.received[own] * rng.uniform(1.05, 4.0, len(own))).astype(np.int64)
    ledger.call(at, world.deposits_go_to(rng, len(own)), plan.payer[own], amount)


def payouts(scenario: Scenario, world: World, ledger: Ledger) -> None:
    """One transaction each: coins go through the disperse contract, tokens are drawn from the signer by it."""
    for payout in scenario.payouts:
        n = len(payout.recipients)
        value = 0 if payout.in_stable else payout.amounts.sum()
        tx = ledger.call(np.array([payout.at]), payout.signer, world.disperse, value, method="disperse")
        every = np.repeat(tx, n)
        if payout.in_stable:
            ledger.log(every, world.stable, payout.signer, payout.recipients, payout.amounts)
        else:
            path = np.arange(n).astype("U9")
            ledger.inner(every, world.disperse, payout.recipients, payout.amounts, path=path)


def cash_out(rng: np.random.Generator, plan: Plan, world: World, ledger: Ledger, at: Floats, amount: Ints) -> None:
    """Coins and most of the claimed tokens go to each account's sink; exchanges empty their deposits hourly."""
    leaves = ~plan.is_hidden & plan.cashes_out
    coins = np.flatnonzero(leaves)
    ledger.call(at[coins], plan.address[coins], plan.sink[coins], amount[coins])
    tokens = np.flatnonzero(leaves & plan.claims & happens(rng, 0.8, len(plan)))
    reward = plan.reward[tokens] * SECOND_UNITS
    tx = ledger.call(at[tokens] - TOKEN_DELAY_S, plan.address[tokens], world.second, method="transfer")
    ledger.log(tx, world.second, plan.address[tokens], plan.sink[tokens], reward, zeros=9)

    sink, to, total, emptied = _per_deposit(plan, coins, amount[coins], at)
    ledger.call(emptied, sink, to, (total * 0.999).astype(np.int64))
    sink, to, total, emptied = _per_deposit(plan, tokens, reward, at)
    tx = ledger.call(emptied, sink, world.second, method="transfer")
    ledger.log(tx, world.second, sink, to, total, zeros=9)


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
