"""Saved scores + the truth -> verdict on each scorer, split by split. Nothing but the saved scores is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from abuse.errors import InputError
from abuse.model.bootstrap import NUM_DRAWS, Draws, Estimate, differences, drawn, draws, estimates
from abuse.model.certificate import Certificate, best, certificate_at, certificates, smallest_threshold
from abuse.model.metrics import CENTRED, Scored, figures
from abuse.model.registry import REFERENCE
from abuse.model.rows import Reals, Rows
from abuse.model.saved import Saved
from abuse.model.tournament import OnProgress

ERRORS = (0.01, 0.05, 0.1)
"""Shares of honest groups among the flagged for which a threshold is sought."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one scorer is worth on one split."""

    split: str
    scorer: str
    tested: Scored
    estimates: dict[str, Estimate]
    differences: dict[str, Estimate]
    """To the reference scorer on the same draws; empty for itself, and where it was not run."""
    at_threshold: Certificate
    least: Certificate
    for_error: dict[float, Certificate | None]


def verdicts(
    saved: Saved,
    dataset: Rows,
    hard: Rows | None,
    *,
    threshold: float,
    seed: int,
    on_progress: OnProgress,
    num_draws: int = NUM_DRAWS,
) -> list[Verdict]:
    """One per split and scorer, splits in order of name."""
    found = []
    splits = sorted(set(saved.split.tolist()))
    for done, split in enumerate(splits):
        on_progress(f"judging split {split}", done, len(splits))
        source = hard if split.startswith("hard") and hard is not None else dataset
        found += _of_split(saved.take(saved.split == split), source, threshold, seed, num_draws)
    on_progress("judged", len(splits), len(splits))
    return found


def _of_split(saved: Saved, source: Rows, threshold: float, seed: int, num_draws: int) -> list[Verdict]:
    of_scorer = {name: _in_order(saved.take(saved.scorer == name)) for name in sorted(set(saved.scorer.tolist()))}
    first = of_scorer.get(REFERENCE) or next(iter(of_scorer.values()))
    for name, own in of_scorer.items():
        _check_same_rows(name, own, first)
    rows = _truth(first, source)
    drawing = draws(rows.campaign, rows.cluster_id, seed, num_draws)
    tested = {n: Scored(rows, s.score, s.decided() >= threshold) for n, s in of_scorer.items()}
    values = {name: drawn(drawing, figures(one), CENTRED) for name, one in tested.items()}
    return [_verdict(n, s, tested[n], values, drawing, threshold) for n, s in of_scorer.items()]


def _verdict(
    name: str, saved: Saved, tested: Scored, values: Mapping[str, dict[str, Reals]], drawing: Draws, threshold: float
) -> Verdict:
    first = np.unique(drawing.cluster, return_index=True)[1]  # a cluster counts once in a certificate
    decided, is_farm = saved.decided()[first], tested.rows.is_farm[first]
    each = certificates(decided, is_farm)
    compared = name != REFERENCE and REFERENCE in values
    return Verdict(
        split=str(saved.split[0]),
        scorer=name,
        tested=tested,
        estimates=estimates(values[name]),
        differences=differences(values[name], values[REFERENCE]) if compared else {},
        at_threshold=certificate_at(decided, is_farm, threshold),
        least=best(each),
        for_error={error: smallest_threshold(each, error) for error in ERRORS},
    )


def _in_order(saved: Saved) -> Saved:
    return saved.take(np.lexsort((saved.cluster_id, saved.campaign, saved.fold)))


def _check_same_rows(name: str, own: Saved, first: Saved) -> None:
    """Scorers are compared on the same rows or not at all."""
    split = str(own.split[0])
    same = all(np.array_equal(getattr(own, n), getattr(first, n)) for n in ("fold", "campaign", "cluster_id"))
    if not same:
        found = f"{len(own.score)} rows of {name} unlike the {len(first.score)} of {first.scorer[0]}"
        raise InputError(
            f"scores, split {split}", found, "the same rows", "Score every test row of folds.parquet once."
        )


def _truth(saved: Saved, source: Rows) -> Rows:
    """The rows of the dataset that the saved scores are of."""
    keys = zip(source.campaign.tolist(), source.cluster_id.tolist(), strict=True)
    place = {key: at for at, key in enumerate(keys)}
    wanted = list(zip(saved.campaign.tolist(), saved.cluster_id.tolist(), strict=True))
    unknown = [key for key in wanted if key not in place]
    if unknown:
        found = f"{unknown[0][1]} of {unknown[0][0]}"
        raise InputError(
            f"scores, split {saved.split[0]}", found, "a cluster of the dataset", "Score this dataset again."
        )
    return source.take(np.array([place[key] for key in wanted], dtype=np.int64))
