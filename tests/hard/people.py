"""The accounts of one campaign, and what each of them draws from the campaign's laws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from tests.hard import kinds
from tests.hard.draws import Draws, ranked
from tests.hard.groups import UNDECIDED, Groups
from tests.hard.laws import MOST_ACTIONS, Floats, Ints, Law, category, rounded, tip

FREE_SINKS = np.array([0.40, 0.32, 0.28])
"""stays, goes to an exchange, goes to a private wallet: of accounts whose group does not decide it"""
LONE_SINKS = np.array([0.284, 0.463, 0.253])
"""the same over all grouped accounts"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Members:
    """Who is who. Accounts 0.. are grouped, then as many lone ones, each a group of its own."""

    group: Ints
    num_groups: int
    """groups below this number are the candidate clusters"""
    is_tied: Ints
    """0 for lone accounts and for strangers attached to a group"""
    is_farm: Ints

    @property
    def is_grouped(self) -> Ints:
        return (self.group < self.num_groups).astype(np.int64)

    def per_account(self, values: Ints | Floats, lone: float) -> Floats:
        """A group's value for each account; lone ones get the one given."""
        of_group = np.asarray(values)[np.minimum(self.group, self.num_groups - 1)]
        return np.where(self.is_grouped > 0, of_group, lone).astype(np.float64)


@dataclass(frozen=True, kw_only=True, slots=True)
class Habits:
    """What accounts draw, the clock aside."""

    fund_eth: Floats
    digits: Ints
    num_actions: Ints
    tasks: Ints
    """account x MOST_ACTIONS, in the order done"""
    amounts_eth: Floats
    """account x MOST_ACTIONS, as cut to the account's digits"""
    tip_gwei: Floats
    sink: Ints
    shares_sink: Ints
    num_noise: Ints
    source: Ints


def members(rng: np.random.Generator, groups: Groups) -> Members:
    grouped = np.repeat(np.arange(len(groups.size)), groups.size)
    stranger = ranked(rng.random(len(grouped)), grouped) < groups.strangers[grouped]
    farm = (groups.is_farm[grouped] > 0) & ~stranger
    lone = len(groups.size) + np.arange(len(grouped))
    nobody = np.zeros(len(lone), np.int64)
    return Members(
        group=np.concatenate([grouped, lone]),
        num_groups=len(groups.size),
        is_tied=np.concatenate([(~stranger).astype(np.int64), nobody]),
        is_farm=np.concatenate([farm.astype(np.int64), nobody]),
    )


def spread_of(members: Members, groups: Groups, draw: str) -> Floats:
    """How much of an account's draw is its own: all of it for lone accounts and strangers."""
    tied = members.per_account(groups.spread[:, kinds.DRAWS.index(draw)], 1.0)
    return np.where(members.is_tied > 0, tied, 1.0)


def draws(rng: np.random.Generator, members: Members, groups: Groups) -> Draws:
    return Draws(
        rng=rng,
        group=members.group,
        queue=rng.random(len(members.group)),
        order=members.per_account(groups.order, 0.0),
        even=members.per_account(groups.even, 0.0),
    )


def task_lists(drawn: Draws, spread: Floats, law: Law) -> Ints:
    """Tasks by popularity with Gumbel noise (Plackett-Luce); the noise is what a group can share."""
    keys = []
    for popularity in law.popularity.tolist():
        u = np.clip(ndtr(drawn.scores(spread)), 1e-12, 1 - 1e-12)
        keys.append(popularity - np.log(-np.log(u)))
    return np.argsort(-np.stack(keys, axis=1), axis=1)[:, :MOST_ACTIONS]


def sink_kinds(rng: np.random.Generator, drawn: Draws, members: Members, groups: Groups) -> Ints:
    forced = members.per_account(groups.sink, UNDECIDED)
    forced[members.is_tied == 0] = UNDECIDED
    law = np.where((members.is_tied > 0)[:, None], FREE_SINKS, LONE_SINKS)
    u = ndtr(drawn.scores(spread_of(members, groups, "sink")))
    free = (u[:, None] > np.cumsum(law, axis=1)).sum(axis=1).clip(0, 2)
    return np.where(forced == UNDECIDED, free, forced).astype(np.int64)


def habits(rng: np.random.Generator, drawn: Draws, members: Members, groups: Groups, law: Law) -> Habits:
    def scores(draw: str) -> Floats:
        return drawn.scores(spread_of(members, groups, draw))

    digits = 1 + category(scores("digits"), law.digits)
    fund = rounded(np.exp(law.fund_log + law.fund_sd * scores("fund")), digits + 1)
    num_actions = 1 + category(scores("count"), law.counts)
    per_action = fund * expit(law.share_logit + 0.9 * scores("share")) / num_actions
    tasks = task_lists(drawn, spread_of(members, groups, "tasks"), law)
    weight = 0.7 + 0.6 * ((tasks * 5) % 7) / 7
    share = members.per_account(groups.sink_share, 0.0)
    return Habits(
        fund_eth=fund,
        digits=digits,
        num_actions=num_actions,
        tasks=tasks,
        amounts_eth=np.where(is_paid(tasks), rounded(per_action[:, None] * weight * 0.7, digits[:, None]), 0.0),
        tip_gwei=tip(scores("tip"), law.tips),
        sink=sink_kinds(rng, drawn, members, groups),
        shares_sink=((rng.random(len(share)) < share) & (members.is_tied > 0)).astype(np.int64),
        num_noise=category(scores("noise"), law.noise),
        source=category(scores("source"), law.sources),
    )


def is_paid(tasks: Ints) -> NDArray[np.bool_]:
    """Every third task costs gas only: a vote, a mint."""
    return np.asarray(tasks % 3 != 2)
