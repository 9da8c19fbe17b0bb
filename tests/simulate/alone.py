"""Accounts one by one: what anybody could measure of an account without looking at any other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from abuse.simulate.campaign import cast_roles
from abuse.simulate.engine import play
from abuse.simulate.groups import Group, groups
from abuse.simulate.ledger import GWEI, Ledger, Sealed, longs
from abuse.simulate.methods import PAY, usual_gas
from abuse.simulate.noise import disturb
from abuse.simulate.plan import Plan
from abuse.simulate.priors import DAY, drawn_priors
from abuse.simulate.world import HOUR, World, drawn_world

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Played:
    """A campaign before it becomes files."""

    plan: Plan
    world: World
    sealed: Sealed
    found: list[Group]

    def level(self) -> NDArray[np.int64]:
        """Of each account's farm; -1 of honest people."""
        levels = np.full(len(self.plan), -1)
        for group in self.found:
            if group.level is not None:
                levels[group.farmed] = group.level
        return levels


def played(accounts: int, seed: int) -> Played:
    rng = np.random.default_rng([seed, accounts])
    world, ledger = drawn_world(rng, drawn_priors(rng)), Ledger()
    found = groups(rng, accounts, world.priors.farm_share)
    scenario = cast_roles(rng, accounts, found, world)
    play(rng, scenario, world, ledger)
    disturb(rng, scenario.plan, world, ledger)
    return Played(scenario.plan, world, ledger.sealed(rng, usual_gas(world.tasks)), found)


def numbers(campaign: Played) -> dict[str, Numbers]:
    """name -> one number per account: counts, ages, amounts, hours, gas, decimals, gaps."""
    first = int(campaign.plan.address[0])
    n, calls = len(campaign.plan), campaign.sealed.calls
    who = calls["signer"].astype(np.int64) - first
    mine = np.flatnonzero((who >= 0) & (who < n))
    mine = mine[np.argsort(who[mine], kind="stable")]
    who, at = who[mine], calls["at"][mine].astype(np.float64)
    paid, gained = gains(campaign)
    gap = np.where(who[1:] == who[:-1], np.diff(at), np.nan)
    hour = at / HOUR % 24 * np.pi / 12
    amount = longs(calls["amount"][mine]).astype(np.float64)
    amount[amount == 0] = np.nan
    is_task = longs(calls["method"][mine]) > PAY
    return {
        "num_signed": _sum(who, np.ones(len(who)), n),
        "num_paid_to": _sum(paid, np.ones(len(paid)), n),
        "num_calls": _sum(who, is_task.astype(float), n),
        "num_methods": _distinct(who, calls["method"][mine], n),
        "num_payees": _distinct(who, calls["to"][mine], n),
        "age_days": -_extreme(np.minimum, who, at, n) / DAY,
        "last_day": _extreme(np.maximum, who, at, n) / DAY,
        "days_active": _distinct(who, at // DAY, n),
        "largest": _extreme(np.maximum, who, np.log(amount), n),
        "smallest": _extreme(np.minimum, who, np.log(amount), n),
        "most_gained": _extreme(np.maximum, paid, np.log(gained), n),
        "decimals": _extreme(np.maximum, who, _decimals(amount), n),
        "decimals_gained": _extreme(np.maximum, paid, _decimals(gained), n),
        "hour_sin": _sum(who, np.sin(hour), n) / np.maximum(_sum(who, np.ones(len(who)), n), 1),
        "hour_cos": _sum(who, np.cos(hour), n) / np.maximum(_sum(who, np.ones(len(who)), n), 1),
        "shortest_gap": _extreme(np.minimum, who[1:], np.log1p(gap), n),
        "longest_gap": _extreme(np.maximum, who[1:], np.log1p(gap), n),
        "tip": np.log(campaign.plan.tip.astype(float)),
        "num_failed": _sum(who, (1 - longs(calls["ok"][mine])).astype(np.float64), n),
    }


def gains(campaign: Played) -> tuple[NDArray[np.int64], Numbers]:
    """Who got coins, dust aside, and how many, out of a wallet or a contract."""
    calls, inner = campaign.sealed.calls, campaign.sealed.inner
    paid = np.append(calls["to"], inner["recipient"]).astype(np.int64) - campaign.plan.address[0]
    gwei = np.append(calls["amount"], inner["amount"]).astype(np.float64)
    is_gain = np.append(calls["zeros"] == GWEI, inner["delegates"] == 0) & (gwei > 0)
    to_me = np.flatnonzero((paid >= 0) & (paid < len(campaign.plan)) & is_gain)
    return paid[to_me], gwei[to_me]


def _sum(who: NDArray[np.int64], what: Numbers, n: int) -> Numbers:
    return np.asarray(np.bincount(who, what, minlength=n), dtype=np.float64)


def _extreme(which: np.ufunc, who: NDArray[np.int64], what: Numbers, n: int) -> Numbers:
    known = np.isfinite(what)
    found = np.full(n, -np.inf if which is np.maximum else np.inf)
    which.at(found, who[known], what[known])
    return np.where(np.isfinite(found), found, np.nan)


def _distinct(who: NDArray[np.int64], what: NDArray[np.generic], n: int) -> Numbers:
    pairs = np.unique(np.stack([who, what.astype(np.int64)], axis=1), axis=0)
    return np.bincount(pairs[:, 0], minlength=n).astype(float)


def _decimals(gwei: Numbers) -> Numbers:
    known = np.where(np.isfinite(gwei), gwei, 0).astype(np.int64)
    zeros = sum((known % 10**k == 0).astype(int) for k in range(1, 10))
    return np.where(np.isfinite(gwei) & (known > 0), 9.0 - zeros, np.nan)
