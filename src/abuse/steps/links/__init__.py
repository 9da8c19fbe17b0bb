"""Trails, transfers, services, participants -> Links: typed reasons to tie two accounts. One file per kind."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import reduce

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.links.co_activity import co_activity
from abuse.steps.links.counterparty import counterparty
from abuse.steps.links.deposit import deposit
from abuse.steps.links.direct import direct
from abuse.steps.links.disperse import disperse
from abuse.steps.links.shared import first_gas, sweep
from abuse.steps.links.ties import as_links
from abuse.tables import Links, ParticipantAddresses, Participants, Services, Transfers


def links(
    trails: DataFrame,
    transfers: DataFrame,
    services: DataFrame,
    participants: DataFrame,
    addresses: DataFrame,
    acted: DataFrame,
    participation: DataFrame | None,
    assets: Collection[str],
    rules: settings.Links,
    chains: Mapping[str, settings.Chain],
    *,
    has_pairs: bool = True,
) -> DataFrame:
    """One row per pair of accounts and kind of link; src sorts before dst.

    Without `participation` (no source names actions) and pair-only transfers, their kinds are not even planned: on a
    small campaign planning is most of the time.
    """
    served = services.select(Services.address).distinct()
    owners = owners_of(addresses, served, participants)
    sinks = sweep(trails, owners, rules).unionByName(deposit(transfers, services, owners, assets, rules, chains))
    spent = sinks.select(F.col("item.chain").alias(Transfers.chain), F.col("item.tx_hash").alias(Transfers.tx_hash))
    unspent = transfers.join(spent.distinct(), on=[Transfers.chain, Transfers.tx_hash], how="left_anti")
    kinds = [
        first_gas(trails, owners, rules),
        disperse(unspent, served, owners, acted, assets, rules, chains),
        direct(unspent, owners, assets, rules, chains),
        sinks,
    ]
    if has_pairs:
        kinds.append(counterparty(transfers, served, owners, rules))
    every = reduce(DataFrame.unionByName, kinds)
    if participation is not None:
        every = on_own_acts(every.unionByName(co_activity(participation, participants, rules)))
    return as_links(every, rules.num_evidence).where(F.col("src") != F.col("dst"))


def owners_of(addresses: DataFrame, served: DataFrame, participants: DataFrame) -> DataFrame:
    """(account, address, first_action_at) of every address that serves nobody else."""
    born = participants.select(Participants.account, Participants.first_action_at)
    own = addresses.join(served, on=Services.address, how="left_anti")
    own = own.select(ParticipantAddresses.account, ParticipantAddresses.address).distinct()
    return own.join(born, on=Participants.account)


def on_own_acts(ties: DataFrame) -> DataFrame:
    """Without the acts of a sequence that moved the money of another tie: two kinds never rest on one transaction."""
    is_sequence = F.col(Links.kind) == "co_activity"
    in_tx = Window.partitionBy(F.coalesce(F.col("item.tx_hash"), F.concat_ws("|", "a", "b")))
    is_money_too = F.max(F.when(~is_sequence, F.col("item.tx_hash"))).over(in_tx).isNotNull()
    return ties.withColumn("_twice", is_sequence & is_money_too).where(~F.col("_twice")).drop("_twice")
