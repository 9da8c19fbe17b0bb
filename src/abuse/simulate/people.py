"""Priors -> Plan: what independent people draw. Farms and look-alikes start from these draws, too."""

from __future__ import annotations

from typing import Any

import numpy as np

from abuse.simulate.plan import NEVER, Plan
from abuse.simulate.priors import DAY
from abuse.simulate.tasks import in_page_order, task_lists
from abuse.simulate.world import COIN, HOUR, MINUTE, NOBODY, Floats, Ints, World, happens

HIDDEN_SHARE = 0.03
MIN_COINS, MAX_COINS = 0.004, 5.0
COINS_SIGMA = 0.9
OLD_SHARE = 0.3
ANY_HOUR_SHARE = 0.15
MAX_VISITS = 16
DECIMALS, DECIMAL_WEIGHTS = (2, 3, 4, 5, 6, 9), (0.25, 0.2, 0.15, 0.1, 0.1, 0.2)
USUAL_TIPS = (10, 50, 100, 1_000, 1_500, 2_000)
"""Thousandths of a gwei that wallets offer."""


def everyone(rng: np.random.Generator, n: int, world: World) -> Plan:
    """`n` independent people."""
    visits, lags = all_visits(rng, n, world), funding_lags(rng, n)
    decimals = rng.choice(DECIMALS, n, p=DECIMAL_WEIGHTS)
    coins = amounts(rng, decimals, world)
    payer, through = funders(rng, n, world)
    num_tasks = np.clip(rng.geometric(0.25, n), 1, len(world.tasks))
    low, high, sigma = gaps(rng, n)
    sink, onward = sinks(rng, n, world)
    stake = rng.uniform(0.05, 0.3, n)
    return Plan(
        address=world.addresses.new(n),
        is_hidden=happens(rng, HIDDEN_SHARE, n),
        payer=payer,
        through=through,
        funded_at=visits[:, 0] - lags,
        lag_s=lags,
        budget=coins,
        received=coins.copy(),
        extra=np.zeros(n, dtype=np.int64),
        decimals=decimals,
        visits=visits,
        task_list=_lists(rng, num_tasks, world),
        num_tasks=num_tasks,
        rounds=np.clip(rng.geometric(0.65, n), 1, 6),
        gap_low_s=low,
        gap_high_s=high,
        gap_sigma=sigma,
        stake_low=stake,
        stake_high=stake * rng.uniform(1.0, 1.7, n),
        tip=tips(rng, n),
        **_habits(rng, n, world),
        sink=sink,
        onward=onward,
    )


def _lists(rng: np.random.Generator, num_tasks: Ints, world: World) -> np.ndarray[tuple[int, int], np.dtype[np.int8]]:
    lists = task_lists(rng, world.tasks, len(num_tasks))
    by_page = happens(rng, world.priors.page_share, len(num_tasks))
    lists[by_page] = in_page_order(lists[by_page], num_tasks[by_page])
    return lists


def _habits(rng: np.random.Generator, n: int, world: World) -> dict[str, Any]:
    return {
        "num_swaps": rng.poisson(rng.gamma(1.5, 1.3, n)),
        "num_approvals": rng.poisson(1.0, n),
        "num_failed": rng.poisson(0.25, n),
        "pays_friend": happens(rng, 0.12, n),
        "friend": world.addresses.new(n),
        "moves_on": happens(rng, 0.25, n),
        "tops_up": happens(rng, 0.25, n),
        "claims": happens(rng, world.priors.claim_share, n),
        "reward": rng.choice([25, 50, 100, 200], n, p=[0.3, 0.4, 0.2, 0.1]),
        "cashes_out": happens(rng, 0.78, n),
        "cash_out_after": np.clip(rng.lognormal(np.log(1.5 * DAY), 1.2, n), 0.2 * HOUR, 20 * DAY),
        "cash_out_at": np.full(n, np.nan),
    }


def all_visits(rng: np.random.Generator, n: int, world: World) -> Floats:
    """Accounts x MAX_VISITS. People come back after hours to weeks, at about their own hour of the day."""
    days, hour = first_days(rng, n, world), own_hours(rng, n)
    usual = rng.lognormal(np.log(5.0), 1.0, n)
    absences = usual[:, None] * rng.lognormal(0, 0.8, (n, MAX_VISITS - 1))
    absences = np.where(happens(rng, 0.15, n * (MAX_VISITS - 1)).reshape(n, -1), rng.random((n, 1)), absences)
    day = days[:, None] + np.concatenate([np.zeros((n, 1)), np.cumsum(absences, axis=1)], axis=1)
    whole = world.priors.length_days - 1.0
    rest = days[:, None] + rng.random(day.shape) * (whole - days[:, None])
    at = at_hours(
        rng, np.floor(np.where(day < whole, day, rest)), hour
    )  # who would come too late comes sometime before
    num = np.where(happens(rng, world.priors.sitting_share, n), 1, 1 + np.clip(rng.geometric(0.12, n), 1, MAX_VISITS))
    comes = np.arange(MAX_VISITS) < num[:, None]
    return np.sort(np.where(comes & (at < world.length - 2 * HOUR), at, NEVER), axis=1)


def at_hours(rng: np.random.Generator, days: Floats, hour: Floats) -> Floats:
    """Seconds of visits on these days, some hours around each person's own hour."""
    off = np.where(rng.random(days.shape) < ANY_HOUR_SHARE, rng.uniform(-12, 12, days.shape), 0.0)
    of_day = (hour[:, None] + off + rng.normal(0, 2.5, days.shape)) % 24.0
    return np.asarray(days * DAY + of_day * HOUR)


def first_days(rng: np.random.Generator, n: int, world: World) -> Floats:
    """A rush in the first days, then a steady flow."""
    whole = world.priors.length_days - 1.0
    rush = rng.exponential(world.priors.rush_days, n)
    return np.where(happens(rng, world.priors.rush_share, n), rush, rng.random(n) * whole) % whole


def own_hours(rng: np.random.Generator, n: int) -> Floats:
    """UTC hour at which each is mostly awake: a world of time zones, still with a trough at night."""
    return np.asarray(rng.choice([2.0, 8.0, 14.0, 18.0], n, p=[0.15, 0.25, 0.3, 0.3]) + rng.normal(0, 2.5, n)) % 24.0


def funding_lags(rng: np.random.Generator, n: int) -> Floats:
    """Seconds from funding to the first action: mostly days, some wallets are old."""
    fresh = np.clip(rng.lognormal(np.log(5 * DAY), 1.2, n), 2 * HOUR, 140 * DAY)
    return np.where(happens(rng, OLD_SHARE, n), old_lags(rng, n), fresh)


def old_lags(rng: np.random.Generator, n: int) -> Floats:
    """The same of wallets that had a life before the campaign."""
    return np.clip(rng.lognormal(np.log(50 * DAY), 0.6, n), 10 * DAY, 150 * DAY)


def gaps(rng: np.random.Generator, n: int) -> tuple[Floats, Floats, Floats]:
    """low, high and sigma of the seconds between two calls of a visit: clicks and confirmations."""
    middle = np.clip(rng.lognormal(np.log(60), 0.9, n), 8, 30 * MINUTE)
    return middle * 0.5, middle * 2.0, np.full(n, 0.7)


def amounts(rng: np.random.Generator, decimals: Ints, world: World) -> Ints:
    """Gwei, written with as many decimals as each person likes."""
    coins = rng.lognormal(np.log(world.priors.coins), COINS_SIGMA, len(decimals))
    return with_decimals(np.clip(coins, MIN_COINS, MAX_COINS), decimals)


def with_decimals(coins: Floats, decimals: Ints) -> Ints:
    """Gwei rounded to `decimals` places of a coin, never to nothing: at least MIN_COINS where a step is larger."""
    step = 10 ** (9 - decimals)
    rounded = np.maximum(np.round(coins * COIN / step), 1) * step
    return np.asarray(rounded, dtype=np.int64)


def tips(rng: np.random.Generator, n: int) -> Ints:
    """Most keep what their wallet offers."""
    own = np.round(rng.lognormal(np.log(300), 1.5, n)).clip(1, 30_000)
    return np.where(happens(rng, 0.6, n), rng.choice(USUAL_TIPS, n), own).astype(np.int64)


def funders(rng: np.random.Generator, n: int, world: World) -> tuple[Ints, Ints]:
    """payer and through: an exchange, a bridge, a refuel service, rarely the mixer, or an old wallet of one's own."""
    where = rng.choice(5, n, p=world.priors.funder_weights)
    options = [
        world.deposits_go_to(rng, n),
        *(np.full(n, relayer) for relayer in (world.bridge_relayer, world.refuel_relayer, world.mixer_relayer)),
        world.addresses.new(n),
    ]
    through = np.choose(where, [NOBODY, world.bridge, world.refuel, world.mixer, NOBODY])
    return np.choose(where, options), through


def sinks(rng: np.random.Generator, n: int, world: World) -> tuple[Ints, Ints]:
    """sink and onward: most cash out to a deposit address of their own, some to a cold wallet."""
    is_deposit = happens(rng, 0.85, n)
    return world.addresses.new(n), np.where(is_deposit, world.deposits_go_to(rng, n), NOBODY)
