"""Pair-only transfers -> ties of accounts that began together and dealt with one address outside the campaign.

Without times and amounts nobody can say who funded whom, so a shared counterparty alone ties nobody: those who dealt
with it must be known to have begun within an hour of each other. The link is chosen by time, so it is never counted as
money beside evidence of time.
"""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.links.ties import item
from abuse.steps.owned import of_owner
from abuse.tables import Links, ParticipantAddresses, Participants, Transfers


def counterparty(transfers: DataFrame, served: DataFrame, owners: DataFrame, rules: settings.Links) -> DataFrame:
    """Each account tied to the one that began before it, of those that dealt with the same address."""
    pairs = transfers.where(F.col(Transfers.tx_hash).isNull())
    dealt = _seen_from(pairs, Transfers.sender, Transfers.recipient, owners).unionByName(
        _seen_from(pairs, Transfers.recipient, Transfers.sender, owners)
    )
    outside = dealt.join(owners.select(F.col(ParticipantAddresses.address).alias("via")).distinct(), "via", "left_anti")
    outside = outside.join(served.select(F.col(ParticipantAddresses.address).alias("via")), "via", "left_anti")
    timed = outside.where(F.col(Participants.first_action_at).isNotNull())
    once = timed.groupBy("via", Participants.account, Participants.first_action_at).agg(F.min("item").alias("item"))
    by_time = Window.partitionBy("via").orderBy(Participants.first_action_at, Participants.account)
    near = once.withColumns(
        {"_before": F.lag(F.struct(Participants.first_action_at, Participants.account, "item")).over(by_time)}
    )
    gap_s = (F.unix_micros(Participants.first_action_at) - F.unix_micros("_before.first_action_at")) / 1e6
    tied = near.where(gap_s <= rules.counterparty_window_s)
    both = F.explode(F.array("_before.item", "item")).alias("item")
    return tied.select(
        F.lit("counterparty").alias(Links.kind),
        F.lit("money").alias(Links.evidence_kind),
        F.col("_before.account").alias("a"),
        F.col(Participants.account).alias("b"),
        "via",
        F.lit(1).alias("rank"),
        F.lit(False).alias("doubt"),
        both,
    )


def _seen_from(pairs: DataFrame, own: str, other: str, owners: DataFrame) -> DataFrame:
    """via, account, first_action_at, item of every row whose `own` end takes part."""
    ours = of_owner(pairs, owners, own)
    shown = item("counterparty", Transfers.sender, Transfers.recipient, F.col(Transfers.num_transfers))
    return ours.select(
        F.col(other).alias("via"), Participants.account, Participants.first_action_at, shown.alias("item")
    )
