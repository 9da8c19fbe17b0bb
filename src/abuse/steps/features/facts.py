"""Slices and facts of a campaign -> one row per member: all that `cluster_features` and `events` look at."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse.steps.owned import HELD, of_owner
from abuse.steps.spill import Spill
from abuse.tables import (
    Calls,
    ClusterMembers,
    Features,
    ParticipantAddresses,
    Participants,
    Participation,
    Services,
    Trails,
    Transfers,
)

MAX_ACTS, MAX_CALLS = 300, 300
"""Acts and transactions of a member that are looked at, its first ones: more say the same again."""
SHOWN = ("at", "selector", "tip_wei", "is_ok", "is_act")
OWNER = [ParticipantAddresses.chain, ParticipantAddresses.address]
ENDS = (Transfers.recipient, Transfers.sender)


@dataclass(frozen=True)
class Known:
    """What the steps before found, and what the facts before as_of say of members: see `known`. None is absent."""

    members: DataFrame
    participants: DataFrame
    addresses: DataFrame
    features: DataFrame
    trails: DataFrame
    services: DataFrame
    participation: DataFrame
    calls: DataFrame
    """Transactions that members signed, none twice; `is_act` those that the campaign knows as an action."""
    movements: DataFrame | None
    """Transfers with a member at `_end`, recipient or sender, pair-only ones left out: only `events` looks at them."""
    precision_s: float = 0.0
    """First and last actions of participants are known to this."""

    @property
    def owners(self) -> DataFrame:
        """cluster_id, account and HELD of every member's addresses."""
        return owners_of(self.members, self.addresses)


def known(
    members: DataFrame,
    participants: DataFrame,
    addresses: DataFrame,
    features: DataFrame,
    trails: DataFrame,
    services: DataFrame,
    participation: DataFrame,
    calls: DataFrame,
    transfers: DataFrame | None,
    spill: Spill,
    precision_s: float = 0.0,
) -> Known:
    """Looks members' calls and movements up once, for all that is made of them. `participation` has the times that are
    believed; without them an act has no place in any order.
    """
    owners = spill(owners_of(members, addresses))
    own_calls = spill(members_calls(calls, participation, owners))
    ends = [moved(transfers, owners, end) for end in ENDS] if transfers is not None else []
    return Known(
        members, participants, addresses, features, trails, services, participation,
        own_calls, spill(ends[0].unionByName(ends[1])) if ends else None,
        precision_s,
    )  # fmt: skip


def owners_of(members: DataFrame, addresses: DataFrame) -> DataFrame:
    who = members.select(ClusterMembers.cluster_id, ClusterMembers.account)
    return addresses.select(ParticipantAddresses.account, *HELD).join(who, on=ClusterMembers.account)


def facts(known: Known) -> DataFrame:
    """One row per member. Lists are in order of time; what nothing is known of is empty."""
    rows = standing(known).join(acts(known), on=ClusterMembers.account, how="left")
    return rows.join(signed(known), on=ClusterMembers.account, how="left")


def standing(known: Known) -> DataFrame:
    """The same without the lists of what each did."""
    began = known.participants.select(
        Participants.account,
        F.unix_micros(Participants.first_action_at).alias("first_at"),
        F.unix_micros(Participants.last_action_at).alias("last_at"),
        Participants.num_actions,
        Participants.volume_usd,
    )
    start = known.participants.agg(F.unix_micros(F.min(Participants.first_action_at)).alias("campaign_start"))
    rows = known.members.select(ClusterMembers.cluster_id, ClusterMembers.account, ClusterMembers.num_neighbours)
    rows = rows.join(began, on=ClusterMembers.account).crossJoin(F.broadcast(start))
    rows = rows.withColumn("precision_s", F.lit(known.precision_s))
    partners = (Features.money_partners, Features.sink_partners, Features.sequence_partners)
    together = known.features.select(Features.account, Features.time_partners, Features.time_expected, *partners)
    owners = known.owners
    held = owners.groupBy("account").agg(F.sort_array(F.collect_set(ParticipantAddresses.address)).alias("addresses"))
    for found in (together, held, first_coins(known, owners), last_coins(known, owners)):
        rows = rows.join(found, on=ClusterMembers.account, how="left")
    return rows


def first_coins(known: Known, owners: DataFrame) -> DataFrame:
    """account -> who paid its first address first, when, how much, and how the trail goes on."""
    gas = of_owner(known.trails.where(F.col(Trails.kind) == "first_gas"), owners, Trails.address, Trails.begun_at)
    hop1 = F.struct(
        F.unix_micros(Trails.at).alias("funded_at"),
        F.col(Trails.tx_hash).alias("funding_tx"),
        F.col(Trails.reached).alias("funder"),
        F.col(Trails.amount).alias("funding_amount"),
        F.coalesce(F.col(Trails.ended_by) == "service", F.lit(False)).alias("funder_serves"),
    )
    whole = gas.groupBy("account", *OWNER).agg(
        F.min(F.when(F.col(Trails.hop) == 1, hop1)).alias("_first"),
        F.max(F.struct(Trails.hop, Trails.reached)).alias("_last"),
    )
    least = F.min(F.struct("_first", "_last")).alias("_least")
    return (
        whole.groupBy("account")
        .agg(least)
        .select(
            "account",
            "_least._first.*",
            F.col(f"_least._last.{Trails.hop}").cast("double").alias("hops"),
            F.col(f"_least._last.{Trails.reached}").alias("origin"),
        )
    )


def last_coins(known: Known, owners: DataFrame) -> DataFrame:
    """account -> where its coins went after the reward, when and how much."""
    gone = F.struct(
        F.unix_micros(Trails.at).alias("sunk_at"),
        F.col(Trails.reached).alias("sink"),
        F.col(Trails.amount).alias("sink_amount"),
        F.coalesce(F.col(Trails.ended_by) == "service", F.lit(False)).alias("_ends"),
    )
    swept = of_owner(known.trails.where(F.col(Trails.kind) == "sweep"), owners, Trails.address, Trails.begun_at)
    found = swept.groupBy("account").agg(F.min(gone).alias("_gone")).select("account", "_gone.*")
    deposit = known.services.where(F.col(Services.kind) == "deposit").select(Services.address).distinct()
    own = deposit.select(F.col(Services.address).alias("sink"), F.lit(True).alias("_own"))
    serves = F.col("_ends") & F.col("_own").isNull()  # a deposit address belongs to one customer
    return found.join(own, on="sink", how="left").withColumn("sink_serves", serves).drop("_ends", "_own")


def acts(known: Known) -> DataFrame:
    """account -> its campaign actions: when and which; unknown times last. Rows that sum several up say neither."""
    single = F.col(Participation.num_actions) == 1
    act = F.struct(
        F.col(Participation.at).isNull().alias("is_untimed"),
        F.unix_micros(Participation.at).alias("at"),
        F.coalesce(F.col(Participation.action), F.lit("")).alias("word"),
    )
    told = known.participation.where(single).groupBy(Participation.account)
    return told.agg(F.slice(F.sort_array(F.collect_list(act)), 1, MAX_ACTS).alias("acts"))


def signed(known: Known) -> DataFrame:
    """account -> the transactions its addresses signed."""
    call = F.struct(
        F.unix_micros(Calls.at).alias("at"), Calls.block_number, Calls.tx_index, Calls.tx_hash, Calls.selector,
        F.col(Calls.tip_wei).cast("double").alias("tip_wei"), Calls.is_ok, "is_act",
    )  # fmt: skip
    listed = known.calls.groupBy("account").agg(F.sort_array(F.collect_list(call)).alias("_calls"))
    kept = F.transform(F.slice("_calls", 1, MAX_CALLS), lambda c: F.struct(*[c[n].alias(n) for n in SHOWN]))
    return listed.select("account", kept.alias("calls"))


def members_calls(calls: DataFrame, participation: DataFrame, owners: DataFrame) -> DataFrame:
    """Calls that members signed, none twice, with cluster_id, account and whether it is an action of the campaign."""
    found = of_owner(calls, owners, Calls.caller)
    rest = [c for c in found.columns if c not in (Calls.chain, Calls.tx_hash, Calls.source, Calls.file_digest)]
    once = found.groupBy(Calls.chain, Calls.tx_hash).agg(F.min(F.struct(*rest)).alias("_least"))
    once = once.select(Calls.chain, Calls.tx_hash, "_least.*")
    hashes = participation.select(F.col(Participation.tx_hash).alias(Calls.tx_hash)).dropna().distinct()
    marked = once.join(hashes.withColumn("_act", F.lit(True)), on=Calls.tx_hash, how="left")
    return marked.withColumn("is_act", F.coalesce("_act", F.lit(False))).drop("_act")


def moved(transfers: DataFrame, owners: DataFrame, end: str) -> DataFrame:
    """Movements with a member at that end."""
    timed = transfers.where(F.col(Transfers.at).isNotNull())
    return of_owner(timed, owners, end).withColumn("_end", F.lit(end))
