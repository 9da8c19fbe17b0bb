"""Participation, account_addresses, transfers -> Participants, ParticipantAddresses."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse.tables import AccountAddresses, ParticipantAddresses, Participants, Participation, Transfers


def participants(participation: DataFrame) -> DataFrame:
    """One row per account; sums are exact because they are made in decimals."""
    first = F.min(F.struct(Participation.at, Participation.position, Participation.tx_hash))
    return (
        participation.groupBy(Participation.account)
        .agg(
            first.alias("_first"),
            F.max(Participation.at).alias(Participants.last_action_at),
            F.sum(Participation.num_actions).alias(Participants.num_actions),
            F.sum(F.col(Participation.volume_usd).cast("decimal(38,6)")).cast("double").alias(Participants.volume_usd),
            F.sum(F.col(Participation.reward).cast("decimal(38,6)")).cast("double").alias(Participants.reward),
        )
        .withColumns(
            {
                Participants.first_action_at: F.col(f"_first.{Participation.at}"),
                Participants.first_tx_hash: F.col(f"_first.{Participation.tx_hash}"),
            }
        )
    )


def participant_addresses(
    participants: DataFrame, account_addresses: DataFrame, transfers: DataFrame, chain: str
) -> DataFrame:
    """The addresses a source gives an account; without one for it, the account itself is its address."""
    given = account_addresses.select(
        AccountAddresses.account, AccountAddresses.chain, AccountAddresses.address
    ).distinct()
    own = participants.select(Participants.account).join(given, on=Participants.account, how="left_anti")
    itself = own.select(
        Participants.account,
        F.lit(chain).alias(ParticipantAddresses.chain),
        F.col(Participants.account).alias(ParticipantAddresses.address),
    )
    theirs = given.join(participants.select(Participants.account), on=Participants.account)
    whole = theirs.unionByName(itself)
    ours = F.broadcast(whole.select(ParticipantAddresses.address).distinct())
    ends = [
        transfers.select(F.col(end).alias(ParticipantAddresses.address)).join(
            ours, ParticipantAddresses.address, "left_semi"
        )
        for end in (Transfers.sender, Transfers.recipient)
    ]
    known = ends[0].unionByName(ends[1]).distinct().withColumn(ParticipantAddresses.has_transfers, F.lit(True))
    joined = whole.join(known, on=ParticipantAddresses.address, how="left")
    return joined.withColumn(
        ParticipantAddresses.has_transfers, F.coalesce(ParticipantAddresses.has_transfers, F.lit(False))
    )
