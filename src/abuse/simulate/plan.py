"""Plan and Scenario: what each account will do, one array per draw, and what others do for it.

A group (farms.py, lookalikes.py) only makes draws of its members depend on one another; engine.py then plays every
plan with the same code.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from abuse.simulate.priors import DAY
from abuse.simulate.world import HISTORY, HOUR, MINUTE, NOBODY, Bools, Floats, Ints, World

NEVER = np.inf
MAX_CALLS = 40


@dataclass
class Plan:
    """One entry per account in every array."""

    address: Ints
    """In a row, so that an address of an account less the first is its place."""
    is_hidden: Bools
    """Takes part, but the chain files have no row of it."""
    payer: Ints
    """Who signs its funding; NOBODY when a payout does it."""
    through: Ints
    """The bridge, refuel service or mixer that pays instead, else NOBODY."""
    funded_at: Floats
    lag_s: Floats
    """Seconds from funding to the first action, as first drawn."""
    budget: Ints
    """Gwei the account has for itself."""
    received: Ints
    """Gwei of its funding: the budget and what it passes on to others."""
    extra: Ints
    """Gwei that come later; they leave with the cash-out."""
    decimals: Ints
    """Of a coin, as this person writes amounts."""
    visits: Floats
    """Accounts x visits: when each visit to the campaign begins, ascending, NEVER after the last."""
    task_list: NDArray[np.int8]
    """Accounts x tasks: all tasks in the account's own order, of which it does the first `num_tasks`."""
    num_tasks: Ints
    rounds: Ints
    """How often it goes through its list."""
    gap_low_s: Floats
    gap_high_s: Floats
    gap_sigma: Floats
    """Seconds between calls of a visit: lognormal around the middle of the two, or uniform where sigma is 0."""
    stake_low: Floats
    stake_high: Floats
    """Share of the budget that a call moves, uniform between the two."""
    tip: Ints
    """Thousandths of a gwei, to the block's maker."""
    num_swaps: Ints
    num_approvals: Ints
    num_failed: Ints
    pays_friend: Bools
    friend: Ints
    moves_on: Bools
    """Sends a part of its first coins on to a second wallet."""
    tops_up: Bools
    """Gets as much again from an exchange at some time after its first coins."""
    claims: Bools
    reward: Ints
    """Whole second tokens it gets when it claims."""
    cashes_out: Bools
    cash_out_after: Floats
    """Seconds from its last action to its cash-out, unless `cash_out_at` is set."""
    cash_out_at: Floats
    sink: Ints
    onward: Ints
    """The hot wallet that empties the sink, NOBODY when the money stays."""

    def __len__(self) -> int:
        return len(self.address)

    @property
    def first_at(self) -> Floats:
        """Its first campaign action."""
        return self.visits[:, 0]

    def begin(self, members: Ints, at: Floats) -> None:
        """Moves all visits so that the first is at `at`."""
        self.visits[members] += (at - self.visits[members, 0])[:, None]

    @property
    def num_calls(self) -> Ints:
        return np.asarray(np.minimum(self.num_tasks * self.rounds, MAX_CALLS))


@dataclass(frozen=True)
class Payout:
    """One transaction through the disperse contract that pays many."""

    at: float
    signer: int
    recipients: Ints
    amounts: Ints
    in_stable: bool = False


@dataclass(frozen=True)
class Payments:
    """Coins that somebody outside the campaign sends, one transaction each."""

    sender: int
    recipients: Ints
    at: Floats
    amounts: Ints


@dataclass(frozen=True)
class Theft:
    """Coins that strangers to the campaign send one thief, and participants whose tokens he takes, as they cash out."""

    thief: int
    strangers: Ints
    at: Floats
    amounts: Ints
    robbed: Ints
    """Places of the participants."""


@dataclass
class Scenario:
    """Everybody's plan, and what people outside the campaign do for it."""

    plan: Plan
    payouts: list[Payout] = field(default_factory=list)
    payments: list[Payments] = field(default_factory=list)
    thefts: list[Theft] = field(default_factory=list)
    top_ups: list[tuple[int, float, int, bool]] = field(default_factory=list)
    """(address, at, amount, in stablecoin) that an exchange sends to somebody outside the campaign."""


def pass_on(plan: Plan, members: Ints, parent: Ints) -> None:
    """Each of `members` is funded by the one at `parent` (a place before its own); the first keeps its own payer."""
    for place in range(len(members) - 1, 0, -1):
        child, giver = members[place], members[parent[place]]
        plan.received[giver] += plan.received[child]
        plan.payer[child], plan.through[child] = plan.address[giver], NOBODY


def fund_alone(plan: Plan, members: Ints) -> None:
    """Each one's own funding, as long before its own start as it drew."""
    plan.funded_at[members] = plan.first_at[members] - plan.lag_s[members]


def fund_before_acting(plan: Plan, members: Ints) -> None:
    """Moves the group's funding back, in one piece, where any of it would come after that member's first action."""
    late = float((plan.funded_at[members] + 0.5 * HOUR - plan.first_at[members]).max())
    plan.funded_at[members] -= max(late, 0.0)
    plan.funded_at[members] = np.maximum(plan.funded_at[members], HISTORY + 3 * DAY)


def cash_out_times(plan: Plan, last_action: Floats, world: World) -> Floats:
    """When each cashes out: after its last action, at most six days after the campaign's end."""
    own = np.minimum(last_action + plan.cash_out_after, world.last_cash_out)
    at = np.where(np.isnan(plan.cash_out_at), own, plan.cash_out_at)
    return np.maximum(np.minimum(at, world.last_cash_out), last_action + 10 * MINUTE)
