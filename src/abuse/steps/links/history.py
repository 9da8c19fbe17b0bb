"""Ties, transfers -> whether what ties two accounts is an address whose own history the data hold.

Data that were fetched per participant hold of an exchange's wallet only what it paid participants, so it looks like an
operator's. What such data cannot hold is a dealing of that wallet with others, in a transaction in which no participant
has a part: one of those shows that its other customers would be seen too.

An operator's fresh wallet may have no such dealing even where the data hold everybody's. So it is measured what a
source holds: of the outsiders that paid participants first, and of those that participants paid last, nearly none is
seen with others where it was fetched per participant, and most are where it was not. There what is not seen was not.

A contract that only passes money on deals with nobody else. It is as well seen as whoever put the money in.
"""

from __future__ import annotations

from collections.abc import Collection

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.spill import Spill
from abuse.tables import Links, ParticipantAddresses, Trails, Transfers

ENDS = (Transfers.sender, Transfers.recipient, Transfers.initiator)
MEMO = " memo "
"""Between an exchange's wallet and a customer's memo, in `via`."""
DIRECTIONS = {"first_gas": "money", "sweep": "sink"}
"""Kind of trail -> the kind of evidence of those who pay participants, or are paid by them."""
SAMPLE = 5_000
"""Outsiders by whom a source is judged; that many tell a quarter from a fifth, and are quick to look up."""


def with_history(
    ties: DataFrame,
    trails: DataFrame,
    transfers: DataFrame,
    ours: DataFrame,
    scoped: Collection[str],
    rules: settings.Links,
    spill: Spill,
) -> DataFrame:
    """Ties with `is_known` for `doubt`: they go through nobody's address, a participant's, or one with a history.

    `ours`: the addresses of participants. `scoped`: sources that are said to hold participants' transactions alone.
    """
    tied = ties.withColumns(
        {"_by": F.regexp_replace(Links.via, rf"{MEMO}\S+$", ""), "_source": F.col(f"item.{Transfers.source}")}
    )
    nobody = {Links.evidence_kind: F.lit(None).cast("string"), "_source": F.lit(None).cast("string")}
    asked = tied.select("_by").dropna().distinct().withColumns(nobody).unionByName(dealt_with(trails))
    own = ours.select(F.col(ParticipantAddresses.address).alias("_by"))
    outside = spill(asked.join(own, on="_by", how="left_anti"))
    wide = transfers.where(~F.col(Transfers.source).isin(*scoped)) if scoped else transfers
    strangers = outside.select("_by").distinct()
    fed = spill(behind(wide, strangers))
    every = strangers.unionByName(fed.select(F.col("_behind").alias("_by"))).distinct()
    alone = spill(with_others(wide, every, ours))
    through = fed.join(alone.select(F.col("_by").alias("_behind")), on="_behind", how="left_semi").select("_by")
    seen = alone.unionByName(through).distinct()
    told = outside.where(~F.col("_source").isin(*scoped)) if scoped else outside
    whole = whole_sources(told, seen, rules)
    unknown = strangers.join(seen, on="_by", how="left_anti")
    marked = tied.join(unknown.withColumn("_unknown", F.lit(True)), on="_by", how="left")
    marked = marked.join(F.broadcast(whole), on=[Links.evidence_kind, "_source"], how="left")
    is_known = (F.col("_unknown").isNull() | F.col("_whole").isNotNull()) & ~F.col("doubt")
    return marked.withColumn(Links.is_known, is_known).drop("_by", "_source", "_unknown", "_whole", "doubt")


def dealt_with(trails: DataFrame) -> DataFrame:
    """evidence_kind, _source, _by: a sample of who paid participants first and whom they paid last, no services."""
    evidence = F.create_map(*[F.lit(word) for pair in DIRECTIONS.items() for word in pair])[F.col(Trails.kind)]
    is_near = (F.col(Trails.hop) == 1) & (F.coalesce(Trails.ended_by, F.lit("")) != "service")
    near = trails.where(is_near).select(
        evidence.alias(Links.evidence_kind), F.col(Trails.source).alias("_source"), F.col(Trails.reached).alias("_by")
    )
    return near.distinct().orderBy(F.xxhash64("_by"), "_by", Links.evidence_kind, "_source").limit(SAMPLE)


def whole_sources(outside: DataFrame, seen: DataFrame, rules: settings.Links) -> DataFrame:
    """evidence_kind, _source, `_whole`: the sources that hold what outsiders in that direction do among themselves."""
    named = outside.where(F.col("_source").isNotNull())
    marked = named.join(seen.withColumn("_seen", F.lit(1)), on="_by", how="left")
    shares = marked.groupBy(Links.evidence_kind, "_source").agg(
        F.count("*").alias("_all"), F.count("_seen").alias("_num")
    )
    is_whole = (F.col("_all") >= rules.history_min_outsiders) & (
        F.col("_num") >= rules.history_min_share * F.col("_all")
    )
    return shares.where(is_whole).select(Links.evidence_kind, "_source", F.lit(True).alias("_whole"))


def behind(transfers: DataFrame, outside: DataFrame) -> DataFrame:
    """_by, _behind: who signed for those of `outside` that pay, or paid them in the same transaction."""
    gave = transfers.join(F.broadcast(outside), F.col(Transfers.sender) == F.col("_by"))
    got = transfers.join(F.broadcast(outside), F.col(Transfers.recipient) == F.col("_by"))
    fed = got.select(_transaction().alias("_tx"), "_by", F.col(Transfers.sender).alias("_behind"))
    fed = fed.join(gave.select(_transaction().alias("_tx"), "_by"), on=["_tx", "_by"], how="left_semi")
    signed = gave.select("_by", F.col(Transfers.initiator).alias("_behind")).dropna()
    return fed.drop("_tx").unionByName(signed).where("_behind != _by").distinct()


def with_others(transfers: DataFrame, outside: DataFrame, ours: DataFrame) -> DataFrame:
    """_by: those of `outside` that dealt with somebody in a transaction in which no participant has a part."""
    rows = transfers.where(F.col(Transfers.sender) != F.col(Transfers.recipient))
    for end in ENDS:
        asked = F.broadcast(outside.select(F.col("_by").alias(f"_{end}")))
        rows = rows.join(asked, F.col(end) == F.col(f"_{end}"), "left")
    theirs = rows.where(F.coalesce(*[f"_{end}" for end in ENDS]).isNotNull()).select(
        _transaction().alias("_tx"),
        F.array_compact(F.array(f"_{Transfers.sender}", f"_{Transfers.recipient}")).alias("_by"),
        F.explode(F.array_compact(F.array(*ENDS))).alias(ParticipantAddresses.address),
    )
    marked = theirs.join(ours.withColumn("_ours", F.lit(True)), on=ParticipantAddresses.address, how="left")
    apart = marked.groupBy("_tx").agg(F.max("_ours").alias("_ours"), F.collect_set("_by").alias("_by"))
    return apart.where(F.col("_ours").isNull()).select(F.explode(F.flatten("_by")).alias("_by")).distinct()


def _transaction() -> Column:
    """Of a pair-only source a row stands for itself."""
    named = F.concat_ws("|", Transfers.chain, Transfers.tx_hash)
    alone = F.concat_ws("|", Transfers.source, Transfers.position)
    return F.when(F.col(Transfers.tx_hash).isNotNull(), named).otherwise(alone)
