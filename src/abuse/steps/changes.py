"""Members and decisions of a slice and of the one before it -> ClusterLineage, VerdictChanges, how far scores moved."""

from __future__ import annotations

from datetime import datetime

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from abuse.tables import ClusterLineage, ClusterMembers, Decisions, VerdictChanges
from abuse.words import FLAGGED


def lineage(members: DataFrame, before: DataFrame, parent_as_of: datetime) -> DataFrame:
    """One row per pair of clusters that shares members, and one for each cluster that shares none."""
    ours = members.select(ClusterMembers.cluster_id, ClusterMembers.account)
    theirs = before.select(F.col(ClusterMembers.cluster_id).alias(ClusterLineage.parent_id), ClusterMembers.account)
    pairs = ours.join(theirs, on=ClusterMembers.account).groupBy(ClusterLineage.cluster_id, ClusterLineage.parent_id)
    shared = pairs.agg(F.count("*").alias(ClusterLineage.num_shared)).withColumns(
        {
            "_parents": F.count("*").over(Window.partitionBy(ClusterLineage.cluster_id)),
            "_heirs": F.count("*").over(Window.partitionBy(ClusterLineage.parent_id)),
        }
    )
    whole = sizes(ours, ClusterLineage.cluster_id, "_size").join(shared, on=ClusterLineage.cluster_id, how="left")
    whole = whole.join(sizes(theirs, ClusterLineage.parent_id, "_parent_size"), on=ClusterLineage.parent_id, how="full")
    return whole.select(
        ClusterLineage.cluster_id,
        ClusterLineage.parent_id,
        change().alias(ClusterLineage.change),
        F.coalesce(ClusterLineage.num_shared, F.lit(0).cast("bigint")).alias(ClusterLineage.num_shared),
        F.lit(parent_as_of).alias(ClusterLineage.parent_as_of),
    )


def sizes(members: DataFrame, cluster: str, name: str) -> DataFrame:
    """Every cluster and its members."""
    return members.groupBy(cluster).agg(F.count("*").alias(name))


def change() -> Column:
    """What happened to the pair; the first that holds."""
    keeps_all = F.col(ClusterLineage.num_shared) == F.col("_parent_size")
    wins_none = F.col(ClusterLineage.num_shared) == F.col("_size")
    return (
        F.when(F.col(ClusterLineage.parent_id).isNull(), "new")
        .when(F.col(ClusterLineage.cluster_id).isNull(), "gone")
        .when(F.col("_parents") > 1, "merged")
        .when(F.col("_heirs") > 1, "split")
        .when(keeps_all & wins_none, "same")
        .when(keeps_all, "grew")
        .when(wins_none, "shrank")
        .otherwise("changed")
    )


def verdict_changes(decisions: DataFrame, before: DataFrame, before_as_of: datetime) -> DataFrame:
    """One row per account whose verdict is another than before, with the reasons that came and went."""
    now = decisions.select(
        Decisions.account, F.col(Decisions.verdict).alias(VerdictChanges.after), F.col(Decisions.reasons).alias("_now")
    )
    then = before.select(
        Decisions.account,
        F.col(Decisions.verdict).alias(VerdictChanges.before),
        F.col(Decisions.reasons).alias("_then"),
    )
    is_other = ~F.col(VerdictChanges.before).eqNullSafe(F.col(VerdictChanges.after))
    # who takes part for the first time is news only when flagged
    is_told = F.col(VerdictChanges.before).isNotNull() | F.col(VerdictChanges.after).isin(*FLAGGED)
    return (
        now.join(then, on=Decisions.account, how="full")
        .where(is_other & is_told)
        .select(
            VerdictChanges.account,
            VerdictChanges.before,
            VerdictChanges.after,
            why(F.col("_now"), F.col("_then")).alias(VerdictChanges.why),
            F.lit(before_as_of).alias(VerdictChanges.before_as_of),
        )
    )


def score_drift(decisions: DataFrame, before: DataFrame) -> DataFrame:
    """One row: accounts that had a score before, and the mean change of it; who has none now went to 0."""
    then = before.where(F.col(Decisions.score).isNotNull()).select(
        Decisions.account, F.col(Decisions.score).alias("_then")
    )
    both = then.join(decisions.select(Decisions.account, Decisions.score), on=Decisions.account, how="left")
    moved = F.abs(F.coalesce(Decisions.score, F.lit(0.0)) - F.col("_then"))
    return both.agg(F.count("*").alias("scored_before"), F.coalesce(F.avg(moved), F.lit(0.0)).alias("moved"))


def why(now: Column, then: Column) -> Column:
    """The reasons whose code holds now and did not, as stored; then the sentences of those whose code held."""
    nothing = F.array().cast("array<string>")
    now, then = F.coalesce(now, nothing), F.coalesce(then, nothing)
    came = F.filter(now, lambda reason: ~F.array_contains(F.transform(then, code), code(reason)))
    went = F.filter(then, lambda reason: ~F.array_contains(F.transform(now, code), code(reason)))
    return F.concat(came, F.transform(went, lambda reason: F.concat(F.lit("no longer: "), sentence(reason))))


def code(reason: Column) -> Column:
    return F.substring_index(reason, ":", 1)


def sentence(reason: Column) -> Column:
    return F.regexp_replace(reason, r"^[^:]*:\s*", "")
