"""Trails, transfers, services, participants -> Links: typed reasons to tie two accounts. One file per kind."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.links.direct import direct
from abuse.steps.links.disperse import disperse
from abuse.steps.links.shared import first_gas, sweep
from abuse.steps.links.ties import as_links
from abuse.tables import ParticipantAddresses, Participants, Services, Transfers


def links(
    trails: DataFrame,
    transfers: DataFrame,
    services: DataFrame,
    participants: DataFrame,
    addresses: DataFrame,
    assets: Collection[str],
    rules: settings.Links,
    chains: Mapping[str, settings.Chain],
) -> DataFrame:
    """One row per pair of accounts and kind of link; src sorts before dst."""
    served = services.select(Services.address).distinct()
    born = participants.select(Participants.account, Participants.first_action_at)
    owners = (
        addresses.join(served, on=Services.address, how="left_anti")
        .select(ParticipantAddresses.account, ParticipantAddresses.address)
        .distinct()
        .join(born, on=Participants.account)
    )
    sinks = sweep(trails, owners, rules)
    spent = sinks.select(F.col("item.chain").alias(Transfers.chain), F.col("item.tx_hash").alias(Transfers.tx_hash))
    unspent = transfers.join(spent.distinct(), on=[Transfers.chain, Transfers.tx_hash], how="left_anti")
    kinds = [
        first_gas(trails, owners, rules),
        disperse(unspent, served, owners, assets, rules, chains),
        direct(unspent, owners, assets, rules, chains),
        sinks,
    ]
    every = kinds[0].unionByName(kinds[1]).unionByName(kinds[2]).unionByName(kinds[3])
    return as_links(every, rules.num_evidence).where(F.col("src") != F.col("dst"))
