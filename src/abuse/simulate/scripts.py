"""A farm's script -> when it comes to each wallet and how it waits between calls.

Level 0 sleeps a constant, level 1 uniformly in the ranges of public scripts (cex withdrawers, refuel and token senders
on GitHub), from level 2 on waits are lognormal, as measured between wallets of published farms: median a minute, 5 %
over nine.
"""

from __future__ import annotations

import numpy as np

from abuse.simulate.groups import CAREFUL, CRUDE, SPREAD
from abuse.simulate.people import at_hours
from abuse.simulate.plan import Plan
from abuse.simulate.priors import DAY
from abuse.simulate.ties import share
from abuse.simulate.world import HOUR, MINUTE, Floats, Ints, World, decides, happens

BETWEEN_WALLETS_S = ((5, 10), (5, 15), (10, 20), (20, 40), (20, 60), (30, 60), (40, 60), (60, 120), (300, 600))
BETWEEN_ACTIONS_S = ((5, 10), (10, 20), (20, 120), (25, 40))
STALL_SHARE = 0.02
"""How often a script stops for minutes to hours: gas over its limit, a node that does not answer."""
THREADS, THREAD_WEIGHTS = (1, 2, 5, 10), (0.92, 0.04, 0.02, 0.02)


def queue(rng: np.random.Generator, n: int, level: int) -> Floats:
    """Seconds at which a script comes to each of `n` wallets, at least one apart."""
    low, high = BETWEEN_WALLETS_S[rng.integers(len(BETWEEN_WALLETS_S))]
    if level == CRUDE:
        waits = np.full(n, rng.integers(low, high + 1), dtype=np.float64)
    elif level < CAREFUL:
        waits = rng.uniform(low, high, n)
    else:
        waits = rng.lognormal(np.log(rng.lognormal(np.log(90), 0.8)), 0.9, n)
    waits += rng.lognormal(np.log(8), 0.6, n)  # until the chain confirms
    stalls = happens(rng, STALL_SHARE, n)
    waits[stalls] += rng.lognormal(np.log(15 * MINUTE), 1.0, int(stalls.sum()))
    offsets = np.cumsum(np.maximum(waits, 1.0)) - waits[0]
    longest = DAY * (2 if level >= CAREFUL else 1)
    fitting = offsets * min(1.0, longest / max(float(offsets[-1]), 1.0))
    return np.asarray(np.maximum(fitting, np.arange(n) * 1.0))


def in_threads(rng: np.random.Generator, offsets: Floats) -> Floats:
    """The same, by a script that serves several wallets at once."""
    threads = int(rng.choice(THREADS, p=THREAD_WEIGHTS))
    n = len(offsets)
    return np.repeat(offsets, threads)[:n] if threads > 1 else offsets


def run_visits(rng: np.random.Generator, plan: Plan, members: Ints, level: int, world: World) -> None:
    """Every visit is the operator's: the script goes through all wallets, in one order or in another each time."""
    n, at = len(members), plan.visits[members[0]].copy()
    order, reshuffles = rng.permutation(n), level >= CAREFUL or decides(rng, 0.4)
    share(plan, members, "visits")
    for visit in range(int(np.isfinite(at).sum())):
        offsets = in_threads(rng, queue(rng, n, level))
        latest = world.length - 3 * HOUR - float(offsets[-1])
        order = rng.permutation(n) if reshuffles else order
        plan.visits[members, visit] = max(min(at[visit], latest), 0.0) + offsets[order]
    plan.visits[members] = np.sort(plan.visits[members], axis=1)
    if level < CAREFUL:
        sleep_between_calls(rng, plan, members, level)


def sleep_between_calls(rng: np.random.Generator, plan: Plan, members: Ints, level: int) -> None:
    """Wallet after wallet with short sleeps, or task after task, each through all wallets."""
    low, high = (float(side) for side in BETWEEN_ACTIONS_S[rng.integers(len(BETWEEN_ACTIONS_S))])
    if decides(rng, 0.35):
        turn = float(np.ptp(plan.visits[members, 0])) + MINUTE
        low, high = turn, turn * (1.0 if level == CRUDE else 1.05)
    plan.gap_low_s[members], plan.gap_high_s[members] = low, low if level == CRUDE else high
    plan.gap_sigma[members] = 0.0


def spread_visits(rng: np.random.Generator, plan: Plan, members: Ints, world: World) -> None:
    """The operator's visits, each wallet some days later than planned and at an hour of its own."""
    within = float(rng.uniform(1, min(10, world.priors.length_days / 3)))
    own = plan.visits[members, 0] / HOUR % 24
    share(plan, members, "visits")
    is_visit = np.isfinite(plan.visits[members])
    days = np.floor(np.where(is_visit, plan.visits[members], 0.0) / DAY)
    days += np.floor(rng.random((len(members), 1)) * within)
    days = np.where(days >= world.priors.length_days - 1, days % 7, days)  # too late for the campaign: at its start
    moved = np.where(is_visit, at_hours(rng, days, own), plan.visits[members])
    plan.visits[members] = np.sort(moved, axis=1)


def time_visits(rng: np.random.Generator, plan: Plan, members: Ints, level: int, world: World) -> None:
    if level == SPREAD:
        spread_visits(rng, plan, members, world)
    else:
        run_visits(rng, plan, members, level, world)
