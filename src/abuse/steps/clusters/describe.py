"""Parts of components -> named clusters, and how firmly each member hangs in."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.inside import inside
from abuse.tables import ClusterMembers, Clusters, Links, Participants


def founded(whole: DataFrame, ids: DataFrame, accounts: DataFrame, campaign_id: str) -> DataFrame:
    """account, first_action_at, cluster_id, founder, size of every cluster of two or more.

    The id is a digest of the founder, the member with the least (first_action_at, account), unknown times last: a
    function of this slice alone, so it stays the same from night to night while the founder stays.
    """
    began = F.col(Participants.first_action_at)
    placed = whole.join(ids, on="id").join(accounts, on=Participants.account)
    groups = placed.groupBy("part").agg(
        F.min(F.struct(began.isNull().alias("untimed"), began, Participants.account)).alias("_founder"),
        F.count("*").alias("size"),
    )
    founder = F.col(f"_founder.{Participants.account}")
    named = groups.where(F.col("size") > 1).select(
        "part",
        "size",
        founder.alias(Clusters.founder),
        F.substring(F.sha2(F.concat_ws("\n", F.lit(campaign_id), founder), 256), 1, 16).alias(Clusters.cluster_id),
    )
    columns = (Participants.account, Participants.first_action_at, Clusters.cluster_id, Clusters.founder, Clusters.size)
    return placed.join(named, on="part").select(*columns)


def sides(placed: DataFrame, ties: DataFrame) -> DataFrame:
    """Each link twice, seen from either end: account, _other, kind, strength, and whether both are in one cluster."""
    both = F.explode(
        F.array(
            F.struct(F.col(Links.src).alias("account"), F.col(Links.dst).alias("_other")),
            F.struct(F.col(Links.dst).alias("account"), F.col(Links.src).alias("_other")),
        )
    ).alias("_side")
    seen = ties.select(Links.kind, Links.strength, both).select("_side.*", Links.kind, Links.strength)
    own = placed.select("account", Clusters.cluster_id)
    others = placed.select(F.col("account").alias("_other"), F.col(Clusters.cluster_id).alias("_theirs"))
    joined = seen.join(own, on="account").join(others, on="_other", how="left")
    return joined.withColumn("_inside", F.coalesce(F.col(Clusters.cluster_id) == F.col("_theirs"), F.lit(False)))


def membership(placed: DataFrame, ties: DataFrame, rules: settings.Clusters) -> DataFrame:
    """ClusterMembers: how firmly each hangs in."""
    is_inside = F.col("_inside")
    seen = sides(placed, ties)
    held = seen.groupBy("account").agg(
        F.count_distinct(F.when(is_inside, F.col("_other"))).alias(ClusterMembers.num_neighbours),
        F.sort_array(F.collect_set(F.when(is_inside, F.col(Links.kind)))).alias(ClusterMembers.link_kinds),
        F.sum(F.when(is_inside, F.col(Links.strength)).otherwise(0)).alias(ClusterMembers.strength),
        F.count_distinct(F.when(~is_inside, F.col("_other"))).alias(ClusterMembers.num_cut),
        F.min(F.when(is_inside, F.col("_other"))).alias("_one"),
    )
    degree = held.select(F.col("account").alias("_one"), F.col(ClusterMembers.num_neighbours).alias("_degree"))
    is_founder = F.col(ClusterMembers.account) == F.col(Clusters.founder)
    role = (
        F.when(is_founder, F.lit("founder"))
        .when(F.col(ClusterMembers.num_neighbours) > 1, F.lit("core"))
        .otherwise(F.lit("leaf"))
    )
    whole = placed.join(held, on="account").join(degree, on="_one", how="left")
    whole = whole.join(mostly_otherwise(whole), on=Clusters.cluster_id)
    columns = [name for name in ClusterMembers.columns() if name in whole.columns]
    return whole.select(*columns, role.alias(ClusterMembers.role), is_weak(rules).alias(ClusterMembers.is_weak))


def mostly_otherwise(members: DataFrame) -> DataFrame:
    """cluster_id -> whether at least half of it is held by more than direct payments."""
    only_direct = F.size(F.array_except(ClusterMembers.link_kinds, F.array(F.lit("direct")))) == 0
    share = F.avg((~only_direct).cast("double"))
    return members.groupBy(Clusters.cluster_id).agg((share >= 0.5).alias("_is_funded"))  # noqa: PLR2004 -- a half


def is_weak(rules: settings.Clusters) -> Column:
    """A leaf tied by payments alone: one payment to or from an ordinary member, or any to a group that other links hold
    together. An acquaintance may hang in so; the outer wallets of a group that pays its own from one do not.
    """
    is_leaf = F.col(ClusterMembers.num_neighbours) == 1
    is_direct = F.col(ClusterMembers.link_kinds) == F.array(F.lit("direct"))
    is_ordinary = F.coalesce(F.col("_degree"), F.lit(0)) < rules.core_neighbours
    once = F.col(ClusterMembers.strength) == 1
    return is_leaf & is_direct & ((is_ordinary & once) | F.col("_is_funded")) & (F.col(Clusters.size) > 2)  # noqa: PLR2004 -- a pair


def described(members: DataFrame, placed: DataFrame, ties: DataFrame, rules: settings.Clusters) -> DataFrame:
    """Clusters: size, shape, what was cut, and the address most of its links go through."""
    held = inside(ties, placed).withColumn(Clusters.cluster_id, F.col("_src"))
    num_links = held.groupBy(Clusters.cluster_id).agg(F.count_distinct(Links.src, Links.dst).alias(Clusters.num_links))
    vias = held.where(F.col(Links.via).isNotNull()).groupBy(Clusters.cluster_id, Links.via)
    counted = vias.agg(F.count("*").alias("n"), F.mode(Links.kind, deterministic=True).alias("kind"))
    first = F.min(F.struct((-F.col("n")).alias("n"), Links.via, "kind")).alias("_core")
    core = counted.groupBy(Clusters.cluster_id).agg(first)
    figures = members.groupBy(Clusters.cluster_id).agg(
        F.max(ClusterMembers.num_neighbours).alias("_widest"), F.sum(ClusterMembers.num_cut).alias(Clusters.num_cut)
    )
    groups = placed.select(Clusters.cluster_id, Clusters.founder, Clusters.size).distinct()
    joined = groups.join(num_links, on=Clusters.cluster_id).join(figures, on=Clusters.cluster_id)
    joined = joined.join(core, on=Clusters.cluster_id, how="left")
    return joined.select(
        Clusters.cluster_id,
        Clusters.founder,
        Clusters.size,
        Clusters.num_links,
        _shape(F.col(Clusters.size), F.col(Clusters.num_links), F.col("_widest")).alias(Clusters.shape),
        F.col(f"_core.{Links.via}").alias(Clusters.core_funder),
        F.col("_core.kind").alias(Clusters.core_kind),
        Clusters.num_cut,
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
