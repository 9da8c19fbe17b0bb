"""Stored counts + as_of -> what the report says of every source, adding up to the row."""

from __future__ import annotations

from typing import Any

from abuse.campaign import Campaign, Source
from abuse.edge.context import Night, is_before
from abuse.edge.facts import counted, totals, unit_figures
from abuse.errors import CheckError
from abuse.tables import AccountAddresses, Calls, Fact, Labels, Participation, Transfers

FACT_TABLES: tuple[type[Fact], ...] = (Participation, AccountAddresses, Transfers, Calls, Labels)
TABLE_OF = {
    "participation": Participation,
    "account_addresses": AccountAddresses,
    "transfers": Transfers,
    "transfer_pairs": Transfers,
    "ethereum_etl": Transfers,
    "contracts": Labels,
    "labels": Labels,
}
NUMBERS = ("rows_in", "stored", "quarantined", "duplicates", "not_a_transfer", "unknown_status")
"""What a source's files are counted by."""


def fact_figures(night: Night, table: type[Fact]) -> dict[str, Any]:
    """Rows before and after as_of by source, and an order-free digest of those before."""
    made = night.record["ingest"]["facts"][table.table_name()]
    if not made["overlap"]:
        return unit_figures(night, table, made["units"], made["version"])
    rows = night.all_facts(table).withColumn("_counts", is_before(table, night.as_of))
    return totals(counted(rows, table))


def reported(
    campaign: Campaign, counts: list[dict[str, Any]], figures: dict[type[Fact], dict[str, Any]]
) -> list[dict[str, Any]]:
    """The counts of every source with as_of applied. Raises CheckError when they do not add up to the row."""
    formats = {s.name: s for s in campaign.sources}
    report = []
    for count in _by_source(counts):
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


def _by_source(counts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The counts of a source's files added up, in the order of the sources."""
    whole: dict[str, dict[str, Any]] = {}
    for count in counts:
        known = whole.setdefault(
            count["source"], dict.fromkeys(NUMBERS, 0) | {"source": count["source"], "table": count["table"]}
        )
        for name in NUMBERS:
            known[name] += count[name]
    return list(whole.values())


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


def summed(parts: list[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in parts:
        for name, number in part.items():
            total[name] = total.get(name, 0) + number
    return dict(sorted(total.items()))
