"""Whether a movement is worth more than dust."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

from abuse import settings
from abuse.tables import Transfers

COIN_KINDS = ("native", "internal")


def above_dust(rules: settings.Links, chains: Mapping[str, settings.Chain]) -> Column:
    """Coins by the chain's dust level, tokens by their price; an asset without a price never is."""
    dust = F.create_map(*[F.lit(x) for name, chain in chains.items() for x in (name, chain.dust)])
    is_coin = F.col(Transfers.kind).isin(*COIN_KINDS)
    coins = F.col(Transfers.amount) >= F.try_element_at(dust, F.col(Transfers.chain))
    tokens = F.col(Transfers.amount_usd) >= rules.token_dust_usd
    return F.coalesce(F.when(is_coin, coins).otherwise(tokens), F.lit(False))
