"""Links, participants -> Clusters, ClusterMembers: connected components on GraphFrames, checked and failing closed.

GraphFrames' algorithm (Kiveris et al. 2014, large-star/small-star) is unreliable on recomputed inputs, so edges are
deduplicated, written and read back first. Ids are 64-bit hashes of the accounts; on a collision another seed is taken.
"""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.errors import CheckError
from abuse.tables import ClusterMembers, Clusters, Links, Participants

Spill = Callable[[DataFrame], DataFrame]


def clusters(
    links: DataFrame, participants: DataFrame, campaign_id: str, rules: settings.Clusters, spill: Spill
) -> tuple[DataFrame, DataFrame]:
    """Clusters of two or more, and their members. Raises CheckError when the components do not hold up."""
    accounts = spill(participants.select(Participants.account, Participants.first_action_at))
    ties = spill(links.select(Links.src, Links.dst, Links.kind, Links.via, Links.strength))
    ids = spill(account_ids(accounts, rules))
    edges = spill(id_edges(ties, ids))
    tied = edges.select(F.col("src").alias("id")).union(edges.select(F.col("dst").alias("id"))).distinct()
    found = (
        spill(components(tied, edges, rules.checkpoint_interval))
        if edges.take(1)
        else tied.withColumn("component", F.col("id"))
    )
    isolated = ids.select("id").join(tied, on="id", how="left_anti").withColumn("component", F.col("id"))
    whole = spill(found.select("id", "component").unionByName(isolated))
    check(whole, edges, ids)
    placed = spill(founded(whole, ids, accounts, campaign_id))
    members = spill(membership(placed, ties))
    return described(members, placed, ties, rules), members


def account_ids(accounts: DataFrame, rules: settings.Clusters) -> DataFrame:
    """account -> id. Raises CheckError when accounts collide under every seed."""
    for seed in rules.hash_seeds:
        hashed = accounts.select(Participants.account, F.xxhash64(F.lit(seed), Participants.account).alias("id"))
        if hashed.groupBy("id").count().where(F.col("count") > 1).isEmpty():
            return hashed
    seeds = ", ".join(str(s) for s in rules.hash_seeds)
    raise CheckError(
        "clusters: account ids", f"collisions under seeds {seeds}", "none", "Add a seed to clusters.hash_seeds."
    )


def id_edges(ties: DataFrame, ids: DataFrame) -> DataFrame:
    """Distinct src < dst, no loops."""
    src, dst = (
        ids.select(F.col("id").alias(f"_{end}"), F.col(Participants.account).alias(end)) for end in ("src", "dst")
    )
    joined = ties.select(Links.src, Links.dst).distinct().join(src, on=Links.src).join(dst, on=Links.dst)
    return joined.select(F.least("_src", "_dst").alias("src"), F.greatest("_src", "_dst").alias("dst")).distinct()


def components(vertices: DataFrame, edges: DataFrame, checkpoint_interval: int) -> DataFrame:
    """id -> component (the least id of it), by GraphFrames. The session must have a checkpoint directory."""
    from graphframes import GraphFrame

    found: DataFrame = GraphFrame(vertices, edges).connectedComponents(checkpointInterval=checkpoint_interval)
    return found.select("id", "component")


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


def founded(whole: DataFrame, ids: DataFrame, accounts: DataFrame, campaign_id: str) -> DataFrame:
    """account, first_action_at, cluster_id, founder, size of every cluster of two or more.

    The id is a digest of the founder, the member with the least (first_action_at, account): a function of this slice
    alone, so it stays the same from night to night while the founder stays.
    """
    placed = whole.join(ids, on="id").join(accounts, on=Participants.account)
    groups = placed.groupBy("component").agg(
        F.min(F.struct(Participants.first_action_at, Participants.account)).alias("_founder"),
        F.count("*").alias("size"),
    )
    founder = F.col(f"_founder.{Participants.account}")
    named = groups.where(F.col("size") > 1).select(
        "component",
        "size",
        founder.alias(Clusters.founder),
        F.substring(F.sha2(F.concat_ws("\n", F.lit(campaign_id), founder), 256), 1, 16).alias(Clusters.cluster_id),
    )
    columns = (Participants.account, Participants.first_action_at, Clusters.cluster_id, Clusters.founder, Clusters.size)
    return placed.join(named, on="component").select(*columns)


def membership(placed: DataFrame, ties: DataFrame) -> DataFrame:
    """ClusterMembers: how firmly each hangs in."""
    both = ties.select(F.col(Links.src).alias("account"), F.col(Links.dst).alias("_other"), Links.kind, Links.strength)
    back = ties.select(F.col(Links.dst).alias("account"), F.col(Links.src).alias("_other"), Links.kind, Links.strength)
    held = (
        both.unionByName(back)
        .groupBy("account")
        .agg(
            F.count_distinct("_other").alias(ClusterMembers.num_neighbours),
            F.sort_array(F.collect_set(Links.kind)).alias(ClusterMembers.link_kinds),
            F.sum(Links.strength).alias(ClusterMembers.strength),
        )
    )
    is_founder = F.col(ClusterMembers.account) == F.col(Clusters.founder)
    role = (
        F.when(is_founder, F.lit("founder"))
        .when(F.col(ClusterMembers.num_neighbours) > 1, F.lit("core"))
        .otherwise(F.lit("leaf"))
    )
    return placed.join(held, on="account").select(
        ClusterMembers.cluster_id,
        ClusterMembers.account,
        role.alias(ClusterMembers.role),
        ClusterMembers.num_neighbours,
        ClusterMembers.link_kinds,
        ClusterMembers.strength,
    )


def described(members: DataFrame, placed: DataFrame, ties: DataFrame, rules: settings.Clusters) -> DataFrame:
    """Clusters: size, shape and the address most of its links go through."""
    of_src = placed.select(F.col("account").alias(Links.src), Clusters.cluster_id)
    inside = ties.join(of_src, on=Links.src)
    num_links = inside.groupBy(Clusters.cluster_id).agg(
        F.count_distinct(Links.src, Links.dst).alias(Clusters.num_links)
    )
    vias = (
        inside.where(F.col(Links.via).isNotNull()).groupBy(Clusters.cluster_id, Links.via).agg(F.count("*").alias("n"))
    )
    core = vias.groupBy(Clusters.cluster_id).agg(F.min(F.struct((-F.col("n")).alias("n"), Links.via)).alias("_core"))
    widest = members.groupBy(Clusters.cluster_id).agg(F.max(ClusterMembers.num_neighbours).alias("_widest"))
    groups = placed.select(Clusters.cluster_id, Clusters.founder, Clusters.size).distinct()
    joined = groups.join(num_links, on=Clusters.cluster_id).join(widest, on=Clusters.cluster_id)
    joined = joined.join(core, on=Clusters.cluster_id, how="left")
    return joined.select(
        Clusters.cluster_id,
        Clusters.founder,
        Clusters.size,
        Clusters.num_links,
        _shape(F.col(Clusters.size), F.col(Clusters.num_links), F.col("_widest")).alias(Clusters.shape),
        F.col(f"_core.{Links.via}").alias(Clusters.core_funder),
        (F.col(Clusters.size) > rules.max_size).alias(Clusters.is_giant),
    )


def _shape(size: Column, num_links: Column, widest: Column) -> Column:
    is_forest = num_links == size - 1
    return (
        F.when(size == 2, F.lit("pair"))  # noqa: PLR2004
        .when(is_forest & (widest == size - 1), F.lit("star"))
        .when(is_forest & (widest <= 2), F.lit("chain"))  # noqa: PLR2004
        .when(is_forest, F.lit("tree"))
        .otherwise(F.lit("mesh"))
    )
