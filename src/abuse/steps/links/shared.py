"""Trails -> ties through a shared funder (first_gas) or a shared destination (sweep)."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.links.ties import beginning, item, star
from abuse.steps.owned import of_owner
from abuse.tables import Participants, Trails

SHARED = ("via", Participants.account, Participants.first_action_at, "rank", "items")


def first_gas(trails: DataFrame, owners: DataFrame, rules: settings.Links) -> DataFrame:
    """Accounts whose first coins passed through one address that is no service, and that address's own account.

    Of all behind one wallet that the shared address paid, only the nearest is tied here: the wallet itself ties the
    others to it. So the links lie as the money went, a chain as a chain and a tree as a tree.
    """
    ended = F.coalesce(Trails.ended_by, F.lit("depth"))  # a trail cut at the depth still reached its last address
    hops = trails.where((F.col(Trails.kind) == "first_gas") & (ended == "depth"))
    up_to_here = (
        Window.partitionBy(Trails.chain, Trails.address)
        .orderBy(Trails.hop)
        .rowsBetween(Window.unboundedPreceding, Window.currentRow)
    )
    payments = F.collect_list(item("first_gas", Trails.reached, Trails.funded)).over(up_to_here)
    rows = _of_owner(hops.withColumn("items", payments), owners).withColumns(
        {"via": F.col(Trails.reached), "rank": F.col(Trails.hop)}
    )
    nearest = F.min(F.struct("rank", *beginning(), "items")).alias("_near")
    branches = rows.groupBy("via", Trails.funded).agg(nearest).select("via", "_near.*")
    both = branches.select(*SHARED).unionByName(_itself(branches, owners))
    return star(both, "first_gas", "money", 2, rules.max_group)


def _itself(branches: DataFrame, owners: DataFrame) -> DataFrame:
    """The account of the shared address, where it was that account's when it paid."""
    last = F.element_at("items", -1)
    paid = branches.select("via", "rank", "items", last[Trails.chain].alias(Trails.chain), last[Trails.at].alias("_at"))
    payer = of_owner(paid, owners, "via", "_at").groupBy("via", Participants.account, Participants.first_action_at)
    reached = payer.agg(F.min(F.struct("rank", "items")).alias("_one"))
    return reached.withColumns({"rank": F.lit(0), "items": F.col("_one.items")}).select(*SHARED)


def sweep(trails: DataFrame, gas: DataFrame, owners: DataFrame, rules: settings.Links) -> DataFrame:
    """Accounts whose last coins went to one address that is no service. No payment is used as first gas as well."""
    ends = trails.where((F.col(Trails.kind) == "sweep") & F.col(Trails.ended_by).isNull())
    rows = _of_owner(ends.join(gas, on=[Trails.chain, Trails.tx_hash], how="left_anti"), owners).withColumns(
        {
            "via": F.col(Trails.reached),
            "rank": F.col(Trails.hop),
            "items": F.array(item("sweep", Trails.address, Trails.reached)),
        }
    )
    return star(rows, "sweep", "sink", rules.sweep_min_accounts, rules.max_group)


def _of_owner(trails: DataFrame, owners: DataFrame) -> DataFrame:
    return of_owner(trails, owners, Trails.address, Trails.begun_at)
