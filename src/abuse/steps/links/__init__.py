"""Trails, transfers, services, participants -> Links: typed reasons to tie two accounts. One file per kind."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.links.co_activity import co_activity
from abuse.steps.links.counterparty import counterparty
from abuse.steps.links.deposit import deposit
from abuse.steps.links.direct import direct
from abuse.steps.links.disperse import disperse
from abuse.steps.links.history import with_history
from abuse.steps.links.shared import first_gas, sweep
from abuse.steps.links.ties import as_links
from abuse.steps.owned import HELD
from abuse.steps.spill import Spill, unspilled
from abuse.tables import Links, ParticipantAddresses, Participants, Services, Trails, Transfers

TX = [Transfers.chain, Transfers.tx_hash]


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
    customers: settings.Services | None = None,
    scoped: Collection[str] = (),
    has_pairs: bool = True,
    spill: Spill = unspilled,
) -> DataFrame:
    """One row per pair of accounts and kind of link; src sorts before dst.

    Without `participation` (no source names actions) and pair-only transfers, their kinds are not even planned: on a
    small campaign planning is most of the time. `scoped`: sources that hold the transactions of participants alone.
    """
    served = services.select(Services.address).distinct()
    owners = spill(owners_of(addresses, served, participants))
    gas = trails.where(F.col(Trails.kind) == "first_gas").select(*TX).distinct()
    ours = addresses.select(ParticipantAddresses.address).distinct()
    paid_in = deposit(transfers, gas, services, owners, ours, assets, rules, customers or settings.Services(), chains)
    sinks = spill(sweep(trails, gas, owners, rules).unionByName(paid_in))
    kinds = [sinks, first_gas(trails, owners, rules)]
    kinds += payments(without_spent(transfers, sinks), served, owners, acted, assets, rules, chains)
    if has_pairs:
        kinds.append(counterparty(transfers, served, owners, rules))
    paid = spill(reduce(DataFrame.unionByName, kinds))
    moved = paid.select(F.col("item.tx_hash").alias("_moved")).dropna().distinct()
    every = with_history(paid, trails, transfers, ours, scoped, rules, spill)
    if participation is not None:
        acts = co_activity(participation, participants, moved, rules)
        every = every.unionByName(acts.withColumn(Links.is_known, F.lit(True)))
    found = as_links(every, rules.num_evidence).where(F.col(Links.src) != F.col(Links.dst))
    return with_beginnings(found, participants, moved)


def without_spent(transfers: DataFrame, sinks: DataFrame) -> DataFrame:
    """Transfers but for those of transactions that show a common destination.

    No transaction is evidence of two kinds, which is settled here, where all of a tie's movements are still there.
    """
    spent = sinks.select(*[F.col(f"item.{name}").alias(name) for name in TX])
    return transfers.join(spent.distinct(), on=TX, how="left_anti")


def payments(
    transfers: DataFrame,
    served: DataFrame,
    owners: DataFrame,
    acted: DataFrame,
    assets: Collection[str],
    rules: settings.Links,
    chains: Mapping[str, settings.Chain],
) -> list[DataFrame]:
    """The ties by what one paid many, and by what one paid another."""
    many = disperse(transfers, served, owners, acted, assets, rules, chains)
    return [many, direct(transfers, owners, assets, rules, chains)]


def owners_of(addresses: DataFrame, served: DataFrame, participants: DataFrame) -> DataFrame:
    """Account, first action and HELD of every address that serves nobody else."""
    born = participants.select(Participants.account, Participants.first_action_at)
    own = addresses.join(served, on=Services.address, how="left_anti")
    return own.select(ParticipantAddresses.account, *HELD).distinct().join(born, on=Participants.account)


def with_beginnings(found: DataFrame, participants: DataFrame, moved: DataFrame) -> DataFrame:
    """`begun_by_payment`: whoever pays for others, or enrols them, can make both their links and their beginnings."""
    began = participants.join(moved, F.col(Participants.first_tx_hash) == F.col("_moved"), "left_semi")
    for end in (Links.src, Links.dst):
        account = F.col(Participants.account)
        found = found.join(began.select(account.alias(end), account.alias(f"_{end}")), on=end, how="left")
    both = F.array_compact(F.array(f"_{Links.src}", f"_{Links.dst}"))
    return found.withColumn(Links.begun_by_payment, both).drop(f"_{Links.src}", f"_{Links.dst}")
