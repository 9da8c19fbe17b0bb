"""A farm group -> its members' draws, tied together by one hidden operator and his script.

The level says how well he hides: 0 crude constants, 1 uniform jitter, 2 shuffled tasks, lognormal waits and small
batches, 3 days between wallets, hours and sinks of their own. From level 2 on each wallet alone is like anybody's.
"""

from __future__ import annotations

import numpy as np

from abuse.simulate.draws import farm_ties, tie
from abuse.simulate.farm_money import fund, share_sink, time_exits
from abuse.simulate.groups import LONGEST_CHAIN, MIXTURE, SPREAD, UNFUNDED, Group
from abuse.simulate.plan import Scenario, fund_alone
from abuse.simulate.scripts import time_visits
from abuse.simulate.world import World, decides

NO_SINK = "behaviour_only"
ALWAYS_ONE_SINK = ("sink_only", "exchange_batch")
MIXED_KINDS = ("star", "tree", "disperse", "chain", "sink_only")


def run_farm(rng: np.random.Generator, scenario: Scenario, farm: Group, world: World) -> None:
    """Overwrites the draws that the operator decides; all others stay each member's own."""
    plan, members, level = scenario.plan, farm.farmed, farm.level or 0
    kind = mixed_kind(rng, len(members)) if farm.kind == MIXTURE else farm.kind
    tied = farm_ties(rng, level)
    tie(rng, plan, members, level, tied, world)
    if "visits" not in tied and decides(rng, 0.5):  # on days of their own, but not far apart
        time_visits(rng, plan, members, SPREAD, world)
    if kind in UNFUNDED:
        fund_alone(plan, members)
    else:
        timing = None if "funding" not in tied else level if "visits" in tied else SPREAD
        fund(rng, scenario, kind, members, level, timing, world)
    if kind in ALWAYS_ONE_SINK or (kind != NO_SINK and decides(rng, 0.8)):
        share_sink(rng, plan, members, level, world, to_exchange=kind == "exchange_batch")
    if "exits" in tied and level != SPREAD:
        time_exits(rng, plan, members, level, world)


def mixed_kind(rng: np.random.Generator, size: int) -> str:
    return str(rng.choice([kind for kind in MIXED_KINDS if kind != "chain" or size <= LONGEST_CHAIN]))
