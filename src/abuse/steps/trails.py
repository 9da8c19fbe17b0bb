"""Transfers, participants, services -> Trails: where an address's first coins came from, and where they went.

First gas after Imig et al. 2025 (gas provision networks): the payment before an address's own first transaction,
walked up to the funder's own funder, ending at a service. A payment too small to pay for a transaction is not one,
so a stranger's dust cannot take its place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.worth import COIN_KINDS, above_dust
from abuse.tables import ParticipantAddresses, Participants, Services, Trails, Transfers


def trails(
    transfers: DataFrame,
    participants: DataFrame,
    addresses: DataFrame,
    services: DataFrame,
    assets: Collection[str],
    rules: settings.Trails,
    links: settings.Links,
    chains: Mapping[str, settings.Chain],
) -> DataFrame:
    """First-gas hops and sweep destinations of every participant's address."""
    timed = transfers.where(F.col(Transfers.at).isNotNull())
    served = (
        services.select(F.col(Services.address).alias(Trails.reached)).distinct().withColumn("_served", F.lit(True))
    )
    funded = first_gas(timed, chains)
    hops = walked(addresses, funded, served, rules.max_hops)
    ends = swept(timed, participants, addresses, assets, links, chains)
    ends = ends.join(served, on=Trails.reached, how="left").withColumn(
        Trails.ended_by, F.when(F.col("_served"), F.lit("service"))
    )
    return hops.unionByName(ends.drop("_served"))


def order() -> Column:
    """The order of movements: time, block, transaction, then native < internal < token by path or log index."""
    return F.struct(
        Transfers.at,
        Transfers.block_number,
        Transfers.tx_index,
        Transfers.position,
        Transfers.tx_hash,
        Transfers.sender,
    )


def first_gas(timed: DataFrame, chains: Mapping[str, settings.Chain]) -> DataFrame:
    """chain, funded, and the payment that let it act: one row per funded address."""
    enough = F.create_map(*[F.lit(x) for name, chain in chains.items() for x in (name, chain.min_first_gas)])
    is_coin = F.col(Transfers.kind).isin(*COIN_KINDS)
    is_enough = F.col(Transfers.amount) >= F.try_element_at(enough, F.col(Transfers.chain))
    is_other = F.col(Transfers.sender) != F.col(Transfers.recipient)
    signer = F.coalesce(Transfers.initiator, F.when(F.col(Transfers.kind) == "native", F.col(Transfers.sender)))
    first_in = (
        timed.where(is_coin & is_enough & is_other)
        .groupBy(Transfers.chain, F.col(Transfers.recipient).alias(Trails.funded))
        .agg(F.min(F.struct(order().alias("o"), _payment().alias("p"))).alias("_first"))
    )
    first_out = (
        timed.withColumn(Trails.funded, signer)
        .where(F.col(Trails.funded).isNotNull())
        .groupBy(Transfers.chain, Trails.funded)
        .agg(F.min(order()).alias("_acted"))
    )
    before_acting = F.col("_acted").isNull() | (F.col("_first.o") < F.col("_acted"))
    joined = first_in.join(first_out, on=[Transfers.chain, Trails.funded], how="left").where(before_acting)
    return joined.select(Trails.chain, Trails.funded, "_first.p.*")


def _payment() -> Column:
    return F.struct(
        F.col(Transfers.sender).alias(Trails.reached),
        Transfers.tx_hash,
        Transfers.at,
        Transfers.amount,
        Transfers.asset,
        Transfers.source,
    )


def walked(addresses: DataFrame, funded: DataFrame, served: DataFrame, max_hops: int) -> DataFrame:
    """Up to `max_hops` rows per address and chain, ending at a service, a cycle or the depth."""
    start = addresses.select(F.col(ParticipantAddresses.address).alias(Trails.address)).distinct()
    step = start.join(funded, start[Trails.address] == funded[Trails.funded]).withColumn(
        "_path", F.array(Trails.address)
    )
    hops = []
    for hop in range(1, max_hops + 1):
        step = step.join(served, on=Trails.reached, how="left").withColumns(
            {
                Trails.hop: F.lit(hop).cast("int"),
                Trails.ended_by: F.when(F.col("_served"), F.lit("service"))
                .when(F.array_contains("_path", F.col(Trails.reached)), F.lit("cycle"))
                .when(F.lit(hop == max_hops), F.lit("depth")),
            }
        )
        hops.append(step.withColumn(Trails.kind, F.lit("first_gas")).drop("_path", "_served"))
        onward = step.where(F.col(Trails.ended_by).isNull()).select(
            Trails.chain,
            Trails.address,
            F.col(Trails.reached).alias(Trails.funded),
            F.concat("_path", F.array(Trails.reached)).alias("_path"),
        )
        step = onward.join(funded, on=[Trails.chain, Trails.funded])
    return reduce(DataFrame.unionByName, hops)


def swept(
    timed: DataFrame,
    participants: DataFrame,
    addresses: DataFrame,
    assets: Collection[str],
    links: settings.Links,
    chains: Mapping[str, settings.Chain],
) -> DataFrame:
    """The last payment above dust that an address made after its account's last action."""
    acted = addresses.join(
        participants.select(Participants.account, Participants.last_action_at), on=Participants.account
    )
    acted = acted.groupBy(F.col(ParticipantAddresses.address).alias(Trails.address)).agg(
        F.max(Participants.last_action_at).alias("_acted")
    )
    out = timed.withColumn(Trails.address, F.col(Transfers.sender)).join(acted, on=Trails.address)
    is_late = F.col(Transfers.at) > F.col("_acted")
    is_other = F.col(Transfers.sender) != F.col(Transfers.recipient)
    counts = F.col(Transfers.asset).isin(*assets) & above_dust(links, chains)
    last = (
        out.where(is_late & is_other & counts)
        .withColumn(Trails.reached, F.col(Transfers.recipient))
        .groupBy(Trails.chain, Trails.address)
        .agg(F.max(F.struct(order().alias("o"), Trails.reached, *_rest())).alias("_last"))
    )
    return last.select(
        F.lit("sweep").alias(Trails.kind),
        Trails.chain,
        Trails.address,
        F.lit(1).cast("int").alias(Trails.hop),
        F.col(Trails.address).alias(Trails.funded),
        F.col(f"_last.{Trails.reached}").alias(Trails.reached),
        *[F.col(f"_last.{name}").alias(name) for name in _rest()],
    )


def _rest() -> tuple[str, ...]:
    return (Trails.tx_hash, Trails.at, Trails.amount, Trails.asset, Trails.source)
