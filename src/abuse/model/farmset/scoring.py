"""Tokenised clusters -> what a stored scorer says of their members: what one Spark worker does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch

from abuse.model.farmset.columns import one
from abuse.model.farmset.corpus import Corpus
from abuse.model.farmset.ensemble import Ensemble, Judgement, load_ensemble
from abuse.model.farmset.explain import Explainer, Why
from abuse.model.farmset.predict import Reader
from abuse.model.farmset.tensors import place
from abuse.model.farmset.tokenised import corpus_of
from abuse.model.rows import Reals
from abuse.tables import CLUSTER_FEATURES
from abuse.tables import ClusterTokens as Of

DECIMALS = 4
"""As many as are stored."""
SCORED = pa.schema(
    [
        ("cluster_id", pa.string()),
        ("account", pa.string()),
        ("score", pa.float64()),
        ("score_lower", pa.float64()),
        ("member_score", pa.float64()),
        ("why", pa.string()),
    ]
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a worker needs to know."""

    folder: str
    version: str
    device: str
    threads: int
    window_rows: int
    explain_from: float
    """Score from which a cluster is explained."""
    threshold: float
    """Lower bound from which the policy holds a cluster against its members."""


@lru_cache(maxsize=2)
def loaded(folder: str, version: str, device: str, threads: int) -> tuple[Ensemble, tuple[Reader, ...]]:
    """The scorer and its networks there, once per worker; `version` so that a new one is loaded."""
    where = place(device)
    if where.device.type == "cpu":
        torch.set_num_threads(threads)
    model = load_ensemble(Path(folder), CLUSTER_FEATURES)
    return model, model.readers(where)


def scored(asked: Asked, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """A row per member, some clusters at a time."""
    model, readers = loaded(asked.folder, asked.version, asked.device, asked.threads)
    chosen = [CLUSTER_FEATURES.index(name) for name in model.features.names]
    explainer = Explainer(model, readers, asked.threshold)
    for rows in held(batches, asked.window_rows):
        corpus, hand = corpus_of(rows), figures_of(rows)[:, chosen]
        found = model.judged(readers, corpus, hand)
        high = np.flatnonzero(np.round(found.score, DECIMALS) >= asked.explain_from).tolist()
        why = {at: explainer.why(corpus.take(np.array([at])), hand[[at]]) for at in high}
        yield rows_of(corpus, found, why)


def held(batches: Iterator[pa.RecordBatch], num_tokens: int) -> Iterator[pa.Table]:
    """Clusters by name, so many that they have this many tokens together; a larger one is alone."""
    waiting: list[pa.Table] = []
    num = 0
    for batch in batches:
        sizes = batch[Of.num_tokens].to_pylist()
        for at, size in enumerate(sizes):
            if waiting and num + size > num_tokens:
                yield pa.concat_tables(waiting).sort_by(Of.cluster_id)
                waiting, num = [], 0
            waiting.append(pa.Table.from_batches([batch.slice(at, 1)]))
            num += size
    if waiting:
        yield pa.concat_tables(waiting).sort_by(Of.cluster_id)


def figures_of(rows: pa.Table) -> Reals:
    """A row for each cluster; what is unknown or infinite is NaN."""
    flat = np.array(one(pc.list_flatten(rows["figures"])).to_numpy(zero_copy_only=False), dtype=np.float64)
    flat[np.isinf(flat)] = np.nan
    return flat.reshape(len(rows), -1)


def rows_of(corpus: Corpus, found: Judgement, why: Mapping[int, Why]) -> pa.RecordBatch:
    """As they are stored; why stands in the row of a cluster's first member."""
    of_member = np.repeat(np.arange(len(corpus)), corpus.num_members)
    values = (found.score[of_member], found.lower[of_member], found.member)
    ids = corpus.cluster_id[of_member]
    columns = [pa.array(ids.tolist()), pa.array(corpus.account.tolist())]
    texts: list[str | None] = [None] * len(corpus.account)
    for at, told in why.items():
        texts[corpus.member_starts()[at]] = as_json(told)
    numbers = [pa.array(np.round(column, DECIMALS)) for column in values]
    return pa.record_batch([*columns, *numbers, pa.array(texts, pa.string())], SCORED)


def as_json(why: Why) -> str:
    """As the columns of Explanations; numbers to as many decimals as scores."""

    def pairs(of: Mapping[str, float], name: str, value: str) -> list[dict[str, object]]:
        return [{name: key, value: round(number, DECIMALS)} for key, number in of.items()]

    told: dict[str, object] = {"base": round(why.base, DECIMALS), "core": list(why.core)}
    told["moved"] = pairs(why.moved, "family", "log_odds")
    told |= {name: pairs(getattr(why, name), "account", "probability") for name in ("lowering", "raising")}
    return json.dumps(told)
