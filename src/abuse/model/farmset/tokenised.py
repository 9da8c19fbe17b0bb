"""Corpus <-> rows in Arrow, one for each cluster, its small whole numbers as bytes. No torch.

They are what a night stores between the step that describes clusters and the step that scores them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from abuse.errors import InputError
from abuse.model.farmset.codec import coded
from abuse.model.farmset.columns import one
from abuse.model.farmset.corpus import Corpus, moved, starts
from abuse.model.farmset.fields import EVENT_FIELDS, MEMBER_FIELDS, codec_digest
from abuse.model.farmset.windows import windows
from abuse.tables import ClusterTokens as Of

TOKENISED = pa.schema([(f.name, f.kind) for f in Of.own_fields()])
NUMBER = np.dtype("<i4")
DIGITS = 32


def tokenised(batches: Iterator[pa.RecordBatch], window_rows: int) -> Iterator[pa.RecordBatch]:
    """Packed rows sorted by cluster -> a row for each cluster."""
    for window in windows(batches, window_rows):
        yield rows_of(coded(window.events, window.ties))


def rows_of(corpus: Corpus) -> pa.RecordBatch:
    """In the order of the corpus."""
    codec = codec_digest()
    rows = [_row(corpus.take(np.array([at])), codec) for at in range(len(corpus))]
    return pa.RecordBatch.from_pylist(rows, TOKENISED)


def _row(own: Corpus, codec: str) -> dict[str, object]:
    """Of one cluster."""
    parts = {
        Of.numbers: np.column_stack([own.num_tokens, own.parent, own.payer, own.sink]).astype(NUMBER).tobytes(),
        Of.members: own.members.tobytes(),
        Of.tokens: own.tokens.tobytes(),
    }
    accounts: list[str] = own.account.tolist()
    whole = hashlib.sha256("\x00".join([codec, *accounts]).encode())
    for part in parts.values():
        whole.update(part)
    about = {Of.cluster_id: str(own.cluster_id[0]), Of.codec: codec, Of.num_tokens: len(own.tokens)}
    return about | parts | {Of.accounts: accounts, Of.content_digest: whole.hexdigest()[:DIGITS]}


def corpus_of(rows: pa.Table) -> Corpus:
    """The clusters of the rows, in their order. Raises InputError when they were coded by another version."""
    strange = sorted(set(rows[Of.codec].to_pylist()) - {codec_digest()})
    if strange:
        fix = "Run step features again."
        raise InputError("cluster_tokens", f"codec {strange[0]}", f"{codec_digest()}, this version's", fix)
    accounts = one(rows[Of.accounts])
    num_members = np.asarray(pc.list_value_length(accounts).to_numpy(zero_copy_only=False), dtype=np.int64)
    numbers = _bytes(rows, Of.numbers, NUMBER, 4).astype(np.int64)
    shift = np.repeat(starts(num_members)[:-1], num_members)
    parent, payer, sink = (moved(numbers[:, place], shift) for place in (1, 2, 3))
    return Corpus(
        cluster_id=np.array(rows[Of.cluster_id].to_pylist(), dtype=np.str_),
        account=np.array(pc.list_flatten(accounts).to_pylist(), dtype=np.str_),
        num_members=num_members,
        num_tokens=numbers[:, 0],
        tokens=_bytes(rows, Of.tokens, np.dtype(np.uint8), len(EVENT_FIELDS)),
        members=_bytes(rows, Of.members, np.dtype(np.uint8), len(MEMBER_FIELDS)),
        parent=parent,
        payer=payer,
        sink=sink,
    )


def _bytes(rows: pa.Table, name: str, kind: np.dtype, width: int) -> np.ndarray:
    return np.frombuffer(bytearray().join(rows[name].to_pylist()), kind).reshape(-1, width)
