"""What accounts do in the campaign, besides it, and with what is left."""

from __future__ import annotations

import numpy as np

from tests.hard.actors import Cast
from tests.hard.clock import Times
from tests.hard.groups import Groups
from tests.hard.laws import DEPOSITS, MOST_ACTIONS, Ints, Law
from tests.hard.ledger import Actors, Ledger, gwei
from tests.hard.people import Habits, Members, is_paid

FIRST_TASK_METHOD = 10
SWAPPED = 3
HUB_IS_SINK = 0.25
"""Share of groups with a private sink that send back to who paid them: treasuries and operators alike."""


def act(ledger: Ledger, cast: Cast, times: Times, habits: Habits, law: Law) -> None:
    """Campaign actions: coins in and a receipt token back, or gas alone and a token of the campaign."""
    account, nth = np.nonzero(np.arange(MOST_ACTIONS) < habits.num_actions[:, None])
    task = habits.tasks[account, nth]
    eth = habits.amounts_eth[account, nth]
    paid = is_paid(task)
    sender = cast.accounts[account]
    call = ledger.calls.add(
        at=times.acted_at[account, nth],
        sender=sender,
        to=cast.tasks[task],
        gwei=gwei(eth),
        method=FIRST_TASK_METHOD + task,
        tip_milli=np.rint(habits.tip_gwei[account] * 1000).astype(np.int64),
    )
    raw = np.where(paid, np.rint(eth * law.eth_usd * 1e6), 1_000_000).astype(np.int64)
    token = np.where(paid, cast.tokens[0], cast.tokens[1])
    ledger.tokens.add(call=call, token=token, sender=cast.tasks[task], to=sender, raw=np.maximum(raw, 1))
    ledger.acts.add(call=call, account=account, task=task, usd_cents=np.rint(eth * law.eth_usd * 100).astype(np.int64))


def live(rng: np.random.Generator, ledger: Ledger, cast: Cast, times: Times, habits: Habits, law: Law) -> None:
    """Noise: swaps, and top-ups from an exchange, at any time between funding and the end."""
    account = np.repeat(np.arange(len(habits.num_noise)), habits.num_noise)
    n = len(account)
    begins = times.funded_at[account] + 120
    at = begins + (rng.random(n) * np.maximum(law.ends_at - begins, 86_400)).astype(np.int64)
    amount = gwei(np.round(np.exp(law.fund_log - 1.5 + 0.8 * rng.normal(size=n)), 4) + 1e-4)
    tip_milli = np.rint(habits.tip_gwei[account] * 1000).astype(np.int64)
    swaps = rng.random(n) < 0.7
    who = cast.accounts[account]
    call = ledger.calls.add(
        at=at[swaps], sender=who[swaps], to=cast.router, gwei=amount[swaps], method=SWAPPED, tip_milli=tip_milli[swaps]
    )
    raw = np.rint(amount[swaps] * law.eth_usd / 1000).astype(np.int64)
    ledger.tokens.add(call=call, token=cast.tokens[0], sender=cast.router, to=who[swaps], raw=raw)
    exchange = cast.exchanges[rng.integers(0, len(cast.exchanges), n)]
    ledger.calls.add(
        at=at[~swaps], sender=exchange[~swaps], to=who[~swaps], gwei=amount[~swaps], method=0, tip_milli=2_000
    )


def sinks(
    rng: np.random.Generator, members: Members, groups: Groups, habits: Habits, actors: Actors, hub: Ints
) -> Ints:
    """Where each account sends what is left; its own place or its group's."""
    n, num_groups = len(habits.sink), members.num_groups
    own = actors.new(n)
    deposit, private = actors.new(num_groups), actors.new(num_groups)
    has_hub = np.isin(groups.structure, [0, 1, 2, 3])
    private = np.where(has_hub & (rng.random(num_groups) < HUB_IS_SINK), hub, private)
    group = np.minimum(members.group, num_groups - 1)
    common = np.where(habits.sink == DEPOSITS, deposit[group], private[group])
    return np.where(habits.shares_sink > 0, common, own)


def leave(rng: np.random.Generator, ledger: Ledger, cast: Cast, times: Times, habits: Habits, sink: Ints) -> None:
    """Most of the rest goes out; a deposit address passes it on to its exchange within hours."""
    going = np.flatnonzero(habits.sink != 0)
    rest = habits.fund_eth[going] - habits.amounts_eth[going].sum(axis=1)
    amount = gwei(np.floor(rest * rng.uniform(0.6, 0.9, len(going)) * 1e6) / 1e6)
    tip_milli = np.rint(habits.tip_gwei[going] * 1000).astype(np.int64)
    at = times.left_at[going]
    ledger.calls.add(at=at, sender=cast.accounts[going], to=sink[going], gwei=amount, method=0, tip_milli=tip_milli)
    deposits = habits.sink[going] == DEPOSITS
    address, which = np.unique(sink[going][deposits], return_inverse=True)
    total = np.bincount(which, weights=amount[deposits]).astype(np.int64)
    last = np.zeros(len(address), np.int64)
    np.maximum.at(last, which, at[deposits])
    exchange = cast.exchanges[(rng.random(len(address)) ** 1.5 * len(cast.exchanges)).astype(np.int64)]
    ledger.calls.add(
        at=last + rng.integers(600, 20_000, len(address)),
        sender=address,
        to=exchange,
        gwei=total,
        method=0,
        tip_milli=2_000,
    )
