"""Priors of one campaign -> the fixed places of its chain: addresses, services, contracts, tokens, and its clock.

Inside the simulator a time is seconds after the campaign's start, coins are whole gwei, and an address is a number
whose hex text is drawn at random when the files are written, so that no address says anything about its owner.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from abuse.simulate.priors import DAY, Priors
from abuse.simulate.tasks import Tasks, drawn_tasks

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MINUTE, HOUR = 60.0, 3_600.0
ENDS_AT = datetime(2026, 3, 31, tzinfo=UTC)
HISTORY = -180 * DAY
"""The first movement of all, before the start."""

COIN = 10**9
"""Gwei in a coin."""
NATIVE_USD, STABLE_USD, SECOND_USD = 2_500.0, 1.0, 0.85
STABLE_UNITS = 10**6
"""Raw units in a stablecoin."""
SECOND_UNITS = 10**9
"""Ledger units in a second token; nine zeros follow in the files."""

NOBODY = -1
"""An address that is not there: no contract in between, no onward payment, funded by a payout."""


@dataclass
class Addresses:
    """Hands out address numbers in order; what they look like is drawn at the end."""

    count: int = 0

    def new(self, n: int) -> Ints:
        first, self.count = self.count, self.count + n
        return np.arange(first, self.count, dtype=np.int64)

    def one(self) -> int:
        return int(self.new(1)[0])


@dataclass
class World:
    """Who serves everybody, and when what ends."""

    priors: Priors
    tasks: Tasks
    addresses: Addresses = field(default_factory=Addresses)

    def __post_init__(self) -> None:
        one = self.addresses.one
        self.exchanges = self.addresses.new(4)  # labelled hot wallets
        self.unlisted_exchange = one()  # a hot wallet that no list knows
        self.bridge, self.bridge_relayer = one(), one()
        self.refuel, self.refuel_relayer = one(), one()  # sells first gas; no list knows it
        self.mixer, self.mixer_relayer = one(), one()
        self.router, self.disperse = one(), one()
        self.campaign, self.campaign_code = one(), one()
        self.task_contracts = self.addresses.new(len(self.tasks))
        self.stable, self.second = one(), one()
        self.attacker, self.attacker_token = one(), one()
        self.length = self.priors.length_days * DAY
        self.last_cash_out = self.length + 6 * DAY
        self.the_end = self.length + 7 * DAY
        self.starts_at = ENDS_AT - timedelta(days=self.priors.length_days)

    @property
    def hot_wallets(self) -> Ints:
        return np.append(self.exchanges, self.unlisted_exchange)

    def deposits_go_to(self, rng: np.random.Generator, n: int) -> Ints:
        """The hot wallet behind each of `n` deposit addresses."""
        return rng.choice(self.hot_wallets, n, p=self.priors.exchange_weights)


def drawn_world(rng: np.random.Generator, priors: Priors) -> World:
    return World(priors, drawn_tasks(rng, priors.num_tasks))


def happens(rng: np.random.Generator, share: float, n: int) -> Bools:
    """For each of `n`, whether something that happens to `share` of people happens to it."""
    return rng.random(n) < share


def decides(rng: np.random.Generator, share: float) -> bool:
    """One such draw, for a whole group."""
    return bool(rng.random() < share)
