"""Folds x scorers -> saved scores. Each scorer is fitted, calibrated on campaigns set aside, and asked."""

from __future__ import annotations

import itertools
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack

import numpy as np

from abuse.errors import InputError
from abuse.model.calibration import Calibrations, calibrations
from abuse.model.held_out import is_calibration
from abuse.model.inner import inner_folds
from abuse.model.rows import Flags, Rows
from abuse.model.saved import Saved, joined_scores
from abuse.model.scorer import Scorer
from abuse.model.splits import Fold
from abuse.model.views import pair_only

OnProgress = Callable[[str, int, int], None]
Makers = Mapping[str, Callable[[], Scorer]]


def runnable(folds: Sequence[Fold], dataset: Rows, seed: int) -> tuple[list[Fold], list[Fold]]:
    """(those that can be run, those with too few training campaigns to set some aside)."""
    kept, left = [], []
    for fold in folds:
        try:
            set_aside(fold, dataset, seed)
            kept.append(fold)
        except InputError:
            left.append(fold)
    return kept, left


def set_aside(fold: Fold, dataset: Rows, seed: int) -> Flags:
    """Which of the fold's training rows calibrate."""
    return is_calibration(fold.training(dataset), dataset.campaign.tolist(), seed)


def tournament(
    folds: Sequence[Fold],
    dataset: Rows,
    hard: Rows | None,
    makers: Makers,
    seed: int,
    on_progress: OnProgress,
    num_workers: int = 1,
) -> Saved:
    """Scores of all scorers on all folds; how many processes share the work changes nothing in them."""
    in_order = sorted(folds, key=lambda fold: fold.group)
    groups = [list(group) for _, group in itertools.groupby(in_order, key=lambda fold: fold.group)]
    tasks = [(group, dataset, hard, make, seed) for make in makers.values() for group in groups]
    parts: list[Saved] = []
    with ExitStack() as stack:
        solved: Iterable[list[Saved]] = map(_task_scores, tasks)
        if num_workers > 1:
            pool = ProcessPoolExecutor(num_workers, mp_context=multiprocessing.get_context("spawn"))
            solved = stack.enter_context(pool).map(_task_scores, tasks)
        for saved in solved:
            parts += saved
            what = f"{saved[0].scorer[0]}, split {saved[0].split[0]}"
            on_progress(what, len(parts), len(folds) * len(makers))
    return joined_scores(parts)


def _task_scores(task: tuple[list[Fold], Rows, Rows | None, Callable[[], Scorer], int]) -> list[Saved]:
    return list(_group_scores(*task))


def _group_scores(
    group: list[Fold], dataset: Rows, hard: Rows | None, make: Callable[[], Scorer], seed: int
) -> Iterator[Saved]:
    scorer, shared = make(), _shared(group, dataset, seed)
    if shared is not None:
        scorer.tune(shared, seed)
    before: tuple[str, Calibrations] | None = None
    for fold in group:
        train = fold.training(dataset)
        if before is None or before[0] != train.digest():
            own = scorer if shared is not None else make()
            before = train.digest(), calibrated(own, train, set_aside(fold, dataset, seed), seed)
        yield _scores(own, before[1], fold, fold.tested(dataset, hard))


def _shared(group: list[Fold], dataset: Rows, seed: int) -> Rows | None:
    """Rows that every fold of the group is fitted on; None where they are too few to tune on."""
    common = np.ones(len(dataset), dtype=np.bool_)
    for fold in group:
        fitted = np.zeros(len(dataset), dtype=np.bool_)
        fitted[fold.train[~set_aside(fold, dataset, seed)]] = True
        common &= fitted
    rows = group[0].training(dataset).take(common[group[0].train])
    try:
        inner_folds(rows, seed)
    except InputError:
        return None
    return rows


def calibrated(scorer: Scorer, train: Rows, aside: Flags, seed: int) -> Calibrations:
    """Fits the scorer on the training rows that are not set aside, and calibrates it on those that are."""
    scorer.fit(train.take(~aside), seed)
    rows = train.take(aside)
    return calibrations(scorer.scores(rows), scorer.scores(pair_only(rows)), rows)


def _scores(scorer: Scorer, calibration: Calibrations, fold: Fold, rows: Rows) -> Saved:
    probability, lower = calibration.judged(scorer.scores(rows), rows.values, rows.features)
    split, name, of = (np.full(len(rows), text) for text in (fold.split, fold.name, scorer.name))
    return Saved(split, name, of, rows.campaign, rows.cluster_id, probability, lower)
