"""Rows -> folds: who is learnt from, who is tested. In every fold but the random one no campaign is on both sides."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from abuse.model.inner import campaign_parts, has_both
from abuse.model.rows import FARM_KINDS, LOOK_ALIKES, Flags, Rows, Whole
from abuse.model.views import pair_only

NUM_PARTS = 2
"""Halves of the campaigns where a split leaves out a kind as well: each half is tested by what the other teaches."""
NUM_CAMPAIGN_PARTS = 4
"""Parts of the campaigns, each tested by what the others teach. One fold a campaign would cost a network twice as much
training, and it would see hardly more."""
NUM_TYPE_GROUPS = 2
"""Groups of farm kinds left out together: harder than one at a time, and a third of the training."""
NUM_RANDOM = 5
TRAIN_SHARE = 0.6
MAX_TRAIN_LEVEL = 1
FLIPPED = (0.0, 0.05, 0.1, 0.2)
MISSING = 0.3
FLATTERING = "random"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fold:
    """Places of the dataset's rows to learn from, and places of the tested ones, in the dataset or the hard set."""

    split: str
    name: str
    group: str
    """Folds of one group are tuned once, on rows that all of them learn from."""
    train: Whole
    test: Whole
    labels: Flags | None = None
    """Of all rows of the dataset, where a split spoils them; tests always use the true ones."""
    is_hard: bool = False
    is_pair_only: bool = False

    def training(self, dataset: Rows) -> Rows:
        """The rows to learn from, with the labels this fold gives them."""
        own = dataset if self.labels is None else dataclasses.replace(dataset, is_farm=self.labels)
        return own.take(self.train)

    def tested(self, dataset: Rows, hard: Rows | None) -> Rows:
        """The rows to score."""
        source = hard if self.is_hard and hard is not None else dataset
        rows = source.take(self.test)
        return pair_only(rows) if self.is_pair_only else rows


def folds(dataset: Rows, hard: Rows | None, seed: int) -> list[Fold]:
    """All folds of all splits that the dataset allows: both classes among the learnt, somebody among the tested."""
    made = [
        *_hard(dataset, hard),
        *_by_campaign(dataset, seed),
        *_by_kind(dataset, seed, "farm_type", FARM_KINDS, NUM_TYPE_GROUPS),
        *_by_kind(dataset, seed, "look_alike", LOOK_ALIKES, len(LOOK_ALIKES)),
        *_by_time(dataset),
        *_by_level(dataset, seed),
        *_noisy(dataset, seed),
        *_random(dataset, seed),
    ]
    return [fold for fold in made if len(fold.test) and has_both(fold.training(dataset))]


def places(chosen: Flags) -> Whole:
    """Where it holds."""
    return np.flatnonzero(chosen).astype(np.int64)


def _hard(dataset: Rows, hard: Rows | None) -> Iterator[Fold]:
    if hard is None:
        return
    everyone, tested = places(np.ones(len(dataset), dtype=np.bool_)), places(np.ones(len(hard), dtype=np.bool_))
    for split, poor in (("hard", False), ("hard_pair_only", True)):
        yield Fold(split=split, name="all", group="all", train=everyone, test=tested, is_hard=True, is_pair_only=poor)


def _by_campaign(rows: Rows, seed: int) -> Iterator[Fold]:
    part = campaign_parts(rows, seed, NUM_CAMPAIGN_PARTS)
    for p in range(NUM_CAMPAIGN_PARTS):
        group = f"campaign {p % 2}"
        yield Fold(split="campaign", name=str(p), group=group, train=places(part != p), test=places(part == p))


def _by_kind(rows: Rows, seed: int, split: str, kinds: tuple[str, ...], num_groups: int) -> Iterator[Fold]:
    """The left-out kinds, and all groups of the other class, in campaigns that are left out too."""
    part = campaign_parts(rows, seed, NUM_PARTS)
    is_left_out_class = rows.is_farm if split == "farm_type" else ~rows.is_farm
    known = sorted(set(kinds) & set(rows.kind.tolist()))
    for at, left_out in enumerate(filter(None, (known[number::num_groups] for number in range(num_groups)))):
        is_kind = np.isin(rows.kind, left_out)
        for p in range(NUM_PARTS):
            learnt = (part != p) & ~is_kind
            tested = (part == p) & (is_kind | ~is_left_out_class)
            if not (tested & is_kind).any():
                continue
            name, group = f"{'+'.join(left_out)}/{p}", f"{split} {p} {at % 2}"
            yield Fold(split=split, name=name, group=group, train=places(learnt), test=places(tested))


def campaigns_by_start(rows: Rows) -> list[str]:
    """Campaigns in order of their start; by name where the dataset does not say."""
    start = {c: float(np.nan_to_num(rows.starts_at[rows.campaign == c][0])) for c in set(rows.campaign.tolist())}
    return sorted(start, key=lambda campaign: (start[campaign], campaign))


def _by_time(rows: Rows) -> Iterator[Fold]:
    order = campaigns_by_start(rows)
    early = order[: round(TRAIN_SHARE * len(order))]
    learnt = np.isin(rows.campaign, early)
    yield Fold(split="time", name="late", group="time", train=places(learnt), test=places(~learnt))


def _by_level(rows: Rows, seed: int) -> Iterator[Fold]:
    """Farms of unknown level are on neither side."""
    part = campaign_parts(rows, seed, NUM_PARTS)
    low, high = rows.is_farm & (rows.level <= MAX_TRAIN_LEVEL), rows.is_farm & (rows.level > MAX_TRAIN_LEVEL)
    for p in range(NUM_PARTS):
        learnt, tested = (part != p) & (low | ~rows.is_farm), (part == p) & (high | ~rows.is_farm)
        yield Fold(split="level", name=str(p), group=f"level {p}", train=places(learnt), test=places(tested))


def _noisy(rows: Rows, seed: int) -> Iterator[Fold]:
    """Spoiled training labels; noise_00 is the same fold with true ones, to compare with."""
    is_tested = campaign_parts(rows, seed, NUM_PARTS) == 0
    chance = np.random.default_rng([seed, 1]).random(len(rows))
    spoiled = {f"noise_{round(100 * share):02d}": rows.is_farm ^ (chance < share) for share in FLIPPED}
    spoiled["farms_missing_30"] = rows.is_farm & (chance >= MISSING)
    for split, labels in spoiled.items():
        learnt, tested = places(~is_tested), places(is_tested)
        yield Fold(split=split, name="0", group=split, train=learnt, test=tested, labels=labels)


def _random(rows: Rows, seed: int) -> Iterator[Fold]:
    """Campaigns on both sides: shown only for how much it flatters."""
    part = np.random.default_rng([seed, 2]).permutation(len(rows)) % NUM_RANDOM
    for p in range(NUM_RANDOM):
        group = f"{FLATTERING} {p % 2}"
        yield Fold(split=FLATTERING, name=str(p), group=group, train=places(part != p), test=places(part == p))
