"""The first rows of every source, through the readers and checks of a night -> what would be quarantined and why, and
whether anybody can be judged. Writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse.campaign import Campaign, Source
from abuse.edge.context import Night
from abuse.edge.counts import summed
from abuse.edge.parse import NO_TOKENS, Parsed, Reading, read, read_tokens
from abuse.edge.staging import Staged
from abuse.edge.units import Unit, accounts_are_addresses, together
from abuse.errors import InputError
from abuse.lake.broken import readable
from abuse.lake.files import habits, raw_rows
from abuse.quality.causes import cause, told
from abuse.quality.gates import MOVES
from abuse.tables import AccountAddresses, Participation, Quarantine, Transfers

ROWS = 2_000
"""Rows of each source that are parsed: what is wrong with a column shows in its first rows, and it takes seconds."""
FROM_OTHERS = ("no_time", "no_hash")
"""What another file of ethereum_etl may know, in rows that are not in the sample."""


@dataclass
class Sample:
    """What the first rows came to by source, and who is in them: takes part, has addresses, moved money."""

    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: InputError | None = None
    """The first thing for which a night would not go on."""
    accounts: set[str] = field(default_factory=set)
    owners: set[str] = field(default_factory=set)
    movers: set[str] = field(default_factory=set)
    is_whole: bool = True
    """Whether no source has more rows than were parsed."""


def sample(night: Night) -> Sample:
    """Every source parsed as far as ROWS."""
    found, rows = Sample(), {source.name: _first_rows(night, source) for source in night.campaign.sources}
    empty = night.lake.spark.createDataFrame([], NO_TOKENS)
    is_address = accounts_are_addresses(night.campaign)
    chains = night.settings.chains
    reading = Reading(night.campaign, chains, lambda source: rows[source.name], _in_memory, empty, is_address)
    every = sorted(together(night.campaign), key=lambda one: one[0] != "tokens")
    for place, (kind, sources) in enumerate(every):
        night.say(f"trying {', '.join(source.name for source in sources)}", place, len(every))
        unit = Unit(kind, sources[0].chain or night.campaign.chain, tuple(sources), "")
        try:
            reading = _take(found, unit, reading)
        except InputError as why:
            found.refused = found.refused or why
    for source in night.campaign.sources:
        found.sources.get(source.name, {})["notes"] = habits(source)
    found.is_whole = all(frame.count() < ROWS for frame in rows.values())
    found.refused = found.refused or _nobody(night.campaign, found)
    return found


def _first_rows(night: Night, source: Source) -> DataFrame:
    rows = raw_rows(night.lake.spark, source)
    with readable(source):
        return night.lake.spark.createDataFrame(rows.take(ROWS), rows.schema)


def _in_memory(rows: DataFrame) -> DataFrame:
    return rows.sparkSession.createDataFrame(rows.toArrow(), rows.schema)


def _take(found: Sample, unit: Unit, reading: Reading) -> Reading:
    """Parses a unit and keeps what it says; the reading that the next ones need."""
    if unit.kind == "tokens":
        staged = read_tokens(unit.sources[0], unit.chain, reading)
        found.sources[staged.source.name] = _told(staged, ())
        return replace(reading, tokens=_in_memory(reading.tokens.unionByName(staged.kept)))
    with readable(*unit.sources):
        parsed = read(unit, reading)
    others = FROM_OTHERS if len(unit.sources) > 1 else ()
    for staged in parsed.staged:
        found.sources[staged.source.name] = _told(staged, others)
    _keep(found, parsed)
    return reading


def _told(staged: Staged, others: tuple[str, ...]) -> dict[str, Any]:
    reasons = {name: num for name, num in staged.counts["quarantine_reasons"].items() if name not in others}
    num_bad = staged.counts["quarantined"]
    if len(reasons) < len(staged.counts["quarantine_reasons"]):
        left = F.array_except(Quarantine.reasons, F.array(*map(F.lit, others)))
        num_bad = staged.quarantine.where(F.size(left) > 0).count()
    why = told(reasons) if reasons else ""
    return {"rows": staged.counts["rows_in"], "quarantined": num_bad, "reasons": reasons, "told": why}


def _keep(found: Sample, parsed: Parsed) -> None:
    for table, rows in parsed.facts.items():
        if table is Participation:
            found.accounts |= _texts(rows, Participation.account)
        if table is AccountAddresses:
            found.owners |= _texts(rows, AccountAddresses.account)
        if table is Transfers:
            found.movers |= _texts(rows, Transfers.sender) | _texts(rows, Transfers.recipient)


def _texts(rows: DataFrame, name: str) -> set[str]:
    return {row[0] for row in rows.select(name).distinct().collect()}


def _nobody(campaign: Campaign, found: Sample) -> InputError | None:
    """Why nobody can be judged, with the cause behind most rows; None where somebody may be."""
    where = f"campaign {campaign.id}"
    if not found.accounts:
        what, fix = cause(_reasons(campaign, found, ("participation",)))
        return InputError(where, f"nobody can be judged: {what}", "an account that takes part", fix)
    if not found.movers:
        reasons = _reasons(campaign, found, MOVES)
        what, fix = (
            cause(reasons) if reasons else ("no movement succeeded and moved anything", "See what was exported.")
        )
        if not any(source.table in MOVES for source in campaign.sources):
            what, fix = "no source says who paid whom", "Give a source of transfers."
        return InputError(where, f"nobody can be judged: {what}", "a movement of money", fix)
    has_owners = any(source.table == "account_addresses" for source in campaign.sources)
    if has_owners and found.is_whole and not found.owners & found.accounts:
        fix = "Write accounts in participation as in account_addresses."
        what = "nobody can be judged: no wallet's account takes part"
        return InputError(where, what, "accounts written alike in both lists", fix)
    return None


def _reasons(campaign: Campaign, found: Sample, tables: tuple[str, ...]) -> dict[str, int]:
    named = [source.name for source in campaign.sources if source.table in tables]
    return summed([found.sources.get(name, {}).get("reasons", {}) for name in named])
