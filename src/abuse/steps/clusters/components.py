"""Edges -> components, by contraction and one of two engines, checked and failing closed.

GraphFrames' algorithm (Kiveris et al. 2014, large-star/small-star) is unreliable on recomputed inputs, so its edges are
deduplicated, written and read back first; it took 86 s where contraction leaves it 1,000 edges and 7 s (measured).
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.errors import CheckError
from abuse.steps.clusters.contraction import contracted, mapped_back, solved
from abuse.steps.spill import Spill


def components(vertices: DataFrame, edges: DataFrame, rules: settings.Clusters, spill: Spill) -> DataFrame:
    """id -> component (the least id of it) of every vertex. `edges` are distinct, src < dst, and written already."""
    limit = rules.graphframes_max_edges if rules.engine == "graphframes" else rules.driver_max_edges
    loops = vertices.select(F.col("id").alias("src"), F.col("id").alias("dst"))  # so the lone are answered for as well
    rounds: list[DataFrame] = []
    left = edges
    num_left = left.count()
    while num_left > limit and len(rounds) < rules.max_rounds:
        given = left if rounds else left.union(loops)
        roots, left = contracted(given, rules.partitions, len(rounds), spill)
        rounds.append(roots)
        num_left = left.count()
    if not num_left:
        found = left.select(F.col("src").alias("id"), F.col("dst").alias("component"))
    elif rules.engine == "driver":
        found = solved(left)
    else:
        found = graphframes_components(spill(left.distinct()) if rounds else left, rules, spill)
    return spill(mapped_back(found, rounds or [vertices.select("id", F.col("id").alias("root"))]))


def graphframes_components(edges: DataFrame, rules: settings.Clusters, spill: Spill) -> DataFrame:
    """id -> component by GraphFrames. The session must have a checkpoint directory."""
    from graphframes import GraphFrame

    ends = edges.select(F.col("src").alias("id")).union(edges.select(F.col("dst").alias("id")))
    graph = GraphFrame(spill(ends.distinct()), edges)
    found: DataFrame = graph.connectedComponents(checkpointInterval=rules.checkpoint_interval)
    written = spill(found.select("id", "component"))
    found.unpersist()  # the algorithm leaves its result cached
    return written


def check(components: DataFrame, edges: DataFrame, ids: DataFrame) -> None:
    """No edge crosses two components; every vertex has exactly one. Raises CheckError: fails closed."""
    side = components.select(F.col("id").alias("src"), F.col("component").alias("a"))
    other = components.select(F.col("id").alias("dst"), F.col("component").alias("b"))
    kept = edges.join(side, on="src").join(other, on="dst")
    num_edges, num_kept = edges.count(), kept.where(F.col("a") == F.col("b")).count()
    if num_edges != num_kept:
        raise _wrong(f"{num_edges - num_kept} of {num_edges} links cross two components", "none")
    num_ids, num_rows, num_distinct = ids.count(), components.count(), components.select("id").distinct().count()
    if not num_ids == num_rows == num_distinct:
        raise _wrong(f"{num_rows} rows for {num_distinct} of {num_ids} accounts", "one row for each account")


def _wrong(found: str, wanted: str) -> CheckError:
    return CheckError(
        "clusters: post-check", found, wanted, "Run the night again; if it stays, report it with the run_id."
    )
