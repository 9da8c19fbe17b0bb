"""Which movements count: those that could tie somebody, or be somebody's first coins. The rest says nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.worth import could_tie, pays_first_gas
from abuse.tables import Transfers


def counts(assets: Collection[str], rules: settings.Links, chains: Mapping[str, settings.Chain]) -> Column:
    """Of a row of Transfers. Pairs say no amount, so all of them count."""
    return F.coalesce(could_tie(assets, rules, chains) | pays_first_gas(chains), F.lit(False))


def asset_figures(
    transfers: DataFrame, assets: Collection[str], rules: settings.Links, chains: Mapping[str, settings.Chain]
) -> DataFrame:
    """asset, is_listed, rows, counting, and why the others do not. Assets that the campaign does not list are one."""
    is_listed = F.col(Transfers.asset).isin(*assets)
    name = F.when(F.col(Transfers.tx_hash).isNull(), F.lit("pairs")).when(is_listed, F.col(Transfers.asset))
    does = counts(assets, rules, chains)
    no_decimals = F.col(Transfers.amount).isNull()
    is_token = F.col(Transfers.kind) == "token"
    no_price = ~no_decimals & is_token & F.col(Transfers.amount_usd).isNull()
    return (
        transfers.groupBy(F.coalesce(name, F.lit("not listed")).alias("asset"))
        .agg(
            F.coalesce(F.max(is_listed), F.lit(False)).alias("is_listed"),
            F.count("*").alias("rows"),
            F.count_if(does).alias("counting"),
            F.count_if(~does & no_decimals).alias("without_decimals"),
            F.count_if(~does & no_price).alias("without_price"),
            F.count_if(~does & ~no_decimals & ~no_price).alias("dust"),
        )
        .orderBy("asset")
    )
