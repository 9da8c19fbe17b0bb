"""Transfers -> the figures of each address's own traffic, from which services are told."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.funders import merged
from abuse.steps.worth import above_dust
from abuse.tables import FirstFunders, ParticipantAddresses, Services, Transfers

MIDDLE = (0.05, 0.95)
"""Of the first payments to each recipient, the share between which `paid_within_s` runs: stragglers do not count."""


def counting(
    transfers: DataFrame, assets: Collection[str], rules: settings.Links, chains: Mapping[str, settings.Chain]
) -> DataFrame:
    """The movements that could tie anybody. An operator could forge tokens or scatter dust to pass for a service."""
    is_pair_only = F.col(Transfers.tx_hash).isNull()
    return transfers.where(is_pair_only | (F.col(Transfers.asset).isin(*assets) & above_dust(rules, chains)))


def traffic(transfers: DataFrame, addresses: DataFrame, acted: DataFrame, funders: DataFrame) -> DataFrame:
    """Per address over all chains (one key holds it on each): how many it dealt with and how, and with whom.

    Beside the columns of Services: `takes_part`, `counterparty_share`, `num_participants_paid`, `paid_within_s`,
    `num_signers`, `num_first_funded`.
    """
    ours = addresses.select(F.col(ParticipantAddresses.address).alias("_other")).distinct()
    pairs = _pairs(transfers).join(ours.withColumn("_ours", F.lit(True)), on="_other", how="left")
    is_ours = F.coalesce(F.col("_ours"), F.lit(False))
    one_way = F.col("_paid") != F.col("_was_paid")
    counted = pairs.groupBy(Services.address).agg(
        F.min("chain").alias(Services.chain),
        F.sum(F.col("_was_paid").cast("bigint")).alias(Services.num_senders),
        F.sum(F.col("_paid").cast("bigint")).alias(Services.num_recipients),
        F.count("*").alias(Services.num_counterparties),
        F.avg(one_way.cast("double")).alias(Services.one_way_share),
        F.avg(F.when(F.col("_paid"), is_ours.cast("double"))).alias(Services.participant_share),
        F.avg(is_ours.cast("double")).alias("counterparty_share"),
    )
    whole = counted.join(payees(transfers, addresses, acted), on=Services.address, how="left")
    for more in (memos(transfers), signers(transfers), first_funded(funders)):
        whole = whole.join(more, on=Services.address, how="left")
    own = ours.select(F.col("_other").alias(Services.address), F.lit(True).alias("takes_part"))
    whole = whole.join(own, on=Services.address, how="left")
    return whole.withColumn("takes_part", F.coalesce("takes_part", F.lit(False)))


def _pairs(transfers: DataFrame) -> DataFrame:
    """(address, _other, _paid, _was_paid, chain), each pair seen from both ends."""

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
    return both.groupBy(Services.address, "_other").agg(
        F.max("_pays").alias("_paid"), F.max(~F.col("_pays")).alias("_was_paid"), F.min(Transfers.chain).alias("chain")
    )


def payees(transfers: DataFrame, addresses: DataFrame, acted: DataFrame) -> DataFrame:
    """address -> of the participants it paid: how many, how many had not acted before, and within how long."""
    ours = addresses.select(F.col(ParticipantAddresses.address).alias(Transfers.recipient)).distinct()
    timed = transfers.where(F.col(Transfers.at).isNotNull() & (F.col(Transfers.sender) != F.col(Transfers.recipient)))
    first = (
        timed.join(F.broadcast(ours), on=Transfers.recipient)
        .groupBy(Transfers.chain, Transfers.sender, Transfers.recipient)
        .agg(F.min(Transfers.at).alias("_first"))
    )
    before = acted.withColumnRenamed(FirstFunders.address, Transfers.recipient)
    seen = first.join(before, on=[Transfers.chain, Transfers.recipient], how="left")
    is_fresh = F.coalesce(F.col("_first") <= F.col(FirstFunders.acted_at), F.lit(True))
    low, high = (F.percentile(F.unix_micros("_first") / 1e6, share) for share in MIDDLE)
    return seen.groupBy(F.col(Transfers.sender).alias(Services.address)).agg(
        F.count_distinct(Transfers.recipient).alias("num_participants_paid"),
        F.avg(is_fresh.cast("double")).alias(Services.fresh_share),
        (high - low).alias("paid_within_s"),
    )


def first_funded(funders: DataFrame) -> DataFrame:
    """address -> how many addresses got their very first coins from it."""
    paid = funders.where(F.col(FirstFunders.funder).isNotNull())
    return (
        merged(paid)
        .groupBy(F.col(FirstFunders.funder).alias(Services.address))
        .agg(F.count_distinct(FirstFunders.address).alias("num_first_funded"))
    )


def memos(transfers: DataFrame) -> DataFrame:
    """address -> distinct memos it was paid with."""
    with_memo = transfers.where(F.col(Transfers.memo).isNotNull())
    return with_memo.groupBy(F.col(Transfers.recipient).alias(Services.address)).agg(
        F.count_distinct(Transfers.memo).alias(Services.num_memos)
    )


def signers(transfers: DataFrame) -> DataFrame:
    """address -> how many signed transactions in which its code paid coins on: one's own contract has one signer.

    Coins alone, for a token's contract can say anything of anyone.
    """
    by_code = transfers.where(F.col(Transfers.kind) == "internal")
    return by_code.groupBy(F.col(Transfers.sender).alias(Services.address)).agg(
        F.count_distinct(Transfers.initiator).alias("num_signers")
    )


def deposits(figures: DataFrame, transfers: DataFrame, exchanges: DataFrame, rules: settings.Services) -> DataFrame:
    """address, sends_to: outside the campaign, few payers, nearly all that leaves it goes to one exchange wallet."""
    to = F.broadcast(exchanges.select(F.col(Services.address).alias(Transfers.recipient)))
    num = F.sum(Transfers.num_transfers).alias("_n")
    out = transfers.where(F.col(Transfers.sender) != F.col(Transfers.recipient))
    onward = out.join(to, on=Transfers.recipient).groupBy(Transfers.sender, Transfers.recipient).agg(num)
    most = onward.groupBy(Transfers.sender).agg(
        F.min(F.struct((-F.col("_n")).alias("n"), Transfers.recipient)).alias("_most")
    )
    is_few = F.col(Services.num_senders).between(1, rules.max_deposit_senders)
    few = figures.where(is_few & ~F.col("takes_part"))
    few = few.select(F.col(Services.address).alias(Transfers.sender))
    candidates = most.join(few, on=Transfers.sender)
    every = out.join(candidates.select(Transfers.sender), on=Transfers.sender, how="left_semi")
    total = every.groupBy(Transfers.sender).agg(num)
    share: Column = -F.col("_most.n") / F.col("_n")
    kept = candidates.join(total, on=Transfers.sender).where(share >= rules.min_deposit_share)
    return kept.select(
        F.col(Transfers.sender).alias(Services.address), F.col(f"_most.{Transfers.recipient}").alias(Services.sends_to)
    )
