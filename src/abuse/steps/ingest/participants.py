"""Participation, account_addresses, transfers -> Participants, ParticipantAddresses."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse.steps.ingest.stamps import Times, believed
from abuse.steps.owned import HELD, of_owner
from abuse.tables import AccountAddresses, ParticipantAddresses, Participants, Participation, Transfers

ALL_BELIEVED = Times()


def participants(participation: DataFrame, times: Times = ALL_BELIEVED) -> DataFrame:
    """One row per account; sums are exact because they are made in decimals.

    Who has an earlier time that is not believed began at an unknown one. A row without any time, as of a mere list,
    says nothing of when.
    """
    is_known, is_timed = believed(times), F.col(Participation.at).isNotNull()
    told = (Participation.at, Participation.position, Participation.tx_hash, is_known.alias("known"))
    first = F.min(F.when(is_timed, F.struct(*told)))
    begun = F.when(F.col("_first.known"), F.col("_first"))
    return (
        participation.groupBy(Participation.account)
        .agg(
            first.alias("_first"),
            F.max(F.when(is_known, F.col(Participation.at))).alias(Participants.last_action_at),
            F.sum(Participation.num_actions).alias(Participants.num_actions),
            F.sum(F.col(Participation.volume_usd).cast("decimal(38,6)")).cast("double").alias(Participants.volume_usd),
            F.sum(F.col(Participation.reward).cast("decimal(38,6)")).cast("double").alias(Participants.reward),
            exact_sum(Participation.reward_exact).alias(Participants.reward_exact),
            F.min(Participation.account_as_given).alias(Participants.account_as_given),
        )
        .withColumns(
            {
                Participants.first_action_at: begun[Participation.at],
                Participants.first_tx_hash: begun[Participation.tx_hash],
            }
        )
    )


def exact_sum(name: str) -> Column:
    """Of numbers written as text, as such text: no digit is lost, of up to 28 behind the point."""
    whole = F.regexp_extract(name, r"^(\d+)", 1).try_cast("decimal(38,0)")
    behind = F.concat(F.lit("0."), F.regexp_extract(name, r"\.(\d{1,28})", 1)).try_cast("decimal(36,28)")
    fractions = F.coalesce(F.try_sum(behind), F.lit(0)).cast("decimal(36,28)")
    carried = F.floor(fractions).cast("decimal(8,0)")
    rest = F.regexp_extract((fractions - carried).cast("string"), r"^0?\.(\d*?)0*$", 1)
    total = (F.try_sum(whole) + carried).cast("decimal(38,0)").cast("string")
    return F.when(rest == "", total).otherwise(F.concat_ws(".", total, rest))


def with_unreadable(readable: DataFrame, unreadable: DataFrame | None) -> DataFrame:
    """Also whom no good row names: nothing is known of them, but they have a verdict."""
    good = readable.withColumn(Participants.bad_row, F.lit(None).cast("string"))
    if unreadable is None:
        return good
    others = unreadable.join(readable.select(Participants.account), on=Participants.account, how="left_anti")
    nothing = others.withColumn(Participants.num_actions, F.lit(0).cast("bigint"))
    return good.unionByName(nothing, allowMissingColumns=True)


def participant_addresses(
    participants: DataFrame, account_addresses: DataFrame, transfers: DataFrame, chain: str
) -> DataFrame:
    """The addresses a source gives an account; without one for it, the account itself is its address, on every chain.

    Of two rows that differ in their end the later end counts. `has_transfers` is told by the account's own movements.
    """
    names = (ParticipantAddresses.account, *HELD)
    given = account_addresses.select(*names)
    own = participants.select(Participants.account)
    itself = as_addresses(own.join(given, on=Participants.account, how="left_anti"), chain)
    whole = given.join(own, on=Participants.account).select(*names).unionByName(itself)
    claims = F.broadcast(whole.withColumn("_claim", F.struct(*names)))
    moved = [
        of_owner(transfers.select(end, Transfers.chain, Transfers.at), claims, end).select("_claim.*")
        for end in (Transfers.sender, Transfers.recipient)
    ]
    has = ParticipantAddresses.has_transfers
    known = moved[0].unionByName(moved[1]).withColumn(has, F.lit(True))
    until = F.col(ParticipantAddresses.valid_to)
    return (
        whole.withColumn(has, F.lit(False))
        .unionByName(known)
        .groupBy(*ParticipantAddresses.key)
        .agg(
            F.max(has).alias(has),
            F.when(F.count("*") == F.count(until), F.max(until)).alias(ParticipantAddresses.valid_to),
            F.max(F.coalesce(ParticipantAddresses.on_every_chain, F.lit(True))).alias(
                ParticipantAddresses.on_every_chain
            ),
        )
    )


def as_addresses(accounts: DataFrame, chain: str) -> DataFrame:
    """Accounts as what they own: themselves, on every chain and always."""
    always = [F.lit(None).cast("timestamp").alias(n) for n in (AccountAddresses.valid_from, AccountAddresses.valid_to)]
    return accounts.select(
        Participants.account,
        F.lit(chain).alias(ParticipantAddresses.chain),
        F.col(Participants.account).alias(ParticipantAddresses.address),
        F.lit(True).alias(ParticipantAddresses.on_every_chain),
        *always,
    )
