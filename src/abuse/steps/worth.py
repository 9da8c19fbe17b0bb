"""Whether a movement is worth more than dust."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

from abuse import settings
from abuse.tables import Transfers

COIN_KINDS = ("native", "internal")


def of_chain(values: Mapping[str, float]) -> Column:
    """The value of the row's chain, empty for an unknown one. Chains mostly agree, so this beats looking up a map."""
    names: dict[float, list[str]] = {}
    for name, value in values.items():
        names.setdefault(value, []).append(name)
    (value, of), *rest = sorted(names.items(), key=lambda item: -len(item[1]))
    found = F.when(F.col(Transfers.chain).isin(of), F.lit(value))
    for value, of in rest:
        found = found.when(F.col(Transfers.chain).isin(of), F.lit(value))
    return found


def above_dust(rules: settings.Links, chains: Mapping[str, settings.Chain]) -> Column:
    """Coins by the chain's dust level, tokens by their price; an asset without a price never is."""
    dust = of_chain({name: chain.dust for name, chain in chains.items()})
    is_coin = F.col(Transfers.kind).isin(*COIN_KINDS)
    coins = F.col(Transfers.amount) >= dust
    tokens = F.col(Transfers.amount_usd) >= rules.token_dust_usd
    return F.coalesce(F.when(is_coin, coins).otherwise(tokens), F.lit(False))
