"""Transfers -> FirstFunders: what first let each address act, and its own first act, by the exact order of movements.

First gas after Imig et al. 2025 (gas provision networks): the earliest payment that suffices for a transaction, so a
stranger's dust cannot take its place. Rows of several layers are joined by taking the least; the answer is the same in
whatever parts and order the transfers come.

A struct falls to sort aggregation in Spark, which took 16 of 20 s for 20 M transfers (measured). The least time of each
address is cheap by hashing fixed widths, and only rows of that time, about one per address, are compared exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.worth import COIN_KINDS, of_chain
from abuse.tables import FirstFunders, Transfers

Spill = Callable[[DataFrame], DataFrame]
PAID = (
    *(FirstFunders.at, FirstFunders.block_number, FirstFunders.tx_index, FirstFunders.position, FirstFunders.tx_hash),
    *(FirstFunders.funder, FirstFunders.amount, FirstFunders.asset, FirstFunders.source),
)
"""The first six are the order of movements: time, block, transaction, then native < internal < token by their place."""
ACTED = (FirstFunders.acted_at, FirstFunders.acted_block, FirstFunders.acted_index)
SEEDS = (1, 2)
"""Two hashes, 128 bits, stand for an address while the least time is sought; one alone could be made to collide."""


def first_funders(transfers: DataFrame, chains: Mapping[str, settings.Chain], spill: Spill) -> DataFrame:
    """A row for every chain and address that was ever paid, and one for each that ever signed, over all of these."""
    timed = transfers.where(F.col(Transfers.at).isNotNull())
    enough = of_chain({name: max(chain.min_first_gas, chain.dust) for name, chain in chains.items()})
    is_enough = F.col(Transfers.amount) >= enough
    is_other = F.col(Transfers.sender) != F.col(Transfers.recipient)
    paid = timed.where(F.col(Transfers.kind).isin(*COIN_KINDS) & is_enough & is_other).select(
        FirstFunders.chain,
        F.col(Transfers.recipient).alias(FirstFunders.address),
        F.col(Transfers.sender).alias(FirstFunders.funder),
        *[name for name in PAID if name != FirstFunders.funder],
    )
    signer = F.coalesce(Transfers.initiator, F.when(F.col(Transfers.kind) == "native", F.col(Transfers.sender)))
    signed = timed.where(signer.isNotNull()).select(
        FirstFunders.chain,
        signer.alias(FirstFunders.address),
        F.col(Transfers.at).alias(FirstFunders.acted_at),
        F.col(Transfers.block_number).alias(FirstFunders.acted_block),
        F.col(Transfers.tx_index).alias(FirstFunders.acted_index),
    )
    key = (FirstFunders.chain, FirstFunders.address)
    first_paid = (
        earliest(paid, FirstFunders.at, spill).repartition(*key).groupBy(*key).agg(_least(PAID).alias("_first"))
    )
    first_act = (
        earliest(signed, FirstFunders.acted_at, spill)
        .repartition(*key)
        .groupBy(*key)
        .agg(_least(ACTED).alias("_first"))
    )
    return _rows(first_paid, "paid").unionByName(_rows(first_act, "acted"))


def _rows(found: DataFrame, what: str) -> DataFrame:
    """FirstFunders rows; the columns of the other kind are empty."""
    names = PAID if what == "paid" else ACTED
    kinds = {f.name: f.dataType for f in FirstFunders.schema().fields}
    columns = [
        (F.col(f"_first.{name}") if name in names else F.lit(None).cast(kinds[name])).alias(name)
        for name in (*PAID, *ACTED)
    ]
    return found.select(FirstFunders.chain, FirstFunders.address, F.lit(what).alias(FirstFunders.what), *columns)


def earliest(rows: DataFrame, time: str, spill: Spill) -> DataFrame:
    """Every row at the least time of its chain and address."""
    micros = F.unix_micros(time)
    one, other = (F.xxhash64(F.lit(seed), FirstFunders.chain, FirstFunders.address) for seed in SEEDS)
    known = spill(rows.groupBy(one.alias("_one"), other.alias("_other")).agg(F.min(micros).alias("_least")))
    placed = rows.withColumn("_one", one).join(known, on="_one")  # one whole number is the quickest key to join by
    is_same = other.bitwiseXOR(F.col("_other")) == 0
    return placed.where(is_same & (micros <= F.col("_least"))).select(*rows.columns)


def merged(layers: DataFrame) -> DataFrame:
    """One row per chain and address: the least payment and the least act of all rows."""
    least = layers.groupBy(FirstFunders.chain, FirstFunders.address).agg(
        _least(PAID).alias("_paid"), _least(ACTED).alias("_acted")
    )
    paid = [F.col(f"_paid.{name}").alias(name) for name in PAID]
    return least.select(
        FirstFunders.chain, FirstFunders.address, *paid, *[F.col(f"_acted.{name}").alias(name) for name in ACTED]
    )


def joined(layers: DataFrame) -> DataFrame:
    """Several layers as one: again a row for the least payment and one for the least act."""
    whole = merged(layers)
    paid, acted = F.struct(*PAID).alias("_first"), F.struct(*ACTED).alias("_first")
    key = (FirstFunders.chain, FirstFunders.address)
    payments = whole.where(F.col(FirstFunders.at).isNotNull()).select(*key, paid)
    acts = whole.where(F.col(FirstFunders.acted_at).isNotNull()).select(*key, acted)
    return _rows(payments, "paid").unionByName(_rows(acts, "acted"))


def _least(names: tuple[str, ...]) -> Column:
    return F.min(F.when(F.col(names[0]).isNotNull(), F.struct(*names)))


def known_before(funders: DataFrame, as_of: Column) -> DataFrame:
    """The same as it was then. Right for any as_of: of the earliest of all, what lies before it is the earliest."""
    paid, acted = F.col(FirstFunders.at) < as_of, F.col(FirstFunders.acted_at) < as_of
    emptied = {name: F.when(paid, F.col(name)) for name in PAID} | {name: F.when(acted, F.col(name)) for name in ACTED}
    return funders.withColumns(emptied)


def first_gas(funders: DataFrame) -> DataFrame:
    """The payments that let an address act: those in a transaction before its own first one."""
    was_paid = F.struct(FirstFunders.at, FirstFunders.block_number, FirstFunders.tx_index)
    acted = F.struct(*[F.col(name) for name in ACTED[:3]])
    before = F.col(FirstFunders.acted_at).isNull() | (was_paid < acted)
    return funders.where(F.col(FirstFunders.funder).isNotNull() & before)
