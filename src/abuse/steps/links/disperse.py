"""Transfers -> ties of accounts that one signer paid by one-to-many transactions before they had ever acted."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.links.ties import item, star
from abuse.steps.owned import of_owner
from abuse.steps.worth import listed_above_dust
from abuse.tables import FirstFunders, ParticipantAddresses, Participants, Transfers


def disperse(
    transfers: DataFrame,
    served: DataFrame,
    owners: DataFrame,
    acted: DataFrame,
    assets: Collection[str],
    rules: settings.Links,
    chains: Mapping[str, settings.Chain],
) -> DataFrame:
    """The signer is who ties them: the contract it went through serves anyone. Services' payouts tie nobody.

    An operator funds fresh wallets; an employer pays people who had acted before, and new ones among them. So only
    those who had not acted count, and only where they are nearly all that the transaction paid. Whether one had is
    unknown where the address first acted for another account, so it is left out. `acted`: chain, address, acted_at.
    """
    counts = listed_above_dust(assets, rules, chains)
    paid = transfers.where(F.col(Transfers.tx_hash).isNotNull() & counts).withColumn(
        "via", F.coalesce(Transfers.initiator, Transfers.sender)
    )
    paid = of_owner(paid, owners.withColumn("_since", F.col(ParticipantAddresses.valid_from)), Transfers.recipient)
    paid = paid.where(F.col("via") != F.col(Transfers.recipient))
    paid = paid.join(served.withColumnRenamed(ParticipantAddresses.address, "via"), on="via", how="left_anti")
    before = acted.withColumnRenamed(FirstFunders.address, Transfers.recipient)
    paid = paid.join(before, on=[Transfers.chain, Transfers.recipient], how="left")
    paid = paid.where(F.coalesce(F.col(FirstFunders.acted_at) >= F.col("_since"), F.lit(True)))
    is_fresh = F.coalesce(F.col(Transfers.at) <= F.col(FirstFunders.acted_at), F.lit(True))
    paid = paid.withColumn("_fresh", F.when(is_fresh, F.col(Participants.account)))
    one = Window.partitionBy(Transfers.chain, Transfers.tx_hash)
    counts_of = {"_fresh_n": "_fresh", "_paid_n": Participants.account}
    paid = paid.withColumns({n: F.size(F.collect_set(of).over(one)) for n, of in counts_of.items()})
    enough = F.col("_fresh_n") >= rules.disperse_min_recipients
    mostly = F.col("_fresh_n") >= rules.disperse_min_fresh * F.col("_paid_n")
    rows = paid.where(F.col("_fresh").isNotNull() & enough & mostly).withColumns(
        {"rank": F.lit(1), "items": F.array(item("disperse", Transfers.sender, Transfers.recipient))}
    )
    return star(rows, "disperse", "money", rules.disperse_min_recipients, rules.max_group)
