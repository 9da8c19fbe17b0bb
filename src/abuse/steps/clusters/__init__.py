"""Links, participants -> Clusters, ClusterMembers: connected components, checked and failing closed, giants split.

Ids are 64-bit hashes of the accounts; on a collision another seed is taken.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.errors import CheckError
from abuse.steps.clusters.components import check, components
from abuse.steps.clusters.describe import described, founded, membership
from abuse.steps.clusters.split import parted
from abuse.steps.spill import Spill
from abuse.tables import Links, Participants


def clusters(
    links: DataFrame, participants: DataFrame, campaign_id: str, rules: settings.Clusters, spill: Spill
) -> tuple[DataFrame, DataFrame]:
    """Clusters of two or more, and their members. Raises CheckError when links or components do not hold up."""
    accounts = spill(participants.select(Participants.account, Participants.first_action_at))
    ids = spill(account_ids(accounts, rules))
    told = [Links.src, Links.dst, Links.kind, Links.via, Links.strength]
    ties = spill(with_ids(links.select(*told), ids))
    edges = spill(id_edges(ties))
    whole = components(ids, edges, rules, spill)
    check(whole, edges, ids)
    whole = parted(whole, ties, rules, spill)
    placed = spill(founded(whole, ids, accounts, campaign_id))
    members = spill(membership(placed, ties, rules))
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


def with_ids(links: DataFrame, ids: DataFrame) -> DataFrame:
    """The links with `a` < `b`, the ids of their ends; loops tie nobody and go. Raises CheckError for an end that is
    no participant: dropping it would lose what it ties.
    """
    src, dst = (
        ids.select(F.col("id").alias(f"_{end}"), F.col(Participants.account).alias(end)) for end in ("src", "dst")
    )
    joined = links.join(src, on=Links.src, how="left").join(dst, on=Links.dst, how="left")
    strangers = joined.where(F.col("_src").isNull() | F.col("_dst").isNull()).count()
    if strangers:
        found = f"{strangers} links with an end that is empty or takes no part"
        raise CheckError("clusters: links", found, "two participants on each", "Run the step links again.")
    return joined.where(F.col("_src") != F.col("_dst")).select(
        *links.columns, F.least("_src", "_dst").alias("a"), F.greatest("_src", "_dst").alias("b")
    )


def id_edges(ties: DataFrame) -> DataFrame:
    """Distinct src < dst, no loops."""
    return ties.select(F.col("a").alias("src"), F.col("b").alias("dst")).distinct()
