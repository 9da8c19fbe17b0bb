"""Seed -> what differs from campaign to campaign: how many farms, how long, how rushed, how rich, who serves whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DAY = 86_400.0
FARM_LOGIT, FARM_SPREAD = -1.735, 0.85
"""Median 15 %, and 4 to 40 % in nine campaigns of ten: shares that public airdrops found (ZK 7 %, Linea 40 %)."""
FARM_RANGE = (0.03, 0.45)
MIN_DAYS, MAX_DAYS = 20, 150
EXCHANGES = (0.25, 0.2, 0.15, 0.1, 0.3)
FUNDERS = (0.62, 0.12, 0.04, 0.01, 0.21)


@dataclass(frozen=True, kw_only=True)
class Priors:
    """One campaign's. Everybody in it, farm or not, draws from the same."""

    farm_share: float
    """Share of the accounts that farms run."""
    length_days: int
    rush_share: float
    """Share of people who come with the announcement, the others whenever."""
    rush_days: float
    sitting_share: float
    """Share of people who do everything in one sitting."""
    coins: float
    """Median budget, in coins."""
    num_tasks: int
    page_share: float
    """Share of people who do tasks in the order of the campaign's page."""
    claim_share: float
    exchange_weights: NDArray[np.float64]
    """Four listed exchanges and one that no list knows."""
    funder_weights: NDArray[np.float64]
    """First gas from: an exchange, the bridge, the refuel service, the mixer, an old wallet of one's own."""


def drawn_priors(rng: np.random.Generator) -> Priors:
    share = 1 / (1 + np.exp(-(FARM_LOGIT + FARM_SPREAD * rng.standard_normal())))
    return Priors(
        farm_share=float(np.clip(share, *FARM_RANGE)),
        length_days=int(np.clip(rng.lognormal(np.log(60), 0.5), MIN_DAYS, MAX_DAYS)),
        rush_share=float(rng.uniform(0.2, 0.6)),
        rush_days=float(rng.uniform(1, 5)),
        sitting_share=float(rng.uniform(0.05, 0.3)),
        coins=float(rng.lognormal(np.log(0.06), 0.4)),
        num_tasks=int(rng.integers(10, 15)),
        page_share=float(rng.uniform(0.2, 0.6)),
        claim_share=float(rng.uniform(0.3, 0.7)),
        exchange_weights=rng.dirichlet(25 * np.array(EXCHANGES)),
        funder_weights=rng.dirichlet(40 * np.array(FUNDERS)),
    )
