"""An honest group -> what its members share. Otherwise they act on their own, which is what tells them from a farm."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from abuse.simulate import circles, crowds, payers
from abuse.simulate.draws import honest_ties, tie
from abuse.simulate.farm_money import time_exits, time_funding
from abuse.simulate.groups import MIXTURE, SPONSORED, SPREAD, Group
from abuse.simulate.payers import FRIENDS_SELL_SHARE, STRANGERS_SELL_SHARE
from abuse.simulate.plan import Plan, Scenario, fund_alone
from abuse.simulate.scripts import time_visits
from abuse.simulate.world import Ints, World, decides, happens

CIRCLE = 3
OWN_FUNDED = ("class", "quest_crowd", "victims", "one_person")
"""Kinds whose members all have money from elsewhere."""
PAID = ("guild", "payroll", "desk")
"""Kinds that somebody pays, some members as their first coins."""
STRANGERS = ("exchange_crowd", "relayer_crowd", "quest_crowd", "class", "victims")
"""Kinds whose members need not know of one another."""
LIVES: dict[str, Callable[[np.random.Generator, Scenario, Ints, World], None]] = {
    "exchange_crowd": crowds.exchange_crowd,
    "relayer_crowd": crowds.relayer_crowd,
    "quest_crowd": crowds.quest_crowd,
    "class": crowds.lesson,
    "family": circles.family,
    "one_person": circles.one_person,
    "guild": circles.guild,
    "payroll": payers.payroll,
    "desk": payers.desk,
    "victims": payers.victims,
}


def live(rng: np.random.Generator, scenario: Scenario, group: Group, world: World) -> None:
    """Overwrites the draws that a look-alike group shares: some of any sort, then those of its kind."""
    plan, members = scenario.plan, group.members
    tied = honest_ties(rng)
    level = int(rng.integers(0, 4))
    tie(rng, plan, members, level, tied - {"visits"}, world)
    if "visits" in tied:  # the same days, each at an hour of their own: only scripts come in a queue
        time_visits(rng, plan, members, SPREAD, world)
        fund_alone(plan, members)
    if "funding" in tied and group.kind in PAID:
        time_funding(rng, plan, members, level)
    if group.kind == SPONSORED:
        payers.sponsored(rng, scenario, members, level, level if "funding" in tied else None, world)
    else:
        if decides(rng, STRANGERS_SELL_SHARE if group.kind in STRANGERS else FRIENDS_SELL_SHARE):
            plan.sink[members], plan.onward[members] = plan.sink[members[0]], plan.onward[members[0]]
        LIVES[group.kind](rng, scenario, members, world)
    if "funding" in tied and group.kind in OWN_FUNDED:
        time_funding(rng, plan, members, level)
    if "exits" in tied and level != SPREAD and group.kind != "victims":
        time_exits(rng, plan, members, level, world)


def befriend(rng: np.random.Generator, plan: Plan, everyone_groups: list[Ints]) -> None:
    """Gives some people a friend inside the campaign, from a circle of at most three of the same group.

    Small circles, or chance payments would tie everybody into one component.
    """
    for members in everyone_groups:
        seen = rng.permutation(members[~plan.is_hidden[members]])
        circles_of = seen[: len(seen) // CIRCLE * CIRCLE].reshape(-1, CIRCLE)
        knows = happens(rng, 0.4, circles_of.size)
        who, friend = circles_of.ravel(), np.roll(circles_of, 1, axis=1).ravel()
        plan.friend[who[knows]] = plan.address[friend[knows]]


def tie_guests(rng: np.random.Generator, scenario: Scenario, mixture: Group, world: World) -> None:
    """The honest members of a mixture hang on it by one payment each, by relatives, or by a common collector."""
    plan = scenario.plan
    if mixture.kind != MIXTURE:
        return
    guests = mixture.members[~mixture.is_farmed]
    farmed = mixture.farmed[~plan.is_hidden[mixture.farmed]]
    if len(farmed) == 0:
        return
    heads = guests
    if len(guests) > 1 and decides(rng, 0.5):
        families = np.array_split(guests, max(1, len(guests) // 5))
        for family in families:
            circles.family(rng, scenario, family, world)
        heads = np.array([family[0] for family in families])
    if decides(rng, 0.25):  # a shop or a lender that both use
        place = rng.choice(farmed, len(heads))
        plan.sink[heads], plan.onward[heads] = plan.sink[place], plan.onward[place]
        plan.cashes_out[heads] = True
        return
    known = rng.choice(farmed, len(heads))
    gives = happens(rng, 0.6, len(heads))
    payer, paid = np.where(gives, heads, known), np.where(gives, known, heads)
    plan.pays_friend[payer] = True
    plan.friend[payer] = plan.address[paid]
