"""Clusters as packed rows in Arrow, streamed by Spark -> tables of whole clusters, a window at a time.

One kind of row serves members and events, so that all that is known of a cluster comes in one sorted stream;
numbers are one list a row, since a hundred columns, most of them empty, cost more than the network.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from abuse.model.farmset.codec import EVENT_COLUMNS, MEMBER_COLUMNS
from abuse.model.farmset.columns import one
from abuse.model.rows import Reals
from abuse.tables import Events, MemberTies

MEMBER, EVENT = 0, 1
"""Values of `part`, in the order in which they come."""
EVENT_WORDS = (Events.kind, Events.what, Events.role, Events.counterparty)
MEMBER_WORDS = (None, MemberTies.parent, MemberTies.sink, MemberTies.payer)
"""What of a member stands in the columns of an event's words."""
SHARED = (Events.cluster_id, Events.account, Events.position, Events.at)
EVENT_NUMBERS = tuple(name for name in EVENT_COLUMNS if name not in (*SHARED, *EVENT_WORDS))
MEMBER_NUMBERS = tuple(name for name in MEMBER_COLUMNS if name not in (*SHARED, *MEMBER_WORDS))
PACKED = pa.schema(
    [
        ("cluster_id", pa.string()),
        ("part", pa.int32()),
        ("account", pa.string()),
        ("position", pa.int64()),
        ("at", pa.timestamp("us", tz="UTC")),
        *[(name, pa.string()) for name in EVENT_WORDS],
        ("numbers", pa.list_(pa.float64())),
    ]
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """Whole clusters."""

    events: pa.Table
    ties: pa.Table


def windows(batches: Iterator[pa.RecordBatch], num_rows: int) -> Iterator[Window]:
    """Rows sorted by cluster -> windows of so many rows and the rest of the last cluster in them."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(map(len, held)) < num_rows:
            continue
        whole = pa.Table.from_batches(held)
        kept = pc.index(whole["cluster_id"], whole["cluster_id"][-1]).as_py()
        if kept:  # else one cluster fills all of it, and goes on
            yield window(whole.slice(0, kept))
            held = whole.slice(kept).combine_chunks().to_batches()
    if held:
        yield window(pa.Table.from_batches(held))


def window(rows: pa.Table) -> Window:
    """The tables that the packed rows of whole clusters were made of."""
    rows = rows.combine_chunks()
    members, events = (rows.filter(pc.equal(rows["part"], part)).combine_chunks() for part in (MEMBER, EVENT))
    return Window(
        events=_unpacked(events, EVENT_WORDS, EVENT_NUMBERS, SHARED),
        ties=_unpacked(members, MEMBER_WORDS, MEMBER_NUMBERS, SHARED[:2]),
    )


def _unpacked(
    rows: pa.Table, words: tuple[str | None, ...], numbers: tuple[str, ...], shared: tuple[str, ...]
) -> pa.Table:
    named = {name: rows[name] for name in shared}
    named |= {name: rows[column] for name, column in zip(words, EVENT_WORDS, strict=True) if name is not None}
    values = _numbers(rows, len(numbers))
    return pa.table(named | {name: pa.array(values[:, place]) for place, name in enumerate(numbers)})


def _numbers(rows: pa.Table, width: int) -> Reals:
    """Rows by numbers; unknown is NaN."""
    flat = np.asarray(one(pc.list_flatten(rows["numbers"])).to_numpy(zero_copy_only=False), dtype=np.float64)
    return flat.reshape(len(rows), -1) if len(rows) else np.zeros((0, width))
