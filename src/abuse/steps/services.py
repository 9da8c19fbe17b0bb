"""Labels, transfers -> Services: who serves many, by a list or by its own figures.

Lists are never complete: on Hop data exchange lists alone leave a component of 27,037 accounts, the gate 2,069.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.tables import Labels, Services, Transfers

CONTRACT = "contract"


def services(
    transfers: DataFrame, labels: DataFrame, rules: settings.Services, chains: Mapping[str, settings.Chain]
) -> DataFrame:
    """One row per address and kind, with the list that says so or the figures that made it so."""
    traffic = counterparties(transfers)
    contracts = labels.where(F.col(Labels.label) == CONTRACT).select(Labels.address).distinct()
    contracts = contracts.withColumn(Services.is_contract, F.lit(True))
    listed, nulls = labelled(labels, rules), null_addresses(transfers, chains)
    key = [Services.chain, Services.address, Services.kind]
    named = listed.join(nulls, on=key, how="left_anti").unionByName(nulls)
    with_figures = named.join(traffic.drop(Services.chain), on=Services.address, how="left")
    hubs = traffic.where(is_hub(rules)).withColumns(
        {
            Services.kind: F.lit("hub"),
            Services.basis: F.lit("inferred"),
            Services.source: F.lit(None).cast("string"),
            Services.name: F.lit(None).cast("string"),
            Services.listed_at: F.lit(None).cast("timestamp"),
        }
    )
    found = with_figures.unionByName(hubs).join(F.broadcast(contracts), on=Services.address, how="left")
    return found.withColumn(Services.is_contract, F.coalesce(Services.is_contract, F.lit(False)))


def is_hub(rules: settings.Services) -> Column:
    """Many counterparties, unless nearly nobody pays it: then it is one operator's wallet, up to a number it pays."""
    is_operator = (F.col(Services.num_senders) <= rules.max_operator_senders) & (
        F.col(Services.num_recipients) <= rules.max_operator_recipients
    )
    return (F.col(Services.num_counterparties) > rules.max_counterparties) & ~is_operator


def labelled(labels: DataFrame, rules: settings.Services) -> DataFrame:
    """Addresses that a list calls by a word the settings map to a service kind."""
    kinds = F.create_map(*[F.lit(x) for pair in sorted(rules.label_kinds.items()) for x in pair])
    kind = F.try_element_at(kinds, F.col(Labels.label))
    said = F.struct(Labels.source, Labels.label, Labels.name, Labels.listed_at)
    first = labels.withColumn(Services.kind, kind).where(F.col(Services.kind).isNotNull())
    first = first.groupBy(Labels.chain, Labels.address, Services.kind).agg(F.min(said).alias("_said"))
    return first.select(
        Services.chain,
        Services.address,
        Services.kind,
        F.lit("label").alias(Services.basis),
        F.col(f"_said.{Labels.source}").alias(Services.source),
        F.col(f"_said.{Labels.name}").alias(Services.name),
        F.col(f"_said.{Labels.listed_at}").alias(Services.listed_at),
    )


def null_addresses(transfers: DataFrame, chains: Mapping[str, settings.Chain]) -> DataFrame:
    """Mints and burns of the chains that occur."""
    nulls = F.create_map(*[F.lit(x) for name, rules in chains.items() for x in (name, rules.null_address)])
    return (
        transfers.select(Transfers.chain)
        .distinct()
        .select(
            F.col(Transfers.chain).alias(Services.chain),
            F.try_element_at(nulls, F.col(Transfers.chain)).alias(Services.address),
            F.lit("null").alias(Services.kind),
            F.lit("settings").alias(Services.basis),
            F.lit(None).cast("string").alias(Services.source),
            F.lit(None).cast("string").alias(Services.name),
            F.lit(None).cast("timestamp").alias(Services.listed_at),
        )
        .where(F.col(Services.address).isNotNull())
    )


def counterparties(transfers: DataFrame) -> DataFrame:
    """Per address over all chains (one key holds it on each): how many it dealt with, and how one-sidedly."""

    def side(own: str, other: str, pays: bool) -> DataFrame:
        return transfers.where(F.col(own) != F.col(other)).select(
            F.col(own).alias(Services.address),
            F.col(other).alias("_other"),
            F.lit(pays).alias("_pays"),
            Transfers.chain,
        )

    both = side(Transfers.sender, Transfers.recipient, True).unionByName(
        side(Transfers.recipient, Transfers.sender, False)
    )
    pairs = both.groupBy(Services.address, "_other").agg(
        F.max("_pays").alias("_paid"), F.max(~F.col("_pays")).alias("_was_paid"), F.min(Transfers.chain).alias("chain")
    )
    one_way = F.col("_paid") != F.col("_was_paid")
    return pairs.groupBy(Services.address).agg(
        F.min("chain").alias(Services.chain),
        _count_if(F.col("_was_paid")).alias(Services.num_senders),
        _count_if(F.col("_paid")).alias(Services.num_recipients),
        F.count("*").alias(Services.num_counterparties),
        F.avg(one_way.cast("double")).alias(Services.one_way_share),
    )


def _count_if(condition: Column) -> Column:
    return F.sum(condition.cast("bigint"))
