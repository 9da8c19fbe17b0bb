"""Training rows -> inner folds by campaign, for tuning, and how good their scores are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from abuse.errors import InputError
from abuse.model.ranking import average_precision
from abuse.model.rows import Reals, Rows, Whole
from abuse.plurals import counted
from abuse.settings import digest

NUM_INNER = 3


def campaign_order(campaigns: Sequence[str], seed: int) -> list[str]:
    """The campaigns in an order that neither their names nor their dates decide."""
    return sorted(set(campaigns), key=lambda campaign: (digest(["order", seed, campaign]), campaign))


def campaign_parts(rows: Rows, seed: int, num_parts: int) -> Whole:
    """Part of each row, 0 to num_parts - 1; a campaign is never split."""
    place = {campaign: at % num_parts for at, campaign in enumerate(campaign_order(rows.campaign.tolist(), seed))}
    return np.array([place[campaign] for campaign in rows.campaign.tolist()], dtype=np.int64)


def inner_folds(rows: Rows, seed: int) -> list[tuple[Rows, Rows]]:
    """(fitted on, tested on) by campaign, those left out in which a class is missing."""
    part = campaign_parts(rows, seed, NUM_INNER)
    pairs = [(rows.take(part != p), rows.take(part == p)) for p in range(NUM_INNER)]
    kept = [pair for pair in pairs if all(has_both(side) for side in pair)]
    if not kept:
        found = counted(len(set(rows.campaign.tolist())), "training campaign")
        raise InputError("tuning", found, "farms and honest groups in several", "Give more campaigns.")
    return kept


def has_both(rows: Rows) -> bool:
    """Whether there are farms and honest groups."""
    return bool(rows.is_farm.any()) and not bool(rows.is_farm.all())


def mean_precision(scores: Sequence[Reals], folds: Sequence[tuple[Rows, Rows]]) -> float:
    """Average precision, the mean over folds."""
    found = [
        average_precision(s, test.is_farm, np.ones((1, len(test))))[0]
        for s, (_, test) in zip(scores, folds, strict=True)
    ]
    return float(np.mean(found))
