"""Transfers -> ties of accounts that paid each other.

Anyone can send dust to anyone, and anyone's token contract can emit a movement between strangers: a row counts when its
asset is on the campaign's list or its sender signed it, and ties when it is above dust or each side signed once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.links.ties import item
from abuse.steps.owned import HELD, of_owner
from abuse.steps.worth import above_dust
from abuse.tables import Links, Participants, Transfers


def direct(
    transfers: DataFrame,
    owners: DataFrame,
    assets: Collection[str],
    rules: settings.Links,
    chains: Mapping[str, settings.Chain],
) -> DataFrame:
    """Payments between two accounts."""
    between = _between(transfers, owners)
    is_pair_only = F.col(Transfers.tx_hash).isNull()
    signed = F.coalesce(F.col(Transfers.initiator) == F.col(Transfers.sender), F.col(Transfers.kind) == "native")
    listed = F.col(Transfers.asset).isin(*assets)
    counts = is_pair_only | signed | (listed & above_dust(rules, chains))
    rows = between.where(counts).withColumns(
        {
            "_solid": is_pair_only | (listed & above_dust(rules, chains)),
            "_forth": signed & (F.col("a") < F.col("b")),
            "_back": signed & (F.col("a") > F.col("b")),
            "_low": F.least("a", "b"),
            "_high": F.greatest("a", "b"),
        }
    )
    pair = Window.partitionBy("_low", "_high")
    ties = F.max("_solid").over(pair) | (F.max("_forth").over(pair) & F.max("_back").over(pair))
    return (
        rows.withColumn("_ties", ties)
        .where("_ties")
        .select(
            F.lit("direct").alias(Links.kind),
            F.lit("money").alias(Links.evidence_kind),
            "a",
            "b",
            F.lit(None).cast("string").alias("via"),
            F.lit(1).alias("rank"),
            F.lit(False).alias("doubt"),
            item("direct", Transfers.sender, Transfers.recipient, F.col(Transfers.num_transfers)).alias("item"),
        )
    )


def _between(transfers: DataFrame, owners: DataFrame) -> DataFrame:
    """Movements whose two ends belong to different accounts `a` (sender) and `b`."""
    payer, payee = (owners.select(*HELD, F.col(Participants.account).alias(end)) for end in ("a", "b"))
    joined = of_owner(of_owner(transfers, payer, Transfers.sender), payee, Transfers.recipient)
    return joined.where(F.col("a") != F.col("b"))
