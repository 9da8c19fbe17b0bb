"""Transfers, services -> ties of accounts that pay into one customer's account at an exchange.

A deposit address belongs to one customer. On chains with memos a wallet takes everybody's coins and the memo is the
customer, so there the pair of wallet and memo ties, and the wallet alone ties nobody (Victor 2020, deposit reuse).

A memo is a customer's only where it can be: it is written like a reference and not like a message; no more pay with it
than pay into a deposit address; and it is not what most of the wallet's payers write, as they would a default, for an
exchange has many customers. Where mostly others than participants pay with it, it may be a merchant's: it ties, in
doubt.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.links.history import MEMO
from abuse.steps.links.ties import item, star
from abuse.steps.owned import of_owner
from abuse.steps.worth import could_tie
from abuse.tables import ParticipantAddresses, Services, Transfers

REFERENCE = r"^(?!\d{4}-\d\d)(?=.*[1-9])(?=(?:\D*\d){3})[A-Za-z0-9_#-]+$"
"""One word with three digits, not all of them 0, and no date: exchanges number their customers."""


def deposit(
    transfers: DataFrame,
    gas: DataFrame,
    services: DataFrame,
    owners: DataFrame,
    ours: DataFrame,
    assets: Collection[str],
    rules: settings.Links,
    customers: settings.Services,
    chains: Mapping[str, settings.Chain],
) -> DataFrame:
    """The payer is who is tied, so a payment must be worth more than dust: nobody can be framed for nothing.

    No transaction of `gas`, somebody's first coins, is used as a deposit as well.
    """
    into = services.where(F.col(Services.kind).isin("deposit", "exchange")).groupBy(
        F.col(Services.address).alias(Transfers.recipient)
    )
    wallets = into.agg(F.max(F.col(Services.kind) == "deposit").alias("_is_one"))
    paid = transfers.where(could_tie(assets, rules, chains)).join(F.broadcast(wallets), on=Transfers.recipient)
    paid = paid.join(gas, on=[Transfers.chain, Transfers.tx_hash], how="left_anti")
    rows = of_owner(paid, owners, Transfers.sender)
    rows = rows.join(references(paid, ours, rules, customers), on=[Transfers.recipient, Transfers.memo], how="left")
    memo = F.concat(Transfers.recipient, F.lit(MEMO), Transfers.memo)
    is_plain = F.col("_is_one") & F.col(Transfers.memo).isNull()
    rows = rows.withColumns(
        {
            "via": F.when(F.col("doubt").isNotNull(), memo).when(is_plain, F.col(Transfers.recipient)),
            "doubt": F.coalesce("doubt", F.lit(False)),
            "rank": F.lit(1),
            "items": F.array(item("deposit", Transfers.sender, Transfers.recipient, F.col(Transfers.num_transfers))),
        }
    )
    return star(rows.where(F.col("via").isNotNull()), "deposit", "sink", rules.deposit_min_accounts, rules.max_group)


def references(paid: DataFrame, ours: DataFrame, rules: settings.Links, customers: settings.Services) -> DataFrame:
    """recipient, memo of those memos that may be one customer's; `doubt`: whether mostly others pay with it."""
    payers = paid.select(Transfers.recipient, Transfers.memo, Transfers.sender, "_is_one").dropna().distinct()
    own = ours.select(F.col(ParticipantAddresses.address).alias(Transfers.sender), F.lit(1).alias("_ours"))
    payers = payers.join(own, on=Transfers.sender, how="left")
    of_wallet = payers.groupBy(Transfers.recipient).agg(
        F.count_distinct(Transfers.sender).alias("_all"), F.max("_is_one").alias("_is_one")
    )
    of_memo = payers.groupBy(Transfers.recipient, Transfers.memo).agg(
        F.count("*").alias("_num"), F.count("_ours").alias("_own")
    )
    is_customer = F.col(Transfers.memo).rlike(REFERENCE) & (F.col("_num") <= customers.max_deposit_senders)
    is_customer &= F.col("_is_one") | (F.col("_num") <= rules.memo_max_share * F.col("_all"))
    kept = of_memo.join(of_wallet, on=Transfers.recipient).where(is_customer)
    doubt = F.col("_own") < customers.min_operator_share * F.col("_num")
    return kept.select(Transfers.recipient, Transfers.memo, doubt.alias("doubt"))
