"""Giants -> parts, weak links first.

A giant is neither thrown away (the largest confirmed farm on Hop has 881 accounts) nor believed. Only direct payments
can be weak: a funder, payout or destination was gated by its own traffic before it tied anybody, and a farm held by
those stays whole, whatever its size. The weakest level goes first, and only inside parts still too large, so that what
comes apart keeps its other links.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from abuse import settings
from abuse.steps.clusters.contraction import Bools, Ints
from abuse.steps.spill import Spill
from abuse.tables import Links

STRONG = 3
"""Level of a pair tied by more than direct payments. Below: one for several payments, one for a common neighbour."""


def parted(whole: DataFrame, ties: DataFrame, rules: settings.Clusters, spill: Spill) -> DataFrame:
    """id, component, part: the part is the component itself unless that is a giant."""
    sizes = whole.groupBy("component").count().where(F.col("count") > rules.max_size)
    giants = spill(sizes.select("component"))
    if giants.isEmpty():
        return whole.withColumn("part", F.col("component"))
    inside = ties.join(whole.select(F.col("id").alias("a"), "component").join(giants, on="component"), on="a")
    pairs = inside.groupBy("a", "b").agg(
        F.max((F.col(Links.kind) != "direct").cast("int")).alias("is_strong"), F.sum(Links.strength).alias("n")
    )
    split = spill(pairs.coalesce(1).mapInArrow(_splitter(rules.max_size), "id bigint, _part bigint"))
    joined = whole.join(split, on="id", how="left")
    return joined.select("id", "component", F.coalesce("_part", "component").alias("part"))


def parts(a: Ints, b: Ints, level: Ints, max_size: int) -> Ints:
    """The part (its least vertex) of each vertex 0..n-1 of these edges."""
    num = int(max(a.max(), b.max())) + 1
    keep = np.ones(len(a), dtype=np.bool_)
    labels = _labels(a, b, num)
    for weakest in range(STRONG):
        is_large = np.bincount(labels)[labels] > max_size
        if not is_large.any():
            break
        keep &= ~(is_large[a] & (level == weakest))
        labels = _labels(a[keep], b[keep], num)
    least = np.full(num, num, dtype=np.int64)
    np.minimum.at(least, labels, np.arange(num))
    return np.asarray(least[labels], dtype=np.int64)


def levels(a: Ints, b: Ints, is_strong: Ints, n: Ints) -> Ints:
    """How hard each edge is to doubt, 0 to STRONG."""
    found = np.full(len(a), STRONG, dtype=np.int64)
    weak = np.flatnonzero(is_strong == 0)
    found[weak] = (n[weak] > 1).astype(np.int64) + _has_common(a, b, weak)
    return found


def _has_common(a: Ints, b: Ints, some: Ints) -> Bools:
    """Of these edges: whether a third vertex is tied to both ends. Neighbours of the end with fewer are looked up, so
    that a star costs no more than its edges.
    """
    num = int(max(a.max(), b.max())) + 1
    edges = np.unique(np.concatenate([a * num + b, b * num + a]))
    starts = np.searchsorted(edges, np.arange(num + 1) * num)
    degree = np.diff(starts)
    is_first = degree[a[some]] <= degree[b[some]]
    few, many = np.where(is_first, a[some], b[some]), np.where(is_first, b[some], a[some])
    which = np.repeat(np.arange(len(some)), degree[few])
    within = np.arange(len(which)) - np.repeat(np.cumsum(degree[few]) - degree[few], degree[few])
    sought = edges[starts[few][which] + within] % num * num + many[which]
    is_edge = edges[np.minimum(np.searchsorted(edges, sought), len(edges) - 1)] == sought
    return np.bincount(which[is_edge], minlength=len(some)) > 0


def _labels(a: Ints, b: Ints, num: int) -> Ints:
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(num, num))
    labels: Ints = connected_components(graph, directed=False)[1]
    return labels


def _splitter(max_size: int) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def split(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        held = pa.Table.from_batches(list(batches))
        if not held.num_rows:
            return
        ids, places = np.unique(np.concatenate([held["a"], held["b"]]), return_inverse=True)
        a, b = places[: held.num_rows], places[held.num_rows :]
        level = levels(a, b, held["is_strong"].to_numpy(), held["n"].to_numpy())
        found = ids[parts(a, b, level, max_size)]
        yield pa.RecordBatch.from_arrays([pa.array(ids), pa.array(found)], names=["id", "_part"])

    return split
