"""What the kinds share: a tie is (kind, evidence_kind, a, b, via, rank, doubt, item), one row per movement.

`doubt`: whether what they share may serve strangers as well, so that it ties them and proves nothing.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from abuse.tables import Links, Participants, Transfers


def item(kind: str, sender: str, recipient: str, count: Column | None = None) -> Column:
    """One movement as evidence; columns named as in tables.EVIDENCE."""
    return F.struct(
        F.lit(kind).alias("kind"),
        F.col(Transfers.chain).alias("chain"),
        F.col(Transfers.tx_hash).alias("tx_hash"),
        F.col(sender).alias("from"),
        F.col(recipient).alias("to"),
        F.col(Transfers.at).alias("at"),
        F.col(Transfers.amount).alias("amount"),
        F.col(Transfers.asset).alias("asset"),
        (F.lit(1).cast("bigint") if count is None else count).alias("n"),
        F.col(Transfers.source).alias("source"),
    )


def beginning() -> list[Column]:
    """By which accounts are put in the order in which they began; of whom it is not known, last."""
    first = F.col(Participants.first_action_at)
    return [first.isNull().alias("_is_unknown"), first, F.col(Participants.account)]


def star(rows: DataFrame, kind: str, evidence_kind: str, least: int, most: int) -> DataFrame:
    """Ties the earliest account behind each `via` to every other: n - 1 ties, not n squared.

    In: account, first_action_at, via, rank (nearest first), items, perhaps doubt. Groups under `least` accounts tie
    nobody; groups over `most` are a service nobody listed. Out: one tie row per pair and movement.
    """
    doubt = F.max("doubt") if "doubt" in rows.columns else F.lit(False)
    per_account = rows.groupBy("via", Participants.account, Participants.first_action_at).agg(
        F.min(F.struct("rank", "items")).alias("_nearest"), doubt.alias("doubt")
    )
    group = Window.partitionBy("via")  # a join with the groups would plan and compute all that leads here twice
    founder = F.min(F.struct(*beginning(), "_nearest")).over(group)
    placed = per_account.withColumns({"_size": F.count("*").over(group), "_founder": founder})
    is_kept = F.col("via").isNotNull() & F.col("_size").between(max(least, 2), most)
    pairs = placed.where(is_kept & (F.col(Participants.account) != F.col("_founder.account")))
    both = F.explode(F.array("_nearest", "_founder._nearest")).alias("_one")
    a, b = F.col("_founder.account").alias("a"), F.col(Participants.account).alias("b")
    tied = pairs.select("via", "doubt", a, b, both).select(
        "via", "doubt", "a", "b", "_one.rank", F.explode("_one.items").alias("item")
    )
    return tied.select(
        F.lit(kind).alias(Links.kind),
        F.lit(evidence_kind).alias(Links.evidence_kind),
        "a",
        "b",
        "via",
        "rank",
        "doubt",
        "item",
    )


def as_links(ties: DataFrame, num_evidence: int) -> DataFrame:
    """Undirected, one row per pair and kind: the nearest `via`, all movements counted, the first few kept.

    What goes through a known address comes before all that does not.
    """
    doubt = (~F.col(Links.is_known)).alias("_doubt")
    ordered = ties.withColumns({Links.src: F.least("a", "b"), Links.dst: F.greatest("a", "b")})
    pair = [Links.src, Links.dst, Links.kind, Links.evidence_kind]
    once = ordered.groupBy(*pair, "item").agg(F.min(F.struct(doubt, "rank", "via")).alias("_near"))
    first = (F.col("_near._doubt"), F.col("item.at").asc_nulls_last(), F.col("item"))
    placed = once.withColumn("_place", F.row_number().over(Window.partitionBy(*pair).orderBy(*first)))
    kept = F.when(F.col("_place") <= num_evidence, F.struct("_place", "item"))
    found = placed.groupBy(*pair).agg(
        F.min("_near").alias("_near"),
        F.sum("item.n").alias(Links.strength),
        F.transform(F.sort_array(F.collect_list(kept)), lambda x: x["item"]).alias(Links.evidence),
    )
    near = {Links.via: F.col("_near.via"), Links.is_known: ~F.col("_near._doubt")}
    return found.withColumns(near).drop("_near")
