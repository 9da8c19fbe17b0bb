"""Whether a movement is worth more than dust."""

from __future__ import annotations

from collections.abc import Collection, Mapping

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


def listed_above_dust(assets: Collection[str], rules: settings.Links, chains: Mapping[str, settings.Chain]) -> Column:
    """Whether a movement is of an asset that may link accounts, and worth more than dust."""
    return F.col(Transfers.asset).isin(*assets) & above_dust(rules, chains)


def could_tie(assets: Collection[str], rules: settings.Links, chains: Mapping[str, settings.Chain]) -> Column:
    """The same; of a pair-only source, which says no asset and no amount, every row."""
    return F.col(Transfers.tx_hash).isNull() | listed_above_dust(assets, rules, chains)


def pays_first_gas(chains: Mapping[str, settings.Chain]) -> Column:
    """Whether a movement of coins is enough for its recipient's first transaction, and no dust."""
    enough = of_chain({name: max(chain.min_first_gas, chain.dust) for name, chain in chains.items()})
    return F.col(Transfers.kind).isin(*COIN_KINDS) & (F.col(Transfers.amount) >= enough)
