"""Blocks and signers -> what a transaction pays for gas: the block's own price and the signer's tip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from abuse.simulate.ledger import BLOCK_S, FIRST_BLOCK
from abuse.simulate.people import tips
from abuse.simulate.plan import Plan
from abuse.simulate.world import HISTORY, HOUR, World

MILLIGWEI = 10**6
"""Wei; the unit of tips."""
GWEI = 10**9


class Gas:
    """Hourly prices wander around a daily swing; each address has a tip of its own."""

    def __init__(self, rng: np.random.Generator, plan: Plan, world: World) -> None:
        hours = int((world.the_end - HISTORY) / HOUR) + 2
        wander = np.zeros(hours)
        for hour in range(1, hours):
            wander[hour] = 0.97 * wander[hour - 1] + rng.normal(0, 0.12)
        swing = 0.4 * np.sin(2 * np.pi * np.arange(hours) / 24)
        self._hourly = np.exp(np.log(9.0) + swing + wander)
        self._tips = tips(rng, world.addresses.count).astype(np.int32)
        self._tips[plan.address] = plan.tip

    def tip_wei(self, signer: NDArray[np.generic]) -> NDArray[np.int64]:
        return self._tips[signer.astype(np.int64)].astype(np.int64) * MILLIGWEI

    def base_wei(self, block: NDArray[np.int32]) -> NDArray[np.int64]:
        """The same for all in a block. What is sent on after the end pays what the last hour asked."""
        number = block.astype(np.int64)
        hour = ((number - FIRST_BLOCK) * BLOCK_S - HISTORY) / HOUR
        within = 1 + 0.1 * np.sin(number * 0.7)
        known = np.minimum(hour.astype(np.int64), len(self._hourly) - 1)
        return np.asarray(self._hourly[known] * within * GWEI, dtype=np.int64)
