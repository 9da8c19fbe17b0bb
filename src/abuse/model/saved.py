"""Scores as files: what the judge reads. Whoever writes such a file can be judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from abuse.errors import InputError
from abuse.model.rows import Reals, Texts

if TYPE_CHECKING:
    import pyarrow as pa

TEXT_COLUMNS = ("split", "fold", "scorer", "campaign", "cluster_id")


@dataclass(frozen=True, slots=True)
class Saved:
    """One score per tested row: the probability of a farm, and its lower bound where the scorer has one."""

    split: Texts
    fold: Texts
    scorer: Texts
    campaign: Texts
    cluster_id: Texts
    score: Reals
    score_lower: Reals

    def take(self, chosen: np.ndarray) -> Saved:
        return Saved(*(getattr(self, name)[chosen] for name in Saved.__slots__))

    def decided(self) -> Reals:
        """What is held against the threshold: the lower bound, or the score where there is none."""
        return np.where(np.isnan(self.score_lower), self.score, self.score_lower)

    def table(self) -> pa.Table:
        import pyarrow as pa

        return pa.table({name: pa.array(getattr(self, name), from_pandas=True) for name in Saved.__slots__})


def joined_scores(parts: Sequence[Saved]) -> Saved:
    """All of them."""
    return Saved(*(np.concatenate([getattr(part, name) for part in parts]) for name in Saved.__slots__))


def write_scores(saved: Saved, path: Path) -> None:
    """Same scores, same bytes."""
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(saved.table(), path, compression="zstd")


def read_scores(path: Path) -> Saved:
    """A scores file, its own or one from elsewhere; `score_lower` may be missing."""
    import pyarrow.parquet as pq

    if not path.is_file():
        raise InputError(str(path), "no such file", "a scores file", "Run `abuse evaluate` first.")
    table = pq.read_table(path)
    missing = [name for name in (*TEXT_COLUMNS, "score") if name not in table.column_names]
    if missing:
        raise InputError(
            str(path), f"no column {missing[0]}", "it", "Write split, fold, scorer, campaign, cluster_id, score."
        )
    split, fold, scorer, campaign, cluster = (np.array(table[n].to_pylist(), dtype=np.str_) for n in TEXT_COLUMNS)
    score = _reals(table, "score")
    lower = _reals(table, "score_lower") if "score_lower" in table.column_names else np.full(len(table), np.nan)
    if not ((score >= 0) & (score <= 1)).all():
        raise InputError(str(path), "a score outside 0 to 1", "probabilities", "Calibrate the scorer first.")
    return Saved(split, fold, scorer, campaign, cluster, score, lower)


def _reals(table: pa.Table, name: str) -> Reals:
    return np.array([np.nan if v is None else v for v in table[name].to_pylist()], dtype=np.float64)
