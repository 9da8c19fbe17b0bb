"""Edges -> a much smaller graph with the same components, and the way back.

Local contraction (after Lacki et al. 2018, "Connected Components at Scale via Local Contractions"): each partition
solves its own edges in Arrow with scipy and says of every vertex it saw the least id it can reach. A vertex seen by
several keeps the least of those roots; every other root gives an edge of the residual graph. Each round hands the edges
out anew. On funding forests a round leaves a fifth of the edges at two partitions (measured).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from abuse.steps.spill import Spill

Ints = np.ndarray[tuple[int], np.dtype[np.int64]]
Bools = np.ndarray[tuple[int], np.dtype[np.bool_]]

PAIRS = "id bigint, root bigint"
SORTED = "id bigint, root bigint, is_edge boolean"


def contracted(edges: DataFrame, partitions: int, place: int, spill: Spill) -> tuple[DataFrame, DataFrame]:
    """One round: (id, root) of every vertex, and the residual edges src < dst between roots, some of them twice."""
    if place:  # the first round takes the edges as they lie; later ones must meet other neighbours
        edges = edges.repartition(partitions, F.xxhash64(F.lit(place), "src" if place % 2 else "dst"))
    else:
        edges = edges.coalesce(partitions)
    local = edges.select("src", "dst").mapInArrow(_solve_partition, PAIRS)
    both = spill(local.repartition(partitions, "id").mapInArrow(_merge_roots, SORTED))
    roots = both.where(~F.col("is_edge")).select("id", "root")
    return roots, both.where("is_edge").select(F.col("id").alias("src"), F.col("root").alias("dst"))


def solved(edges: DataFrame) -> DataFrame:
    """id, component of every vertex of these edges, by one task that holds them all: about 100 bytes an edge."""
    solved_at_once = edges.select("src", "dst").coalesce(1).mapInArrow(_solve_partition, PAIRS)
    return solved_at_once.withColumnRenamed("root", "component")


def mapped_back(found: DataFrame, rounds: list[DataFrame]) -> DataFrame:
    """id, component of every vertex the rounds saw, from the components of what they left."""
    for roots in reversed(rounds):
        above = found.select(F.col("id").alias("root"), F.col("component").alias("_above"))
        placed = roots.join(above, on="root", how="left")
        found = placed.select("id", F.coalesce("_above", "root").alias("component"))
    return found


def least_roots(src: Ints, dst: Ints) -> tuple[Ints, Ints]:
    """Every vertex of the edges, sorted, and the least vertex of its component. Who is alone is an edge to itself."""
    is_tie = src != dst
    src, dst, alone = src[is_tie], dst[is_tie], src[~is_tie]
    ids, places = np.unique(np.concatenate([src, dst, alone]), return_inverse=True)
    half, num = len(src), len(ids)
    ends = places[:half].astype(np.int32), places[half : 2 * half].astype(np.int32)
    graph = coo_array((np.ones(half, dtype=np.int8), ends), shape=(num, num)).tocsr()
    _, labels = connected_components(graph, directed=False)
    first = np.empty(num, dtype=np.int64)
    first[labels[::-1]] = np.arange(num - 1, -1, -1)  # the last write wins: the least place of each label
    return ids, ids[first[labels]]


def _solve_partition(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    held = list(batches)
    src, dst = _column(held, "src"), _column(held, "dst")
    if len(src):
        ids, roots = least_roots(src, dst)
        yield pa.RecordBatch.from_arrays([pa.array(ids), pa.array(roots)], names=["id", "root"])


def _merge_roots(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """All rows of a vertex are here: its least root, and an edge from that to every other root it was given."""
    held = list(batches)
    ids, roots = _column(held, "id"), _column(held, "root")
    if not len(ids):
        return
    order = np.lexsort((roots, ids))
    ids, roots = ids[order], roots[order]
    is_first = np.concatenate([[True], ids[1:] != ids[:-1]])
    least = roots[is_first][np.cumsum(is_first) - 1]
    is_edge = ~is_first & (least != roots)
    for a, b, kind in ((ids[is_first], least[is_first], False), (least[is_edge], roots[is_edge], True)):
        flags = pa.array(np.full(len(a), kind))
        yield pa.RecordBatch.from_arrays([pa.array(a), pa.array(b), flags], names=["id", "root", "is_edge"])


def _column(batches: list[pa.RecordBatch], name: str) -> Ints:
    parts = [batch.column(name).to_numpy() for batch in batches]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
