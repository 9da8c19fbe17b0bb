"""Priors -> Plan: what each account will do, one array per draw. The same priors for honest people and farms.

A group (farms.py, lookalikes.py) only makes draws of its members depend on one another; engine.py then plays every
plan with the same code.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from abuse.simulate.world import COIN, DAY, HOUR, LAST_CASH_OUT, LENGTH, NOBODY, Bools, Floats, Ints, World, happens

HIDDEN_SHARE = 0.03
MIN_COINS, MAX_COINS = 0.004, 5.0


@dataclass
class Plan:
    """One entry per account in every array."""

    address: Ints
    is_hidden: Bools
    """Takes part, but the chain files have no row of it."""
    payer: Ints
    """Who signs its funding; NOBODY when a payout does it."""
    through: Ints
    """The bridge or mixer that pays instead, else NOBODY."""
    funded_at: Floats
    budget: Ints
    """Gwei the account has for itself."""
    received: Ints
    """Gwei of its funding: the budget and what it passes on to others."""
    first_at: Floats
    """Its first campaign action."""
    num_actions: Ints
    gap_low_s: Floats
    gap_high_s: Floats
    """Seconds between its actions are uniform between these two."""
    num_swaps: Ints
    num_approvals: Ints
    num_failed: Ints
    pays_friend: Bools
    friend: Ints
    claims: Bools
    reward: Ints
    """Whole second tokens it gets when it claims."""
    cashes_out: Bools
    cash_out_after: Floats
    """Seconds from its last action to its cash-out, unless `cash_out_at` is set."""
    cash_out_at: Floats
    sink: Ints
    onward: Ints
    """The hot wallet that empties the sink, NOBODY when the money stays."""

    def __len__(self) -> int:
        return len(self.address)


@dataclass(frozen=True)
class Payout:
    """One transaction through the disperse contract that pays many."""

    at: float
    signer: int
    recipients: Ints
    amounts: Ints
    in_stable: bool = False


@dataclass
class Scenario:
    """Everybody's plan, and what people outside the campaign do for it."""

    plan: Plan
    payouts: list[Payout] = field(default_factory=list)
    top_ups: list[tuple[int, float, int, bool]] = field(default_factory=list)
    """(address, at, amount, in stablecoin) that an exchange sends to somebody outside the campaign."""


def everyone(rng: np.random.Generator, n: int, world: World) -> Plan:
    """`n` independent people."""
    first = first_actions(rng, n)
    coins = amounts(rng, n)
    payer, through = funders(rng, n, world)
    low, high = action_gaps(rng, n)
    sink, onward = sinks(rng, n, world)
    return Plan(
        address=world.addresses.new(n),
        is_hidden=happens(rng, HIDDEN_SHARE, n),
        payer=payer,
        through=through,
        funded_at=first - funding_lags(rng, n),
        budget=coins,
        received=coins.copy(),
        first_at=first,
        num_actions=num_actions(rng, n),
        gap_low_s=low,
        gap_high_s=high,
        num_swaps=rng.poisson(2.0, n),
        num_approvals=rng.poisson(1.0, n),
        num_failed=rng.poisson(0.25, n),
        pays_friend=happens(rng, 0.12, n),
        friend=world.addresses.new(n),
        claims=happens(rng, 0.5, n),
        reward=rng.choice([25, 50, 100, 200], n, p=[0.3, 0.4, 0.2, 0.1]),
        cashes_out=happens(rng, 0.78, n),
        cash_out_after=np.clip(rng.lognormal(np.log(1.5 * DAY), 1.2, n), 0.2 * HOUR, 20 * DAY),
        cash_out_at=np.full(n, np.nan),
        sink=sink,
        onward=onward,
    )


def first_actions(rng: np.random.Generator, n: int) -> Floats:
    """A rush in the first days, then a steady flow, and fewer people at night."""
    day = np.where(happens(rng, 0.4, n), rng.exponential(2.0, n), rng.random(n) * 29.0) % 29.0
    own_hour = rng.normal(16.0, 4.5, n) % 24.0  # a world of time zones, still with a trough
    return np.floor(day) * DAY + own_hour * HOUR


def funding_lags(rng: np.random.Generator, n: int) -> Floats:
    """Seconds from funding to the first action."""
    return np.clip(rng.lognormal(np.log(5 * DAY), 1.1, n), 2 * HOUR, 55 * DAY)


def num_actions(rng: np.random.Generator, n: int) -> Ints:
    return np.clip(rng.geometric(0.25, n), 1, 12).astype(np.int64)


def action_gaps(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Half do everything in one sitting, half come back over days."""
    in_one_sitting = happens(rng, 0.5, n)
    low = np.where(in_one_sitting, rng.uniform(5, 40, n), rng.uniform(0.2 * HOUR, 12 * HOUR, n))
    return low, low * rng.uniform(1.5, 5.0, n)


def amounts(rng: np.random.Generator, n: int) -> Ints:
    """Gwei, written with as many decimals as each person likes."""
    decimals = rng.choice([2, 3, 4, 5, 6, 9], n, p=[0.25, 0.2, 0.15, 0.1, 0.1, 0.2])
    coins = np.clip(rng.lognormal(np.log(0.06), 0.9, n), MIN_COINS, MAX_COINS)
    return with_decimals(coins, decimals)


def with_decimals(coins: Floats, decimals: Ints) -> Ints:
    """Gwei rounded to `decimals` places of a coin, never to nothing."""
    step = 10 ** (9 - decimals)
    return np.asarray(np.maximum(np.round(coins * COIN / step), 1) * step, dtype=np.int64)


def funders(rng: np.random.Generator, n: int, world: World) -> tuple[Ints, Ints]:
    """payer and through: an exchange, a bridge, rarely the mixer, or an old wallet of one's own."""
    where = rng.choice(4, n, p=[0.66, 0.12, 0.01, 0.21])
    options = [
        world.deposits_go_to(rng, n),
        np.full(n, world.bridge_relayer),
        np.full(n, world.mixer_relayer),
        world.addresses.new(n),
    ]
    through = np.choose(where, [NOBODY, world.bridge, world.mixer, NOBODY])
    return np.choose(where, options), through


def sinks(rng: np.random.Generator, n: int, world: World) -> tuple[Ints, Ints]:
    """sink and onward: most cash out to a deposit address of their own, some to a cold wallet."""
    is_deposit = happens(rng, 0.85, n)
    return world.addresses.new(n), np.where(is_deposit, world.deposits_go_to(rng, n), NOBODY)


def pass_on(plan: Plan, members: Ints, parent: Ints) -> None:
    """Each of `members` is funded by the one at `parent` (a place before its own); the first keeps its own payer."""
    for place in range(len(members) - 1, 0, -1):
        child, giver = members[place], members[parent[place]]
        plan.received[giver] += plan.received[child]
        plan.payer[child], plan.through[child] = plan.address[giver], NOBODY


def act_after_funding(plan: Plan, members: Ints) -> None:
    """Moves funding back where it would come after the first action."""
    latest = plan.first_at[members] - 0.5 * HOUR
    plan.funded_at[members] = np.minimum(plan.funded_at[members], latest)


def cash_out_times(plan: Plan, last_action: Floats) -> Floats:
    """When each cashes out, at most six days after the campaign's end."""
    own = np.minimum(last_action + plan.cash_out_after, LAST_CASH_OUT)
    return np.where(np.isnan(plan.cash_out_at), own, plan.cash_out_at)


def inside_campaign(at: Floats) -> Floats:
    return np.minimum(at, LENGTH - HOUR)
