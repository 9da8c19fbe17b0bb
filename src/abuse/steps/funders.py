"""Transfers -> FirstFunders: what first let each address act, and its own first act, by the exact order of movements.

First gas after Imig et al. 2025 (gas provision networks): the earliest payment that suffices for a transaction, so a
stranger's dust cannot take its place. Rows of several layers are joined by taking the least; the answer is the same in
whatever parts and order the transfers come.

A struct falls to sort aggregation in Spark, which took 16 of 20 s for 20 M transfers (measured). The earliest third of
payments settles most addresses: their least times are found by hashing fixed widths, and what is compared exactly are
the rows of those times and the few later rows of addresses not seen before. An act's place is one whole number, which
is hashed too. Whatever the order of the rows, the answer is the same; only the speed is not.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.spill import Spill
from abuse.steps.worth import pays_first_gas
from abuse.tables import FirstFunders, Transfers

PAID = (
    *(FirstFunders.at, FirstFunders.block_number, FirstFunders.tx_index, FirstFunders.position, FirstFunders.tx_hash),
    *(FirstFunders.funder, FirstFunders.amount, FirstFunders.asset, FirstFunders.source),
)
"""The first six are the order of movements: time, block, transaction, then native < internal < token by their place."""
ACTED = (FirstFunders.acted_at, FirstFunders.acted_block, FirstFunders.acted_index)
SEEDS = (1, 2)
"""Two hashes, 128 bits, stand for an address while the least time is sought; one alone could be made to collide."""
EARLY = 0.3
"""Share of rows that come first: with .2 more addresses are left for later, with .5 more is hashed (20 M transfers)."""
MOST_BLOCKS, MOST_INDEXES = 9_000_000_000, 999_999_999
"""Beyond any chain's; acts of one instant are not told apart there."""
INDEXES, PLACES = 10**9, 10**19
"""An act's place as a number: microseconds, then ten digits of block and nine of index, 36 digits in all."""


def first_funders(transfers: DataFrame, chains: Mapping[str, settings.Chain], spill: Spill) -> DataFrame:
    """A row for every chain and address that was ever paid, and one for each that ever signed, over all of these."""
    timed = transfers.where(F.col(Transfers.at).isNotNull())
    is_other = F.col(Transfers.sender) != F.col(Transfers.recipient)
    paid = timed.where(pays_first_gas(chains) & is_other).select(
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
    settled = timed.agg(F.percentile_approx(F.unix_micros(Transfers.at), EARLY, 100)).first()
    until = F.timestamp_micros(F.lit(settled[0] if settled and settled[0] is not None else 0))
    return _rows(first_payments(paid, until, spill), "paid").unionByName(_rows(first_acts(signed), "acted"))


def _rows(found: DataFrame, what: str) -> DataFrame:
    """FirstFunders rows; the columns of the other kind are empty."""
    names = PAID if what == "paid" else ACTED
    kinds = {f.name: f.dataType for f in FirstFunders.schema().fields}
    columns = [
        (F.col(f"_first.{name}") if name in names else F.lit(None).cast(kinds[name])).alias(name)
        for name in (*PAID, *ACTED)
    ]
    return found.select(FirstFunders.chain, FirstFunders.address, F.lit(what).alias(FirstFunders.what), *columns)


def first_payments(paid: DataFrame, until: Column, spill: Spill) -> DataFrame:
    """chain, address -> `_first`: the least payment. Rows up to `until` come first, the rest only for who has none."""
    one, other = (F.xxhash64(F.lit(seed), FirstFunders.chain, FirstFunders.address) for seed in SEEDS)
    keyed = paid.withColumn("_one", one)  # one whole number is the quickest key to join by
    early, late = keyed.where(F.col(FirstFunders.at) <= until), keyed.where(F.col(FirstFunders.at) > until)
    micros = F.unix_micros(FirstFunders.at)
    known = spill(early.groupBy("_one", other.alias("_other")).agg(F.min(micros).alias("_least")))
    known = known.withColumnRenamed("_one", "_known")
    is_same = (F.col("_one") == F.col("_known")) & (other.bitwiseXOR(F.col("_other")) == 0)
    firsts = early.join(known, is_same).where(micros <= F.col("_least")).select(*paid.columns)
    is_seen = is_same & (micros > F.col("_least"))  # it is; so both joins read one broadcast of the same columns
    others = late.join(known, is_seen, how="left_anti").select(*paid.columns)
    # by address first: the name of a chain tells nobody apart
    key = (FirstFunders.address, FirstFunders.chain)
    return firsts.unionByName(others).repartition(*key).groupBy(*key).agg(_least(PAID).alias("_first"))


def first_acts(signed: DataFrame) -> DataFrame:
    """chain, address -> `_first`: the least act. What is unknown comes first, as in a struct."""
    at, block, index = (F.col(name) for name in ACTED)
    block = F.least(F.coalesce(block + 1, F.lit(0)), F.lit(MOST_BLOCKS))
    index = F.least(F.coalesce(index + 1, F.lit(0)), F.lit(MOST_INDEXES))
    within = (block * INDEXES + index).cast("decimal(19,0)")
    place = F.unix_micros(at).cast("decimal(17,0)") * F.expr(str(PLACES)) + within
    least = signed.groupBy(FirstFunders.address, FirstFunders.chain).agg(F.min(place).alias("_place"))
    rest = F.pmod("_place", F.expr(str(PLACES)))
    micros = ((F.col("_place") - rest) / F.expr(str(PLACES))).cast("bigint")
    block, index = (F.floor(rest / INDEXES)).cast("bigint"), F.pmod(rest, F.lit(INDEXES)).cast("bigint")
    first = F.struct(
        F.timestamp_micros(micros).alias(FirstFunders.acted_at),
        F.when(block > 0, block - 1).alias(FirstFunders.acted_block),
        F.when(index > 0, index - 1).alias(FirstFunders.acted_index),
    )
    return least.select(FirstFunders.chain, FirstFunders.address, first.alias("_first"))


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
