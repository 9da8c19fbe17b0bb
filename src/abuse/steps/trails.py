"""First funders, transfers, participants, services -> Trails: where first coins came from, and where the last went.

A trail is walked up to the funder's own funder, ending at a service, a cycle or the depth.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.funders import first_gas, merged
from abuse.steps.owned import HELD, holds, of_owner
from abuse.steps.spill import Spill
from abuse.steps.worth import listed_above_dust
from abuse.tables import FirstFunders, ParticipantAddresses, Participants, Services, Trails, Transfers


def trails(
    funders: DataFrame,
    transfers: DataFrame,
    participants: DataFrame,
    addresses: DataFrame,
    services: DataFrame,
    assets: Collection[str],
    rules: settings.Trails,
    links: settings.Links,
    chains: Mapping[str, settings.Chain],
    spill: Spill,
) -> DataFrame:
    """First-gas hops and sweep destinations of every participant's address. `funders` may come in several layers."""
    timed = transfers.where(F.col(Transfers.at).isNotNull())
    served = (
        services.select(F.col(Services.address).alias(Trails.reached)).distinct().withColumn("_served", F.lit(True))
    )
    hops = walked(addresses, funders, served, rules.max_hops, spill)
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


def walked(addresses: DataFrame, funders: DataFrame, served: DataFrame, max_hops: int, spill: Spill) -> DataFrame:
    """Up to `max_hops` rows per address and chain; none where its first coins came when it was no participant's.

    Only the rows of whoever was reached are ever joined, and each hop is written, or it would be walked again by all
    hops after it.
    """
    front = spill(starts(addresses))
    hops = []
    for _ in range(max_hops):
        paid = funding_of(front, funders)
        paid = held_then(paid) if "_held" in paid.columns else paid
        step = paid.join(served, on=Trails.reached, how="left")
        step = step.withColumns(
            {
                Trails.hop: F.col(Trails.hop) + 1,
                Trails.begun_at: F.coalesce(Trails.begun_at, Trails.at),
                Trails.kind: F.lit("first_gas"),
                Trails.ended_by: F.when(F.col("_served"), F.lit("service"))
                .when(F.array_contains("_path", F.col(Trails.reached)), F.lit("cycle"))
                .when(F.col(Trails.hop) + 1 == max_hops, F.lit("depth")),
            }
        )
        step = spill(step.drop("_served"))
        hops.append(step.drop("_path"))
        front = step.where(F.col(Trails.ended_by).isNull()).select(
            Trails.chain,
            Trails.address,
            F.col(Trails.reached).alias(Trails.funded),
            F.concat("_path", F.array(Trails.reached)).alias("_path"),
            Trails.hop,
            Trails.begun_at,
        )
    return reduce(DataFrame.unionByName, hops)


def starts(addresses: DataFrame) -> DataFrame:
    """Where trails begin: each address once, with `_held`, all of its holders' HELD."""
    start = F.col(ParticipantAddresses.address)
    holder = F.struct(*[name for name in HELD if name != ParticipantAddresses.address])
    own = addresses.groupBy(start.alias(Trails.address)).agg(F.collect_set(holder).alias("_held"))
    return own.select(
        Trails.address,
        F.col(Trails.address).alias(Trails.funded),
        F.array(Trails.address).alias("_path"),
        F.lit(0).alias(Trails.hop),  # counted in a column: with a literal Spark compiles every hop anew
        F.lit(None).cast("timestamp").alias(Trails.begun_at),
        "_held",
    )


def held_then(paid: DataFrame) -> DataFrame:
    """The first payments that came when the address was a participant's."""
    chain, at = F.col(Trails.chain), F.col(Trails.at)
    return paid.where(F.exists("_held", lambda holder: holds(holder.__getitem__, chain, at))).drop("_held")


def funding_of(front: DataFrame, funders: DataFrame) -> DataFrame:
    """The front, each row with the payment that first let its `funded` address act. At the start any chain will do."""
    key = [name for name in (Trails.chain, Trails.funded) if name in front.columns]
    named = funders.withColumnRenamed(FirstFunders.address, Trails.funded)
    reached = named.join(front.select(*key), on=key, how="left_semi")
    paid = first_gas(merged(reached.withColumnRenamed(Trails.funded, FirstFunders.address)))
    payments = paid.select(
        Trails.chain,
        F.col(FirstFunders.address).alias(Trails.funded),
        F.col(FirstFunders.funder).alias(Trails.reached),
        *_rest(),
    )
    return front.join(payments, on=key)


def swept(
    timed: DataFrame,
    participants: DataFrame,
    addresses: DataFrame,
    assets: Collection[str],
    links: settings.Links,
    chains: Mapping[str, settings.Chain],
) -> DataFrame:
    """The last payment above dust that an address made after its account's last action, while it was that account's.

    Tokens that somebody else is known to have moved are left out: a thief pulls what an approval lets him.
    """
    acted = addresses.join(
        participants.select(Participants.account, Participants.last_action_at), on=Participants.account
    )
    spells = {"_since": F.col(ParticipantAddresses.valid_from), "_until": F.col(ParticipantAddresses.valid_to)}
    done = acted.groupBy(*HELD).agg(F.max(Participants.last_action_at).alias("_acted")).withColumns(spells)
    out = of_owner(timed, done, Transfers.sender).withColumn(Trails.address, F.col(Transfers.sender))
    is_late = F.col(Transfers.at) > F.col("_acted")
    is_other = F.col(Transfers.sender) != F.col(Transfers.recipient)
    signed = F.coalesce(F.col(Transfers.initiator) == F.col(Transfers.sender), F.lit(True))
    is_own = signed | (F.col(Transfers.kind) != "token")
    counts = listed_above_dust(assets, links, chains)
    last = (
        out.where(is_late & is_other & is_own & counts)
        .withColumn(Trails.reached, F.col(Transfers.recipient))
        .groupBy(Trails.chain, Trails.address, *spells)
        .agg(F.max(F.struct(order().alias("o"), Trails.reached, *_rest())).alias("_last"))
    )
    ends = last.select(
        F.lit("sweep").alias(Trails.kind),
        Trails.chain,
        Trails.address,
        F.col(f"_last.{Trails.at}").alias(Trails.begun_at),
        F.lit(1).cast("int").alias(Trails.hop),
        F.col(Trails.address).alias(Trails.funded),
        F.col(f"_last.{Trails.reached}").alias(Trails.reached),
        *[F.col(f"_last.{name}").alias(name) for name in _rest()],
    )
    return ends.distinct()  # two who hold it at once have the same


def _rest() -> tuple[str, ...]:
    return (Trails.tx_hash, Trails.at, Trails.amount, Trails.asset, Trails.source)
