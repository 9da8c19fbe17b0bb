"""The services of one campaign's chain."""

from __future__ import annotations

from dataclasses import dataclass

from tests.hard.laws import Ints
from tests.hard.ledger import Actors

NUM_EXCHANGES, NUM_BRIDGES, NUM_SHOPS = 4, 4, 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Cast:
    """Numbers of the addresses that everybody uses."""

    accounts: Ints
    exchanges: Ints
    bridges: Ints
    relayers: Ints
    """sign for the bridge of the same place"""
    router: Ints
    disperse: Ints
    tasks: Ints
    """contract per task"""
    tokens: Ints
    shops: Ints
    """private wallets that anybody pays now and then"""


def cast(actors: Actors, num_accounts: int, num_tasks: int) -> Cast:
    return Cast(
        accounts=actors.new(num_accounts),
        exchanges=actors.new(NUM_EXCHANGES),
        bridges=actors.new(NUM_BRIDGES),
        relayers=actors.new(NUM_BRIDGES),
        router=actors.new(1),
        disperse=actors.new(1),
        tasks=actors.new(num_tasks),
        tokens=actors.new(2),
        shops=actors.new(NUM_SHOPS),
    )
