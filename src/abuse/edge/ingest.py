"""ingest: source files -> facts in the lake, participants of this slice, and the run's identity."""

from __future__ import annotations

from functools import partial, reduce
from typing import Any

from deltalake import DeltaTable
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse import __version__
from abuse.campaign import Campaign, Source, campaign_to_json
from abuse.contract import Table
from abuse.edge.context import TIME_OF, Night
from abuse.edge.parse import Parsed, Reading, read, read_tokens
from abuse.edge.units import Unit, units
from abuse.errors import CheckError, InputError
from abuse.lake.files import raw_rows, readable
from abuse.lake.publication import ledger
from abuse.lake.storage import read_json, write_json
from abuse.settings import digest
from abuse.steps.ingest.participants import participant_addresses, participants
from abuse.tables import (
    AccountAddresses,
    Fact,
    Labels,
    ParticipantAddresses,
    Participants,
    Participation,
    Quarantine,
    Reviews,
    Transfers,
)

FACT_TABLES: tuple[type[Fact], ...] = (Participation, AccountAddresses, Transfers, Labels)
TABLE_OF = {
    "participation": Participation,
    "account_addresses": AccountAddresses,
    "transfers": Transfers,
    "transfer_pairs": Transfers,
    "ethereum_etl": Transfers,
    "contracts": Labels,
    "labels": Labels,
}


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
    every = units(night.campaign, night.settings)
    counts = load(night, every)
    made: dict[str, Any] = {
        t.table_name(): {"units": _digests(every, t), "version": _version(night, t)} for t in FACT_TABLES
    }
    reviews = ledger(night.lake.uri, Reviews)
    ours = sorted(r["review_id"] for r in reviews.to_pylist() if r["campaign_id"] == night.campaign.id)
    night.record["ingest"] = {"facts": made}
    figures = {t: fact_figures(night, t) for t in FACT_TABLES}
    rules = night.campaign.rules_digest(night.settings)
    rows = {t.table_name(): f["digest"] for t, f in figures.items()}
    run_id = digest([rules, night.as_of.isoformat(), __version__, ours, rows])
    record: dict[str, Any] = {
        "run_id": run_id,
        "rules_digest": rules,
        "campaign": campaign_to_json(night.campaign),
        "settings": night.settings.rules(),
        "facts": made,
        "reviews": ours,
        "sources": reported(night.campaign, counts, figures),
        "quarantine_reasons": _summed([c["quarantine_reasons"] for c in counts]),
        "warnings": warnings(night.campaign, counts),
    }
    night.record["ingest"] = record
    night.write(Participants, participants(night.facts(Participation)))
    if night.slice(Participants).isEmpty():
        wanted = f"at least one before {night.as_of.isoformat()}"
        raise InputError(
            "participation", "no valid action before as_of", wanted, "Give a later --as-of, or see quarantine."
        )
    addresses = participant_addresses(
        night.slice(Participants), night.facts(AccountAddresses), night.facts(Transfers), night.campaign.chain
    )
    night.write(ParticipantAddresses, addresses)
    record["participants"] = night.slice(Participants).count()
    return record


def load(night: Night, every: list[Unit]) -> list[dict[str, Any]]:
    """Counts per source; reads only units whose files or rules are new to this lake."""
    spill, clear = night.lake.spiller(f"ingest-{night.campaign.id}")
    raw = partial(raw_rows, night.lake.spark)
    empty = night.lake.spark.createDataFrame([], "chain string, asset string, decimals int, usd double")
    is_address = not any(u.kind == "account_addresses" for u in every)
    reading = Reading(night.campaign, night.settings.chains, raw, spill, empty, is_address)
    counts: list[dict[str, Any]] = []
    for unit in (u for u in every if u.kind == "tokens"):
        staged = read_tokens(unit.sources[0], unit.chain, reading)
        store(night, unit, Parsed([staged], {}))
        counts.append(staged.counts)
        known = spill(reading.tokens.unionByName(staged.kept))
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
    clear()
    return counts


def store(night: Night, unit: Unit, parsed: Parsed) -> None:
    """Replaces the unit's rows in its fact table and in quarantine; its manifest is written after both."""
    where = f"file_digest = '{unit.digest}'"
    for table, rows in parsed.facts.items():
        night.lake.replace(table, rows.withColumn(Fact.file_digest, F.lit(unit.digest)), where, note=unit.digest)
    bad = [staged.quarantine for staged in parsed.staged if staged.counts["quarantined"]]
    if bad:  # what a unit quarantines follows from its digest, so an earlier write cannot have left other rows
        rows = reduce(DataFrame.unionByName, bad).withColumn(Fact.file_digest, F.lit(unit.digest))
        night.lake.replace(Quarantine, rows, where, note=unit.digest)


def fact_figures(night: Night, table: type[Fact]) -> dict[str, Any]:
    """Rows before and after as_of by source, and an order-free digest of those before."""
    rows = night.all_facts(table)
    columns = [c for c in table.columns() if c not in (Fact.source, Fact.file_digest)]
    counted = rows.withColumn("_counts", F.lit(True))
    for name in TIME_OF[table]:
        counted = counted.withColumn(
            "_counts", F.col("_counts") & (F.col(name).isNull() | (F.col(name) < F.lit(night.as_of).cast("timestamp")))
        )
    row_hash = F.when(F.col("_counts"), F.xxhash64(*columns).cast("decimal(20,0)"))
    by_source = counted.groupBy(Fact.source).agg(
        F.count_if("_counts").alias("kept"), F.count_if(~F.col("_counts")).alias("after"), F.sum(row_hash).alias("sum")
    )
    found = by_source.collect()
    total = sum((r["sum"] or 0) for r in found)
    return {
        "kept": {r[Fact.source]: r["kept"] for r in found},
        "after": {r[Fact.source]: r["after"] for r in found},
        "digest": f"{sum(r['kept'] for r in found)}:{total}",
    }


def reported(
    campaign: Campaign, counts: list[dict[str, Any]], figures: dict[type[Fact], dict[str, Any]]
) -> list[dict[str, Any]]:
    """The counts of every source with as_of applied. Raises CheckError when they do not add up to the row."""
    formats = {s.name: s for s in campaign.sources}
    report = []
    for count in counts:
        source = formats[count["source"]]
        kept, after = _dated(source, count["stored"], figures)
        duplicates = count["duplicates"] + (count["stored"] - kept - after)
        line = {k: count[k] for k in ("source", "table", "rows_in", "quarantined", "not_a_transfer", "unknown_status")}
        line |= {"kept": kept, "after_as_of": after, "duplicates": duplicates, "note": _note(source)}
        parts = (kept, count["quarantined"], duplicates, count["not_a_transfer"], after)
        if min(parts) < 0 or sum(parts) != count["rows_in"]:
            raise CheckError(
                f"source {source.name}",
                f"{parts} of {count['rows_in']} rows",
                "parts that add up",
                "Report it; this is a bug.",
            )
        report.append(line)
    return report


def _dated(source: Source, stored: int, figures: dict[type[Fact], dict[str, Any]]) -> tuple[int, int]:
    """Rows of a source before and after as_of. A labels row may hold several words: its list has one date."""
    table = TABLE_OF.get(source.table if source.format != "ethereum_etl" else _moves(source.table))
    if table is None or (table is Labels and not figures[Labels]["kept"].get(source.name)):
        after = bool(table) and bool(figures[Labels]["after"].get(source.name))
        return (0, stored) if after else (stored, 0)
    if table is Labels:
        return stored, 0
    return figures[table]["kept"].get(source.name, 0), figures[table]["after"].get(source.name, 0)


def _moves(table: str) -> str:
    return "ethereum_etl" if table in ("transactions", "traces", "token_transfers") else table


def _note(source: Source) -> str:
    if source.observed_at is not None:
        return f"of {source.observed_at.date().isoformat()}"
    return "undated: applies to all dates" if source.format in ("address_labels", "transfer_pairs") else ""


def warnings(campaign: Campaign, counts: list[dict[str, Any]]) -> list[str]:
    """What a reader of the report should know and might not ask."""
    said = [
        f"{s.name} is undated; it applies to all dates." for s in campaign.sources if _note(s).startswith("undated")
    ]
    pairs = [s.name for s in campaign.sources if s.format == "transfer_pairs"]
    if pairs:
        said.append(
            f"{', '.join(pairs)}: pairs without time or amount; immunity to dust is not claimed for their links."
        )
    unknown = sum(c["unknown_status"] for c in counts)
    if unknown:
        said.append(f"{unknown} transactions or traces of unknown status were taken as successful.")
    return said


def _digests(every: list[Unit], table: type[Table]) -> list[str]:
    return sorted(u.digest for u in every if TABLE_OF.get(u.kind) is table)


def _version(night: Night, table: type[Table]) -> int | None:
    path = night.lake.work(table)
    return DeltaTable(path).version() if DeltaTable.is_deltatable(path) else None


def _summed(parts: list[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in parts:
        for name, number in part.items():
            total[name] = total.get(name, 0) + number
    return dict(sorted(total.items()))
