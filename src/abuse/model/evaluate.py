"""Dataset and hard set -> scores.parquet, report.md, figures.json, pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from abuse.model.bootstrap import NUM_DRAWS
from abuse.model.judge import Verdict, verdicts
from abuse.model.leaks import leak_checks
from abuse.model.plots import write_plots
from abuse.model.registry import SCORERS
from abuse.model.report import figures_json, report, worst_split
from abuse.model.rows import FeatureList, Rows, read_rows
from abuse.model.saved import Saved, joined_scores, read_scores, write_scores
from abuse.model.splits import Fold, folds
from abuse.model.tournament import Makers, OnProgress, runnable, set_aside, tournament
from abuse.settings import Policy

if TYPE_CHECKING:
    import pyarrow as pa

SCORES, FOLDS = "scores.parquet", "folds.parquet"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was found, and where it lies."""

    verdicts: list[Verdict]
    figures: dict[str, Any]
    report: Path
    plots: list[Path]


def evaluate(
    dataset: Path,
    hard: Path | None,
    out: Path,
    features: FeatureList,
    *,
    makers: Makers = SCORERS,
    member_shuffled: Path | None = None,
    more_scores: Sequence[Path] = (),
    seed: int = 0,
    threshold: float = Policy().min_score_lower,
    num_draws: int = NUM_DRAWS,
    num_workers: int = 1,
    on_progress: OnProgress = lambda what, done, total: None,
) -> Evaluation:
    """Scores every fold with every scorer, then judges the saved scores and those of `more_scores`."""
    rows, hard_rows = read_rows(dataset, features), read_rows(hard, features) if hard else None
    kept, skipped = _folded(rows, hard_rows, out, seed)
    ours = tournament(kept, rows, hard_rows, makers, seed, on_progress, num_workers)
    write_scores(ours, out / SCORES)
    saved = joined_scores([read_scores(path) for path in (out / SCORES, *more_scores)])
    found = verdicts(
        saved, rows, hard_rows, threshold=threshold, seed=seed, on_progress=on_progress, num_draws=num_draws
    )
    shuffled = read_rows(member_shuffled, features) if member_shuffled else None
    checks = leak_checks(rows, shuffled, seed, on_progress)
    about = _about(rows, hard_rows, saved, seed, threshold)
    figures = figures_json(found, checks, skipped, about)
    (out / "report.md").write_text(report(found, checks, skipped, threshold))
    (out / "figures.json").write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
    return Evaluation(found, figures, out / "report.md", _plots(found, out / "plots"))


def write_folds_of(dataset: Path, hard: Path | None, out: Path, features: FeatureList, seed: int) -> None:
    """OUT/folds.parquet, before anybody is judged."""
    _folded(read_rows(dataset, features), read_rows(hard, features) if hard else None, out, seed)


def _folded(rows: Rows, hard: Rows | None, out: Path, seed: int) -> tuple[list[Fold], list[Fold]]:
    """(folds that can be run, those that cannot), the first written to OUT/folds.parquet."""
    kept, skipped = runnable(folds(rows, hard, seed), rows, seed)
    out.mkdir(parents=True, exist_ok=True)
    write_folds(kept, rows, hard, seed, out / FOLDS)
    return kept, skipped


def _plots(found: list[Verdict], folder: Path) -> list[Path]:
    """Of the hard set and the worst split."""
    shown = [split for split in dict.fromkeys(["hard", worst_split(found)]) if any(v.split == split for v in found)]
    return [path for split in shown for path in write_plots([v for v in found if v.split == split], folder)]


def _about(rows: Rows, hard: Rows | None, saved: Saved, seed: int, threshold: float) -> dict[str, Any]:
    return {
        "dataset_digest": rows.digest(),
        "hard_digest": hard.digest() if hard else None,
        "num_clusters": len(rows),
        "num_hard_clusters": len(hard) if hard else 0,
        "num_campaigns": len(set(rows.campaign.tolist())),
        "scorers": sorted(set(saved.scorer.tolist())),
        "seed": seed,
        "threshold": threshold,
    }


def write_folds(kept: Sequence[Fold], dataset: Rows, hard: Rows | None, seed: int, path: Path) -> None:
    """Who is fitted on, calibrated on and tested in each fold, for a scorer that runs elsewhere."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(
        pa.concat_tables([_fold_table(fold, dataset, hard, seed) for fold in kept]), path, compression="zstd"
    )


def _fold_table(fold: Fold, dataset: Rows, hard: Rows | None, seed: int) -> pa.Table:
    import pyarrow as pa

    train, test = fold.training(dataset), fold.tested(dataset, hard)
    part = np.concatenate([np.where(set_aside(fold, dataset, seed), "calibrate", "fit"), np.full(len(test), "test")])
    return pa.table(
        {
            "split": np.full(len(part), fold.split),
            "fold": np.full(len(part), fold.name),
            "part": part,
            "campaign": np.concatenate([train.campaign, test.campaign]),
            "cluster_id": np.concatenate([train.cluster_id, test.cluster_id]),
            "is_farm": pa.array(np.concatenate([train.is_farm, test.is_farm])),
        }
    )
