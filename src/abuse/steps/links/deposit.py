"""Transfers, services -> ties of accounts that pay into one customer's account at an exchange.

A deposit address belongs to one customer. On chains with memos a wallet takes everybody's coins and the memo is the
customer, so there the pair of wallet and memo ties, and the wallet alone ties nobody (Victor 2020, deposit reuse).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.links.ties import item, star
from abuse.steps.worth import above_dust
from abuse.tables import ParticipantAddresses, Services, Transfers


def deposit(
    transfers: DataFrame,
    services: DataFrame,
    owners: DataFrame,
    assets: Collection[str],
    rules: settings.Links,
    chains: Mapping[str, settings.Chain],
) -> DataFrame:
    """The payer is who is tied, so a payment must be worth more than dust: nobody can be framed for nothing."""
    into = services.where(F.col(Services.kind).isin("deposit", "exchange")).groupBy(
        F.col(Services.address).alias(Transfers.recipient)
    )
    customers = into.agg(F.max(F.col(Services.kind) == "deposit").alias("_is_one"))
    counts = F.col(Transfers.tx_hash).isNull() | (F.col(Transfers.asset).isin(*assets) & above_dust(rules, chains))
    paid = transfers.where(counts).join(F.broadcast(customers), on=Transfers.recipient)
    memo = F.concat(F.col(Transfers.recipient), F.lit(" memo "), F.col(Transfers.memo))
    via = F.coalesce(memo, F.when(F.col("_is_one"), F.col(Transfers.recipient)))
    rows = paid.withColumn("via", via).where(F.col("via").isNotNull())
    rows = rows.join(owners.withColumnRenamed(ParticipantAddresses.address, Transfers.sender), on=Transfers.sender)
    rows = rows.withColumns(
        {
            "rank": F.lit(1),
            "items": F.array(item("deposit", Transfers.sender, Transfers.recipient, F.col(Transfers.num_transfers))),
        }
    )
    return star(rows, "deposit", "sink", rules.deposit_min_accounts, rules.max_group)
