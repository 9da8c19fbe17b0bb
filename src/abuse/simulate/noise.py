"""Plan -> movements that mean nothing: an exchange's other customers, and an attacker's dust and made-up token."""

from __future__ import annotations

import numpy as np

from abuse.simulate import people
from abuse.simulate.ledger import Ledger
from abuse.simulate.methods import AIRDROP, RELAY
from abuse.simulate.plan import Plan
from abuse.simulate.priors import DAY
from abuse.simulate.world import COIN, HISTORY, MINUTE, World, happens

DUSTED_SHARE = 0.3
CLAIMS_PER_TX = 30


def disturb(rng: np.random.Generator, plan: Plan, world: World, ledger: Ledger) -> None:
    other_customers(rng, len(plan), world, ledger)
    dust(rng, plan, world, ledger)
    made_up_transfers(rng, plan, world, ledger)


def other_customers(rng: np.random.Generator, accounts: int, world: World, ledger: Ledger) -> None:
    """Every hot wallet, and the refuel service, pays many who have nothing to do with the campaign."""
    n = max(80, accounts // 10)
    for wallet in (*world.hot_wallets.tolist(), world.refuel):
        at = rng.uniform(HISTORY + MINUTE, world.the_end - MINUTE, n)
        coins = people.amounts(rng, rng.choice(people.DECIMALS, n, p=people.DECIMAL_WEIGHTS), world)
        if wallet == world.refuel:
            people_paid = world.addresses.new(n)
            tx = ledger.call(at, world.refuel_relayer, wallet, coins, method=RELAY)
            ledger.inner(tx, wallet, people_paid, coins)
        else:
            ledger.call(at, wallet, world.addresses.new(n), coins)


def dust(rng: np.random.Generator, plan: Plan, world: World, ledger: Ledger) -> None:
    """A few wei to many accounts, several in a block, half of them before the account has any gas."""
    victims = np.flatnonzero(~plan.is_hidden & happens(rng, DUSTED_SHARE, len(plan)))
    n = len(victims)
    exchange = world.deposits_go_to(rng, 1)
    ledger.call(np.array([HISTORY + MINUTE]), exchange, world.attacker, COIN)
    is_before = happens(rng, 0.5, n)
    shift = np.where(is_before, -rng.uniform(10 * MINUTE, 2 * DAY, n), rng.uniform(0, 6 * DAY, n))
    at = np.floor((plan.funded_at[victims] + shift) / (10 * MINUTE)) * 10 * MINUTE
    ledger.call(at, world.attacker, plan.address[victims], rng.integers(1, 1_001, n), zeros=0)


def made_up_transfers(rng: np.random.Generator, plan: Plan, world: World, ledger: Ledger) -> None:
    """The attacker's own token claims movements between strangers who signed nothing."""
    seen = plan.address[~plan.is_hidden]
    n = max(3, len(seen) // 100)
    tx = ledger.call(rng.uniform(0, world.length, n), world.attacker, world.attacker_token, method=AIRDROP)
    every = np.repeat(tx, CLAIMS_PER_TX)
    pairs = rng.integers(0, len(seen), len(every))
    other = (pairs + rng.integers(1, len(seen), len(every))) % len(seen)
    amount = rng.integers(1, 1_000, len(every)) * COIN
    ledger.log(every, world.attacker_token, seen[pairs], seen[other], amount, zeros=9)
