"""When accounts are paid, act and leave. Seconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.hard import kinds
from tests.hard.draws import Draws, leaders
from tests.hard.groups import Groups
from tests.hard.laws import DAY_S, MOST_ACTIONS, OLDEST_DAYS, Floats, Ints, Law, category, conditional, time_of_day
from tests.hard.people import Members, spread_of

APART_S = 24
"""An account that pays the next one is itself paid at least this much earlier."""
LONGEST_STALL_H = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    funded_at: Ints
    acted_at: Ints
    """account x MOST_ACTIONS, rising"""
    left_at: Ints
    patience_gwei: Floats


def hour_of(law: Law, at: Floats) -> Ints:
    """Hours since the first hour with a base fee."""
    since = (at - law.starts_at) // 3600 + OLDEST_DAYS * 24
    return np.clip(since, 0, len(law.base_fee) - 1).astype(np.int64)


def copied(scores: Floats, leader: Ints, is_dispersed: Ints) -> Floats:
    """Accounts paid by one transaction are paid in one second: the first one's draw stands for all."""
    return np.where(is_dispersed > 0, scores[leader], scores)


def first_times(drawn: Draws, members: Members, groups: Groups, law: Law) -> tuple[Floats, Floats]:
    """Funding and first action. P(funding day, lead) is one law; a group may fix either end of it, and each account
    draws the other from the law given that end, so farm and honest accounts have the same pair law."""
    rng = drawn.rng
    batch = (rng.random(len(members.group)) * members.per_account(groups.batches, 1)).astype(np.int64)
    batch = np.where(members.is_tied > 0, batch, -1 - np.arange(len(batch)))
    leader = leaders(batch, members.group)
    is_dispersed = (members.per_account(groups.structure, -1) == kinds.DISPERSE).astype(np.int64)
    spread = {draw: spread_of(members, groups, draw) for draw in ("day", "hour", "lead", "wait")}
    day = copied(drawn.scores(spread["day"], queued=True), leader, is_dispersed)
    hour = copied(drawn.scores(spread["hour"], queued=True), leader, is_dispersed)
    later = 0.6 * hour + 0.8 * drawn.scores(spread["hour"], queued=True)
    lead_score = drawn.scores(spread["lead"])
    wait = np.clip(30 + np.exp(law.wait_log + 1.3 * drawn.scores(spread["wait"], queued=True)), 30, 70_000)
    joint = law.joint
    paid_day = category(day, joint.sum(axis=1))
    lead = conditional(lead_score, paid_day, joint)
    anchored = members.per_account(groups.anchored, 0) > 0
    lead = np.where(anchored, category(lead_score, law.leads), lead)
    paid_day = np.where(anchored, category(day, law.days) + OLDEST_DAYS - lead, paid_day)
    one, two = time_of_day(hour, law.clock), time_of_day(later, law.clock)
    midnight = law.starts_at + (paid_day - OLDEST_DAYS) * DAY_S
    paid_at = midnight + np.where(anchored, np.where(lead == 0, one - wait, two), one)
    acts_at = midnight + lead * DAY_S + np.where(anchored, one, np.where(lead == 0, one + wait, two))
    return np.asarray(paid_at, np.float64), np.maximum(acts_at, paid_at + 48).astype(np.float64)


def spaced(paid_at: Floats, members: Members, groups: Groups) -> Floats:
    """In chains and trees the earlier account pays the later one, so no two are paid in the same moment."""
    structure = members.per_account(groups.structure, -1)
    order = np.lexsort((paid_at, members.group))
    group = members.group[order]
    sizes = np.bincount(group)
    place = np.arange(len(order)) - (np.cumsum(sizes) - sizes)[group]
    base = paid_at.min()
    step = float(paid_at.max() - base + APART_S * (sizes.max() + 1))
    shifted = paid_at[order] - base - APART_S * place + group * step
    risen = np.maximum.accumulate(shifted) - group * step + APART_S * place + base
    spaced_at = paid_at.copy()
    is_passed_on = np.isin(structure[order], [kinds.CHAIN, kinds.TREE])
    spaced_at[order[is_passed_on]] = risen[is_passed_on]
    return spaced_at


def awake(at: Floats, day_begins: Floats, hours: float, late: Floats) -> Floats:
    """At once if the account's owner is up, else within an hour of the next waking."""
    phase = (at - day_begins) % DAY_S
    return np.where(phase > hours * 3600, at + DAY_S - phase + late * 3600, at)


def stalled(at: Floats, patience_gwei: Floats, late: Floats, law: Law) -> Floats:
    """Waits for an hour whose base fee the owner will pay, then goes within a quarter of an hour."""
    for _ in range(LONGEST_STALL_H):
        is_dear = law.base_fee[hour_of(law, at)] > patience_gwei
        at = np.where(is_dear, (at // 3600 + 1) * 3600 + late * 900, at)
    return at


def times(drawn: Draws, members: Members, groups: Groups, law: Law) -> Times:
    rng, n = drawn.rng, len(members.group)
    paid_at, acts_at = first_times(drawn, members, groups, law)
    moved = spaced(paid_at, members, groups)
    at = acts_at + moved - paid_at
    level = drawn.scores(spread_of(members, groups, "patience"))
    fees = np.sort(law.base_fee)
    patience = np.where(
        level < -0.2, np.inf, fees[(np.clip(0.75 + 0.15 * level, 0, 0.99) * len(fees)).astype(np.int64)]
    )
    pace = np.exp(law.pace_log + drawn.scores(spread_of(members, groups, "pace")))
    spread = spread_of(members, groups, "gaps")
    begins = at - rng.random(n) * law.awake_hours * 1800
    acted = []
    for nth in range(MOST_ACTIONS):
        if nth:
            gap = pace * np.exp(0.7 * drawn.scores(spread)) + 15
            at = awake(at + np.minimum(gap, 2 * DAY_S), begins, law.awake_hours, rng.random(n))
        at = stalled(at, patience, rng.random(n), law)
        acted.append(at)
    stay = np.exp(0.8 + 0.7 * drawn.scores(spread_of(members, groups, "exit"), queued=True))
    left = law.starts_at + (law.length_days + 7 + np.minimum(stay, 20)) * DAY_S
    last = np.stack(acted, axis=1)
    return Times(
        funded_at=moved.astype(np.int64),
        acted_at=last.astype(np.int64),
        left_at=np.maximum(left, last[:, -1] + 3_600).astype(np.int64),
        patience_gwei=patience,
    )
