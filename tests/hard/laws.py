"""A campaign's laws: what any account of it does, whoever is behind it. Quantiles in, values out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAY_S = 86_400
OLDEST_DAYS = 60
"""No account is funded earlier than this before its first action."""
MOST_ACTIONS = 6
TIPS = np.array([0.05, 0.1, 0.5, 1.0, 1.5, 2.0, 3.0])
"""gwei; the defaults of common wallets, and what people type"""
DIGITS = np.arange(1, 7)
STAYS, DEPOSITS, SWEEPS = 0, 1, 2
"""What becomes of an account's money after the campaign."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Law:
    """One campaign's laws. Every account of it, farm or honest, follows them one by one."""

    starts_at: int
    length_days: int
    farm_share: float
    """of clusters; a narrow law, as campaigns that differ much in it make any held-out campaign's AUC lean below .5"""
    eth_usd: float
    days: Floats
    leads: Floats
    clock: Floats
    counts: Floats
    digits: Floats
    tips: Floats
    sources: Floats
    noise: Floats
    popularity: Floats
    fund_log: float
    fund_sd: float
    share_logit: float
    wait_log: float
    pace_log: float
    awake_hours: float
    base_fee: Floats

    @property
    def joint(self) -> Floats:
        """P(day funded, lead in days): rows from OLDEST_DAYS before the start."""
        table = np.zeros((OLDEST_DAYS + self.length_days, len(self.leads)))
        for lead, share in enumerate(self.leads):
            first = OLDEST_DAYS - lead
            table[first : first + self.length_days, lead] = self.days * share
        return table

    @property
    def ends_at(self) -> int:
        """A fortnight after the last day on which anyone starts: the slow ones finish."""
        return self.starts_at + (self.length_days + 14) * DAY_S


def normalised(weights: Floats) -> Floats:
    return np.asarray(weights / weights.sum())


def diurnal(rng: np.random.Generator) -> Floats:
    """Share of acts per quarter of an hour (UTC): three time zones with one working day each."""
    quarters = np.arange(96) / 4
    zones = rng.choice([0, 1, 3, 5, 7, 8, 9, 18, 21], 3, replace=False)
    shape = sum(
        weight * np.exp(1.6 * np.cos((quarters - 15 + zone) * np.pi / 12))
        for zone, weight in zip(zones, rng.dirichlet([2, 2, 2]), strict=True)
    )
    return normalised(np.asarray(shape) + 0.1)


def base_fee(rng: np.random.Generator, hours: int) -> Floats:
    """gwei per hour: slow mean reversion in logs, dearer in the afternoon."""
    shocks = rng.normal(0, 0.16, hours)
    level = np.zeros(hours)
    for hour in range(1, hours):
        level[hour] = 0.95 * level[hour - 1] + shocks[hour]
    return np.asarray(rng.uniform(8, 30) * np.exp(level + 0.25 * np.cos((np.arange(hours) % 24 - 15) * np.pi / 12)))


def law(rng: np.random.Generator, nth: int) -> Law:
    """The nth campaign: its own length, rush, amounts, tasks, time zones, exchange mix and farm share."""
    length = int(rng.integers(20, 76))
    x = (np.arange(length) + 0.5) / length
    rush = np.exp(-x * rng.uniform(0, 6)) * rng.uniform(0.2, 1) + np.exp((x - 1) * 8) * rng.uniform(0, 1) + 0.15
    same_day = rng.uniform(0.35, 0.6)
    older = normalised(1 / (np.arange(1, OLDEST_DAYS + 1) + rng.uniform(1, 4)))
    return Law(
        starts_at=1_675_209_600 + nth * 90 * DAY_S + int(rng.integers(0, 30)) * DAY_S,
        length_days=length,
        farm_share=float(rng.uniform(0.46, 0.54)),
        eth_usd=float(np.round(rng.uniform(1_500, 3_500), 2)),
        days=normalised(rush * np.exp(rng.normal(0, 0.25, length))),
        leads=np.concatenate([[same_day], (1 - same_day) * older]),
        clock=diurnal(rng),
        counts=normalised(np.exp(-np.abs(np.arange(1, MOST_ACTIONS + 1) - rng.uniform(1.5, 3.5)) / 1.5)),
        digits=rng.dirichlet([3, 5, 5, 4, 2, 4]),
        tips=rng.dirichlet([1, 3, 1, 2, 4, 2, 1]),
        sources=rng.dirichlet([4, 3, 2, 1]),
        noise=rng.dirichlet([5, 3, 2, 1]),
        popularity=rng.normal(0, 0.8, int(rng.integers(8, 15))),
        fund_log=float(np.log(rng.uniform(0.02, 0.09))),
        fund_sd=float(rng.uniform(0.6, 1.0)),
        share_logit=float(rng.uniform(-0.8, 0.5)),
        wait_log=float(np.log(rng.uniform(900, 3_600))),
        pace_log=float(np.log(rng.uniform(1_800, 20_000))),
        awake_hours=float(rng.uniform(10, 15)),
        base_fee=base_fee(rng, (OLDEST_DAYS + length + 60) * 24),
    )


def category(scores: Floats, shares: Floats) -> Ints:
    """Which of the categories a normal score falls in."""
    return np.asarray(np.minimum(np.searchsorted(np.cumsum(shares), ndtr(scores)), len(shares) - 1))


def time_of_day(scores: Floats, clock: Floats) -> Floats:
    """Seconds after midnight UTC."""
    grid = np.concatenate([[0.0], np.cumsum(clock)])
    return np.asarray(np.interp(ndtr(scores), grid, np.arange(len(grid)) * DAY_S / len(clock)))


def conditional(scores: Floats, rows: Ints, joint: Floats) -> Ints:
    """A lead for each account by the law of its own funding day."""
    cumulative = np.cumsum(joint, axis=1)
    cumulative /= cumulative[:, -1:]
    return np.asarray(np.minimum((cumulative[rows] < ndtr(scores)[:, None]).sum(axis=1), joint.shape[1] - 1))


def tip(scores: Floats, shares: Floats) -> Floats:
    """gwei: seven in ten keep a wallet's default, the rest pay what they like around it."""
    u = ndtr(scores)
    step = category(scores, shares)
    low = np.concatenate([[0.0], np.cumsum(shares)])[step]
    within = np.clip((u - low) / shares[step], 1e-6, 1 - 1e-6)
    own = np.where(within < 0.7, 1.0, np.exp(0.3 * ndtri(np.clip((within - 0.7) / 0.3, 1e-6, 1 - 1e-6))))
    return np.asarray(np.round(TIPS[step] * own, 4))


def rounded(amounts: Floats, digits: Ints) -> Floats:
    """Cut, never raised, to so many significant digits."""
    unit = 10.0 ** (np.floor(np.log10(amounts)) + 1 - digits)
    return np.asarray(np.floor(amounts / unit + 1e-9) * unit)
