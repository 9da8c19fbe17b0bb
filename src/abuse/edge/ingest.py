"""ingest: source files -> facts in the lake, participants of this slice, and the run's identity."""

from __future__ import annotations

from functools import partial, reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse import __version__
from abuse.campaign import campaign_to_json
from abuse.contract import Table
from abuse.edge.context import Night
from abuse.edge.counts import FACT_TABLES, TABLE_OF, fact_figures, reported, summed, warnings
from abuse.edge.facts import shares_rows
from abuse.edge.funders import keep_up
from abuse.edge.parse import NO_TOKENS, Parsed, Reading, read, read_tokens
from abuse.edge.rules import rules_digest
from abuse.edge.staging import least
from abuse.edge.taking_part import lists_of, owner_warnings, unreadable_digest, write_participants
from abuse.edge.units import Unit, accounts_are_addresses, units
from abuse.errors import InputError
from abuse.lake.broken import readable
from abuse.lake.files import raw_rows
from abuse.lake.people import review_ids, reviews, run_name
from abuse.lake.storage import read_json, write_json
from abuse.lake.table_files import Within
from abuse.settings import digest
from abuse.steps.ingest.stamps import time_warnings
from abuse.tables import (
    Calls,
    Fact,
    Participation,
    Quarantine,
    Transfers,
)


def check_sources(night: Night, *, is_counted: bool = False) -> list[dict[str, Any]]:
    """Opens every source and finds its columns, writing nothing. Raises InputError for what cannot be read."""
    found = []
    for place, source in enumerate(night.campaign.sources):
        night.say(f"opening {source.name}", place, len(night.campaign.sources))
        rows = raw_rows(night.lake.spark, source)
        with readable(source):
            is_empty = rows.isEmpty()
        if source.table == "participation" and is_empty:
            raise InputError(f"source {source.name}", "no rows", "at least one participant", f"Fill {source.path}.")
        line = {"source": source.name, "format": source.format, "table": source.table, "path": source.path}
        found.append(line | ({"rows": rows.count()} if is_counted else {}))
    return found


def ingest(night: Night) -> dict[str, Any]:
    """Stores what is not stored yet, then counts and names the run."""
    every = units(night.campaign, night.settings, night.lake.uri)
    counts = load(night, every)
    made = stored_facts(night, every)
    ours = review_ids(reviews(night.lake.uri, night.campaign.id))
    night.record["ingest"] = {"facts": made}
    figures = {t: fact_figures(night, t) for t in FACT_TABLES}
    rules = rules_digest(night.campaign, night.settings)
    lists = lists_of(counts)
    rows = {t.table_name(): f["digest"] for t, f in figures.items()} | {"unreadable": unreadable_digest(night, lists)}
    base = digest([rules, night.as_of.isoformat(), __version__, rows])
    run_id = run_name(base, ours)
    record: dict[str, Any] = {
        "run_id": run_id,
        "base": base,
        "rules_digest": rules,
        "version": __version__,
        "campaign": campaign_to_json(night.campaign),
        "settings": night.settings.rules(),
        "facts": made,
        "reviews": ours,
        "sources": reported(night.campaign, counts, figures),
        "quarantine_reasons": summed([c["quarantine_reasons"] for c in counts]),
        "warnings": warnings(night.campaign, counts),
        "lists": lists,
    }
    night.record["ingest"] = record
    night.forget("ingest")
    record |= write_participants(night)
    record["warnings"] += time_warnings(record) + owner_warnings(record)
    named = night.facts(Participation).where(F.col(Participation.action).isNotNull())
    record["has_actions"] = not named.isEmpty()
    with night.lake.spiller(f"funders-{run_id}") as spill:
        record["first_funders"] = keep_up(night, spill)
    return record


def stored_facts(night: Night, every: list[Unit]) -> dict[str, Any]:
    """Table -> the units this campaign's sources make, the version that has them, and whether two may share a row."""
    made: dict[str, Any] = {
        t.table_name(): {"units": fact_units(every)[t.table_name()], "version": night.lake.version(t), "overlap": True}
        for t in FACT_TABLES
    }
    moves = made[Transfers.table_name()]
    moves["overlap"] = shares_rows(night, moves["units"])
    made[Calls.table_name()]["overlap"] = False  # who reads calls reads few, and drops what stands twice
    return made


def load(night: Night, every: list[Unit]) -> list[dict[str, Any]]:
    """Counts per source; reads only units whose files or rules are new to this lake."""
    with night.lake.spiller(f"ingest-{night.campaign.id}") as spill:
        raw = partial(raw_rows, night.lake.spark)
        empty = night.lake.spark.createDataFrame([], NO_TOKENS)
        is_address = accounts_are_addresses(night.campaign)
        reading = Reading(night.campaign, night.settings.chains, raw, spill, empty, is_address)
        counts: list[dict[str, Any]] = []
        for unit in (u for u in every if u.kind == "tokens"):
            staged = read_tokens(unit.sources[0], unit.chain, reading)
            store(night, unit, Parsed([staged], {}))
            counts.append(staged.counts)
            listed = reading.tokens.unionByName(staged.kept)
            known = spill(least(listed, ["chain", "asset"]))  # an asset in two files must not double its transfers
            reading = Reading(night.campaign, night.settings.chains, raw, spill, known, is_address)
        rest = [u for u in every if u.kind != "tokens"]
        for place, unit in enumerate(rest):
            night.say(f"reading {', '.join(s.name for s in unit.sources)}", place, len(rest))
            manifest = f"{night.lake.uri}/work/units/{unit.digest}.json"
            stored = read_json(manifest)
            if stored is None:
                with readable(*unit.sources):
                    parsed = read(unit, reading)
                    store(night, unit, parsed)
                stored = [s.counts for s in parsed.staged]
                write_json(manifest, stored)
            counts.extend(stored)
    return counts


def store(night: Night, unit: Unit, parsed: Parsed) -> None:
    """Replaces the unit's rows in its fact table and in quarantine; its manifest is written after both."""
    within: Within = {Fact.file_digest: unit.digest}
    for table, rows in parsed.facts.items():
        night.lake.replace(table, rows.withColumn(Fact.file_digest, F.lit(unit.digest)), within, note=unit.digest)
    bad = [staged.quarantine for staged in parsed.staged if staged.counts["quarantined"]]
    if bad:  # what a unit quarantines follows from its digest, so an earlier write cannot have left other rows
        rows = reduce(DataFrame.unionByName, bad).withColumn(Fact.file_digest, F.lit(unit.digest))
        night.lake.replace(Quarantine, rows, within, note=unit.digest)


def fact_units(every: list[Unit]) -> dict[str, list[str]]:
    """Fact table -> digests of the units whose rows in it are this campaign's."""
    return {table.table_name(): _digests(every, table) for table in FACT_TABLES}


def _digests(every: list[Unit], table: type[Table]) -> list[str]:
    if table is Calls:
        return sorted({u.digest for u in every if u.kind == "ethereum_etl"})
    return sorted({u.digest for u in every if TABLE_OF.get(u.kind) is table})
