"""MemberTies and Events -> ClusterTokens: acts in small whole numbers, as a network reads them.

Spark ships rows to Python packed alike; how they are coded is `model.farmset`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse.model.farmset.windows import (
    EVENT,
    EVENT_NUMBERS,
    EVENT_WORDS,
    MEMBER,
    MEMBER_NUMBERS,
    MEMBER_WORDS,
    PACKED,
)
from abuse.settings import Network
from abuse.tables import ClusterTokens, Events

ORDER = ("cluster_id", "part", "account", "position")


def cluster_tokens(ties: DataFrame, events: DataFrame, rules: Network) -> DataFrame:
    """A row for each cluster of `ties`.

    The number of partitions is given, or adaptive execution would take few rows for little work and use one core.
    """
    rows = packed(ties, events)
    num = 2 * rows.sparkSession.sparkContext.defaultParallelism
    sorted_rows = rows.repartition(num, "cluster_id").sortWithinPartitions(*ORDER)
    return sorted_rows.mapInArrow(partial(_worker, rules.window_events), ClusterTokens.own_schema())


def _worker(window_rows: int, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    from abuse.model.farmset.tokenised import tokenised

    return tokenised(batches, window_rows)


def packed(ties: DataFrame, events: DataFrame) -> DataFrame:
    """One kind of row for members and acts."""
    of_member = {
        column: F.col(name) if name else F.lit(None).cast("string")
        for name, column in zip(MEMBER_WORDS, EVENT_WORDS, strict=True)
    }
    members = _rows(ties, MEMBER, of_member, MEMBER_NUMBERS)
    acts = _rows(
        events,
        EVENT,
        {name: F.col(name) for name in EVENT_WORDS},
        EVENT_NUMBERS,
        position=F.col(Events.position),
        at=F.col(Events.at),
    )
    return members.unionByName(acts)


def _rows(rows: DataFrame, part: int, words: dict[str, Column], numbers: tuple[str, ...], **more: Column) -> DataFrame:
    shared: dict[str, Column] = {
        "cluster_id": F.col("cluster_id"),
        "part": F.lit(part).cast("int"),
        "account": F.col("account"),
        "position": F.lit(None).cast("bigint"),
        "at": F.lit(None).cast("timestamp"),
    }
    values = F.array(*[F.col(name).cast("double") for name in numbers])
    columns = shared | words | {"numbers": values} | more
    return rows.select(*[columns[name].alias(name) for name in PACKED.names])
