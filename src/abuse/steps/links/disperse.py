"""Transfers -> ties of accounts that one signer paid by one-to-many transactions."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.links.ties import item, star
from abuse.steps.worth import above_dust
from abuse.tables import ParticipantAddresses, Participants, Transfers


def disperse(
    transfers: DataFrame,
    served: DataFrame,
    owners: DataFrame,
    assets: Collection[str],
    rules: settings.Links,
    chains: Mapping[str, settings.Chain],
) -> DataFrame:
    """The signer is who ties them: the contract it went through serves anyone. Services' payouts tie nobody."""
    counts = F.col(Transfers.asset).isin(*assets) & above_dust(rules, chains)
    paid = transfers.where(F.col(Transfers.tx_hash).isNotNull() & counts).withColumn(
        "via", F.coalesce(Transfers.initiator, Transfers.sender)
    )
    paid = paid.join(served.withColumnRenamed(ParticipantAddresses.address, "via"), on="via", how="left_anti")
    paid = paid.join(
        owners.withColumnRenamed(ParticipantAddresses.address, Transfers.recipient), on=Transfers.recipient
    )
    paid = paid.where(F.col("via") != F.col(Transfers.recipient))
    many = (
        paid.groupBy(Transfers.chain, Transfers.tx_hash)
        .agg(F.count_distinct(Participants.account).alias("_paid"))
        .where(F.col("_paid") >= rules.disperse_min_recipients)
    )
    rows = paid.join(many, on=[Transfers.chain, Transfers.tx_hash]).withColumns(
        {"rank": F.lit(1), "items": F.array(item("disperse", Transfers.sender, Transfers.recipient))}
    )
    return star(rows, "disperse", "money", rules.disperse_min_recipients, rules.max_group)
