"""Stored facts -> participants of this slice, their addresses, and figures on how well they are known."""

from __future__ import annotations

from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse.edge.context import Night
from abuse.edge.facts import among
from abuse.edge.refused import refuse_nobody
from abuse.edge.times import judge_times
from abuse.errors import InputError
from abuse.plurals import counted
from abuse.settings import digest
from abuse.steps.ingest.counting import asset_figures, counts
from abuse.steps.ingest.participants import participant_addresses, participants, with_unreadable
from abuse.steps.ingest.participation import account_name
from abuse.tables import (
    AccountAddresses,
    Fact,
    ParticipantAddresses,
    Participants,
    Participation,
    Quarantine,
    Transfers,
)


def write_participants(night: Night) -> dict[str, Any]:
    """Figures of who takes part. Raises InputError where nobody does that can be judged."""
    times, lists = judge_times(night), night.record["ingest"]["lists"]
    readable = participants(night.facts(Participation), times)
    has_bad = any(one["quarantined"] for one in lists)
    night.write(Participants, with_unreadable(readable, unreadable(night) if has_bad else None))
    who = night.slice(Participants)
    is_good = F.col(Participants.bad_row).isNull()
    timed = F.count(Participants.first_action_at)
    total = who.agg(F.count("*").alias("all"), F.count_if(is_good).alias("good"), timed.alias("timed")).collect()[0]
    if total["good"] == 0:
        is_late = not night.all_facts(Participation).isEmpty()
        refuse_nobody(lists, night.as_of.isoformat(), is_any_late=is_late)
    moves = night.facts(Transfers)
    campaign, rules = night.campaign, night.settings
    known = moves.where(counts(campaign.assets, rules.links, rules.chains))
    addresses = participant_addresses(who.where(is_good), night.facts(AccountAddresses), known, campaign.chain)
    night.write(ParticipantAddresses, addresses)
    assets = asset_figures(moves, campaign.assets, rules.links, rules.chains).collect()
    return {
        "participants": total["all"],
        "unreadable": total["all"] - total["good"],
        "times": times.record(),
        "without_time": round(1 - total["timed"] / total["good"], 4),
        "unnamed": sum(one["quarantine_reasons"].get("null_account", 0) for one in lists),
        "owned": owned(night),
        "assets": [row.asDict() for row in assets],
    }


def lists_of(source_counts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What became of the bad rows of participation, as the run's record keeps it."""
    kept = ("source", "quarantined", "quarantine_reasons")
    return [{name: count[name] for name in kept} for count in source_counts if count["table"] == "participation"]


def owner_warnings(record: dict[str, Any]) -> list[str]:
    """Given addresses that are nobody's here, also where they are too few to hold a run."""
    figures = record.get("owned") or {"given": 0, "unowned": 0}
    if not figures["unowned"]:
        return []
    given = counted(figures["given"], "given address", "given addresses")
    return [f"{figures['unowned']:,} of {given} belong to no participant."]


def owned(night: Night) -> dict[str, int] | None:
    """Given addresses, and those whose account takes no part. Raises InputError where no account does."""
    names = [source.name for source in night.campaign.sources if source.table == "account_addresses"]
    if not names:
        return None
    accounts = night.slice(Participants).select(Participants.account, F.lit(True).alias("_takes_part"))
    joined = night.facts(AccountAddresses).join(accounts, on=Participants.account, how="left")
    total = joined.agg(
        F.count("*").alias("given"), F.count_if(F.col("_takes_part").isNull()).alias("unowned")
    ).collect()[0]
    if total["given"] and total["given"] == total["unowned"]:
        theirs, ours = (
            frame.agg(F.min(Participants.account)).collect()[0][0]
            for frame in (night.facts(AccountAddresses), night.slice(Participants))
        )
        raise InputError(
            f"source {', '.join(names)}",
            f"no wallet's account takes part: accounts here are written as {theirs!r}, in participation as {ours!r}",
            "accounts written alike in both",
            "Export both columns as text, from the same place.",
        )
    return {"given": total["given"], "unowned": total["unowned"]}


def unreadable(night: Night) -> DataFrame:
    """account, bad_row: whom a row in quarantine names, as it is written there, so that everybody has a verdict."""
    sources = [source for source in night.campaign.sources if source.table == "participation"]
    units = night.units(Participation)["units"]
    rows = night.lake.read(Quarantine, among(set(units)))
    rows = rows.where(F.col(Quarantine.table) == "participation")
    fields = F.from_json(Quarantine.row, "map<string, string>")
    written: Column = F.lit(None).cast("string")
    for source in sources:
        theirs = F.try_element_at(fields, F.lit(source.columns.get("account", "account")))
        written = F.when(F.col(Fact.source) == source.name, theirs).otherwise(written)
    return account_name(rows.withColumn("account", written), night.campaign.chain, night.settings.chains)


def unreadable_digest(night: Night, lists: list[dict[str, Any]]) -> str:
    """Who they are is part of what a run is made of."""
    if not any(one["quarantined"] for one in lists):
        return ""
    rows = unreadable(night).select(Participants.account, Participants.bad_row).distinct().collect()
    return digest(sorted(str(tuple(row)) for row in rows))
