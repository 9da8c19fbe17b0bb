"""Packed rows of clusters -> what a stored scorer says of their members: what one Spark worker does."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch

from abuse.model.farmset.codec import coded
from abuse.model.farmset.corpus import Corpus
from abuse.model.farmset.ensemble import Ensemble, Judgement, load_ensemble
from abuse.model.farmset.predict import Reader
from abuse.model.farmset.tensors import place
from abuse.model.farmset.windows import windows
from abuse.tables import CLUSTER_FEATURES

DECIMALS = 4
"""As many as are stored."""
SCORED = pa.schema(
    [
        ("cluster_id", pa.string()),
        ("account", pa.string()),
        ("score", pa.float64()),
        ("score_lower", pa.float64()),
        ("member_score", pa.float64()),
    ]
)


@lru_cache(maxsize=2)
def loaded(folder: str, version: str, device: str, threads: int) -> tuple[Ensemble, tuple[Reader, ...]]:
    """The scorer and its networks there, once per worker; `version` so that a new one is loaded."""
    where = place(device)
    if where.device.type == "cpu":
        torch.set_num_threads(threads)
    model = load_ensemble(Path(folder), CLUSTER_FEATURES)
    return model, model.readers(where)


def scored(
    folder: str, version: str, device: str, threads: int, num_rows: int, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """A row per member, windows of `num_rows` at a time."""
    model, readers = loaded(folder, version, device, threads)
    chosen = [CLUSTER_FEATURES.index(name) for name in model.features.names]
    for window in windows(batches, num_rows):
        corpus = coded(window.events, window.ties)
        order = np.argsort(np.array(window.cluster_id.to_pylist(), dtype=np.str_))
        hand = window.hand[order][:, chosen]
        hand[np.isinf(hand)] = np.nan
        yield rows_of(corpus, model.judged(readers, corpus, hand))


def rows_of(corpus: Corpus, found: Judgement) -> pa.RecordBatch:
    """As they are stored."""
    of_member = np.repeat(np.arange(len(corpus)), corpus.num_members)
    values = (found.score[of_member], found.lower[of_member], found.member)
    ids = corpus.cluster_id[of_member]
    columns = [pa.array(ids.tolist()), pa.array(corpus.account.tolist())]
    return pa.record_batch([*columns, *(pa.array(np.round(one, DECIMALS)) for one in values)], SCORED)
