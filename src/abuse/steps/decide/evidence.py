"""Links -> the few movements that hold one account in its cluster."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from abuse.steps.inside import inside
from abuse.tables import Decisions, Features, Links, Participants

PER_KIND = 8
"""Movements shown per kind of link; enough to check by hand, few enough to read."""


def link_evidence(links: DataFrame, members: DataFrame) -> DataFrame:
    """account -> `_link_evidence`: its own earliest movements of every kind of link inside its cluster, those of links
    that are evidence first.
    """
    ends = F.explode(F.array(Links.src, Links.dst)).alias(Decisions.account)
    is_doubtful = ~F.coalesce(Links.is_known, F.lit(True))
    held = inside(links, members).select(ends, Links.kind, Links.evidence, is_doubtful.alias("_doubt"))
    items = held.select(Decisions.account, Links.kind, "_doubt", F.explode(Links.evidence).alias("_item"))
    items = items.groupBy(Decisions.account, Links.kind, "_item").agg(F.min("_doubt").alias("_doubt"))
    by_time = Window.partitionBy(Decisions.account, Links.kind).orderBy(
        F.col("_doubt"), F.col("_item.at").asc_nulls_last(), F.col("_item")
    )
    few = items.withColumn("_place", F.row_number().over(by_time)).where(F.col("_place") <= PER_KIND)
    ordered = F.sort_array(F.collect_list(F.struct(Links.kind, "_place", "_item")))
    return few.groupBy(Decisions.account).agg(F.transform(ordered, lambda x: x["_item"]).alias("_link_evidence"))


def time_evidence() -> Column:
    """The account's own first action, and how many of its cluster began with it."""
    missing = F.lit(None)
    return F.struct(
        F.lit("time").alias("kind"),
        missing.cast("string").alias("chain"),
        F.col(Participants.first_tx_hash).alias("tx_hash"),
        F.col(Participants.account).alias("from"),
        missing.cast("string").alias("to"),
        F.col(Participants.first_action_at).alias("at"),
        missing.cast("double").alias("amount"),
        missing.cast("string").alias("asset"),
        F.col(Features.time_partners).alias("n"),
        F.lit("participation").alias("source"),
    )


def no_evidence() -> Column:
    return F.array().cast(Decisions.schema()[Decisions.evidence].dataType)
