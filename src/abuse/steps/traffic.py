"""Transfers -> the figures of each address's own traffic, from which services are told.

The newcomers whom an address paid are told apart from whom else it deals with: the rest of its life changes nothing
there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.funders import first_gas, merged
from abuse.steps.worth import COIN_KINDS, could_tie
from abuse.tables import FirstFunders, ParticipantAddresses, Services, Transfers

MIDDLE = (0.05, 0.95)
"""Of the first payments to each newcomer, the share between which a span runs: stragglers do not count."""
PAID_IN = ("coins", "usd")


def counting(
    transfers: DataFrame, assets: Collection[str], rules: settings.Links, chains: Mapping[str, settings.Chain]
) -> DataFrame:
    """The movements that could tie anybody. An operator could forge tokens or scatter dust to pass for a service."""
    return transfers.where(could_tie(assets, rules, chains))


def traffic(transfers: DataFrame, addresses: DataFrame, acted: DataFrame, funders: DataFrame) -> DataFrame:
    """Per address over all chains (one key holds it on each): how many it dealt with and how, and with whom.

    Beside the columns of Services: `takes_part`, `counterparty_share`, `num_customers` (participants it paid only after
    they had paid it), `num_served` (the same of others) and within how long these came (`served_within_s`), and those
    of `payees`, `first_funded` and `signers`.
    """
    ours = addresses.select(F.col(ParticipantAddresses.address).alias("_other")).distinct()
    pairs = _pairs(transfers).join(ours.withColumn("_ours", F.lit(True)), on="_other", how="left")
    is_ours = F.coalesce(F.col("_ours"), F.lit(False))
    one_way = F.col("_paid") != F.col("_was_paid")
    bought = F.coalesce(F.col("_was_paid_at") <= F.col("_paid_at"), F.lit(False))
    served_s = F.when(bought & ~is_ours, F.unix_micros("_was_paid_at") / 1e6)
    counted = pairs.groupBy(Services.address).agg(
        F.min("chain").alias(Services.chain),
        F.sum(F.col("_was_paid").cast("bigint")).alias(Services.num_senders),
        F.sum(F.col("_paid").cast("bigint")).alias(Services.num_recipients),
        F.count("*").alias(Services.num_counterparties),
        F.avg(one_way.cast("double")).alias(Services.one_way_share),
        F.avg(F.when(F.col("_paid"), is_ours.cast("double"))).alias(Services.participant_share),
        F.avg(is_ours.cast("double")).alias("counterparty_share"),
        F.count_if(bought & is_ours).alias("num_customers"),
        F.count(served_s).alias("num_served"),
        (F.max(served_s) - F.min(served_s)).alias("served_within_s"),
    )
    whole = counted.join(payees(transfers, addresses, acted), on=Services.address, how="left")
    for more in (memos(transfers), signers(transfers), first_funded(first_gas(merged(funders)), addresses)):
        whole = whole.join(more, on=Services.address, how="left")
    own = ours.select(F.col("_other").alias(Services.address), F.lit(True).alias("takes_part"))
    whole = whole.join(own, on=Services.address, how="left")
    return whole.withColumn("takes_part", F.coalesce("takes_part", F.lit(False)))


def _pairs(transfers: DataFrame) -> DataFrame:
    """(address, _other, chain), whether it _paid and _was_paid, and when first; each pair seen from both ends."""

    def side(own: str, other: str, pays: bool) -> DataFrame:
        return transfers.where(F.col(own) != F.col(other)).select(
            F.col(own).alias(Services.address),
            F.col(other).alias("_other"),
            F.lit(pays).alias("_pays"),
            Transfers.chain,
            Transfers.at,
        )

    both = side(Transfers.sender, Transfers.recipient, True).unionByName(
        side(Transfers.recipient, Transfers.sender, False)
    )
    return both.groupBy(Services.address, "_other").agg(
        F.max("_pays").alias("_paid"),
        F.max(~F.col("_pays")).alias("_was_paid"),
        F.min(Transfers.chain).alias("chain"),
        F.min(F.when(F.col("_pays"), F.col(Transfers.at))).alias("_paid_at"),
        F.min(F.when(~F.col("_pays"), F.col(Transfers.at))).alias("_was_paid_at"),
    )


def payees(transfers: DataFrame, addresses: DataFrame, acted: DataFrame) -> DataFrame:
    """address -> of the participants it paid: how many, and how many had not acted before.

    Of these newcomers: how many, within how long it first paid them, and for how long it went on paying each; and what
    they and the others got, in coins and in tokens' dollars. The last three are medians.
    """
    before = acted.withColumnRenamed(FirstFunders.address, Transfers.recipient)
    first = _paid_participants(transfers, addresses)
    seen = first.join(before, on=[Transfers.chain, Transfers.recipient], how="left")
    is_fresh = F.coalesce(F.col("_first") <= F.col(FirstFunders.acted_at), F.lit(True))
    seen = seen.withColumn("_fresh", is_fresh)
    fresh, first_s = F.col("_fresh"), F.unix_micros("_first") / 1e6
    low, high = (F.percentile(F.when(fresh, first_s), share) for share in MIDDLE)
    served_s = F.unix_micros("_last") / 1e6 - first_s
    return seen.groupBy(Services.address).agg(
        F.count_distinct(Transfers.recipient).alias("num_participants_paid"),
        F.avg(fresh.cast("double")).alias(Services.fresh_share),
        F.count_distinct(F.when(fresh, F.col(Transfers.recipient))).alias("num_newcomers"),
        (high - low).alias("newcomers_within_s"),
        F.median(F.when(fresh, served_s)).alias("newcomers_served_s"),
        *[F.median(F.when(fresh, F.col(f"_{what}"))).alias(f"newcomers_{what}") for what in PAID_IN],
        *[F.median(F.when(~fresh, F.col(f"_{what}"))).alias(f"others_{what}") for what in PAID_IN],
    )


def _paid_participants(transfers: DataFrame, addresses: DataFrame) -> DataFrame:
    """(address, chain, recipient) -> `_first` and `_last` payment, `_coins` and `_usd` in all.

    What its transactions had a contract pay on is its own payment too, as well as the contract's.
    """
    ours = addresses.select(F.col(ParticipantAddresses.address).alias(Transfers.recipient)).distinct()
    timed = transfers.where(F.col(Transfers.at).isNotNull() & (F.col(Transfers.sender) != F.col(Transfers.recipient)))
    both = F.array_distinct(F.array_compact(F.array(Transfers.sender, Transfers.initiator)))
    paid = timed.join(F.broadcast(ours), on=Transfers.recipient).withColumn(Services.address, F.explode(both))
    is_coin = F.col(Transfers.kind).isin(*COIN_KINDS)
    return (
        paid.where(F.col(Services.address) != F.col(Transfers.recipient))
        .groupBy(Services.address, Transfers.chain, Transfers.recipient)
        .agg(
            F.min(Transfers.at).alias("_first"),
            F.max(Transfers.at).alias("_last"),
            F.sum(F.when(is_coin, F.col(Transfers.amount))).alias("_coins"),
            F.sum(F.when(~is_coin, F.col(Transfers.amount_usd))).alias("_usd"),
        )
    )


def first_funded(firsts: DataFrame, addresses: DataFrame) -> DataFrame:
    """address -> how many had their very first coins from it; of those outside the campaign, how many first funded
    somebody in turn, as wallets between an operator and its accounts do, and how many nobody (`num_idle`).
    """
    ours = addresses.select(F.col(ParticipantAddresses.address).alias(FirstFunders.address)).distinct()
    paid = firsts.select(FirstFunders.funder, FirstFunders.address).distinct()
    funding = paid.select(F.col(FirstFunders.funder).alias(FirstFunders.address)).distinct()
    seen = paid.join(ours.withColumn("_ours", F.lit(True)), on=FirstFunders.address, how="left")
    seen = seen.join(funding.withColumn("_funds", F.lit(True)), on=FirstFunders.address, how="left")
    is_outside = F.col("_ours").isNull()
    return seen.groupBy(F.col(FirstFunders.funder).alias(Services.address)).agg(
        F.count("*").alias("num_first_funded"),
        F.count_if(is_outside & F.col("_funds")).alias("num_between"),
        F.count_if(is_outside & F.col("_funds").isNull()).alias("num_idle"),
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
    """address, sends_to: outside the campaign, few payers, nearly all that leaves it goes to one exchange wallet.

    A customer's deposit address funds nobody but, now and then, the exchange's own wallet.
    """
    to = F.broadcast(exchanges.select(F.col(Services.address).alias(Transfers.recipient)))
    num = F.sum(Transfers.num_transfers).alias("_n")
    out = transfers.where(F.col(Transfers.sender) != F.col(Transfers.recipient))
    onward = out.join(to, on=Transfers.recipient).groupBy(Transfers.sender, Transfers.recipient).agg(num)
    most = onward.groupBy(Transfers.sender).agg(
        F.min(F.struct((-F.col("_n")).alias("n"), Transfers.recipient)).alias("_most")
    )
    is_few = F.col(Services.num_senders).between(1, rules.max_deposit_senders)
    none, one = (F.coalesce(F.col(name), F.lit(0)) for name in ("num_newcomers", "num_between"))
    few = figures.where(is_few & ~F.col("takes_part") & (none == 0) & (one <= 1))
    few = few.select(F.col(Services.address).alias(Transfers.sender))
    candidates = most.join(few, on=Transfers.sender)
    every = out.join(candidates.select(Transfers.sender), on=Transfers.sender, how="left_semi")
    total = every.groupBy(Transfers.sender).agg(num)
    share: Column = -F.col("_most.n") / F.col("_n")
    kept = candidates.join(total, on=Transfers.sender).where(share >= rules.min_deposit_share)
    return kept.select(
        F.col(Transfers.sender).alias(Services.address), F.col(f"_most.{Transfers.recipient}").alias(Services.sends_to)
    )
