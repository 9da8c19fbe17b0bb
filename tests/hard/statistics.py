"""Facts -> a row of plain statistics per candidate cluster, to judge how hard the set is."""

from __future__ import annotations

import numpy as np

from tests.hard.facts import Facts
from tests.hard.laws import Floats, Ints


def top_share(values: Floats) -> float:
    """Share of the most common value among those present, weighted by how many are present."""
    present = values[~np.isnan(values)]
    return float(np.unique(present, return_counts=True)[1].max() / len(values)) if len(present) else 0.0


def variation(values: Floats) -> float:
    return float(np.std(values) / (np.mean(values) + 1e-9))


def middle_width(values: Floats) -> float:
    """Interquartile range, in logs."""
    present = values[~np.isnan(values)]
    return float(np.log1p(np.subtract(*np.percentile(present, [75, 25])))) if len(present) > 2 else np.nan


def agreement(one: Floats, two: Floats) -> float:
    """Spearman's rank correlation."""
    a, b = one.argsort().argsort(), two.argsort().argsort()
    return float(np.corrcoef(a, b)[0, 1])


def closeness(masks: Floats) -> float:
    """Mean Jaccard of the members' task sets."""
    bits = (masks.astype(np.int64)[:, None] >> np.arange(16)) & 1
    both = bits @ bits.T
    either = bits.sum(1)[:, None] + bits.sum(1)[None, :] - both
    n = len(masks)
    return float(((both / either).sum() - n) / (n * (n - 1)))


def statistics(of: dict[str, Floats]) -> dict[str, float]:
    acted, funded = np.sort(of["acted_at"]), np.sort(of["funded_at"])
    gaps, funding_gaps = np.diff(acted), np.diff(funded)
    return {
        "median_gap": float(np.log1p(np.median(gaps))),
        "short_gap": float(np.log1p(np.percentile(gaps, 20))),
        "gap_cv": variation(gaps),
        "funding_gap": float(np.log1p(np.median(funding_gaps))),
        "funding_gap_cv": variation(funding_gaps),
        "funding_spread": middle_width(of["funded_at"]),
        "action_spread": middle_width(of["acted_at"]),
        "exit_spread": middle_width(of["left_at"]),
        "age_spread": float(np.std(np.log1p(of["age"]))),
        "funder_share": top_share(of["funder"]),
        "num_funders": float(len(np.unique(of["funder"]))),
        "fund_cv": variation(of["fund"]),
        "fund_mode": top_share(of["fund"]),
        "digits_mode": top_share(of["digits"]),
        "usd_cv": variation(of["usd"]),
        "count_mode": top_share(of["num_actions"]),
        "task_closeness": closeness(of["task_mask"]),
        "task_mode": top_share(of["task_list"]),
        "first_task_mode": top_share(of["first_task"]),
        "sink_share": top_share(of["sink"]),
        "order": agreement(of["funded_at"], of["acted_at"]),
        "exit_order": agreement(of["acted_at"], np.nan_to_num(of["left_at"], nan=np.inf)),
        "hours": float(np.hypot(of["cos"].mean(), of["sin"].mean())),
        "tip_mode": top_share(of["tip"]),
        "tip_cv": variation(of["tip"]),
        "price_spread": float(np.std(of["price"])),
        "gap_sameness": float(np.std(np.log1p(of["second_gap"].clip(0)))),
        "pace_spread": float(np.std(np.log1p(of["pace"]))),
        "left_cv": variation(np.nan_to_num(of["left"])),
        "size": float(len(acted)),
    }


def table(facts: Facts, group: Ints) -> tuple[list[str], Floats]:
    """Statistics of the clusters 0.. of a grouping (lone: -1)."""
    order = np.argsort(group, kind="stable")
    order = order[group[order] >= 0]
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    rows = []
    for members in np.split(order, starts[1:]):
        rows.append(statistics({name: column[members] for name, column in facts.columns.items()}))
    return list(rows[0]), np.array([list(row.values()) for row in rows])


def is_farm_cluster(facts: Facts) -> Ints:
    """1 where most members are farm accounts."""
    grouped = facts.group >= 0
    farm = np.bincount(facts.group[grouped], weights=facts.is_farm[grouped])
    return (farm > np.bincount(facts.group[grouped]) / 2).astype(np.int64)


def shuffled(rng: np.random.Generator, group: Ints) -> Ints:
    """The same clusters with members dealt anew."""
    dealt = group.copy()
    dealt[group >= 0] = rng.permutation(group[group >= 0])
    return dealt
