"""Stored counts + as_of -> what the report says of every source, adding up to the row."""

from __future__ import annotations

from typing import Any

from abuse.campaign import Campaign, Source
from abuse.edge.context import Night, is_before
from abuse.edge.facts import counted as counted_rows
from abuse.edge.facts import totals, unit_figures
from abuse.errors import CheckError
from abuse.plurals import counted
from abuse.quality.causes import told
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
NOTES = ("unknown_status", "conflicts", "unread_figures", "without_offset")
"""What is odd about rows, whatever became of them."""
NUMBERS = ("rows_in", "stored", "quarantined", "duplicates", "not_a_transfer", *NOTES)
"""What a source's files are counted by."""


def fact_figures(night: Night, table: type[Fact]) -> dict[str, Any]:
    """Rows before and after as_of by source, and an order-free digest of those before."""
    made = night.record["ingest"]["facts"][table.table_name()]
    if not made["overlap"]:
        return unit_figures(night, table, made["units"], made["version"])
    rows = night.all_facts(table).withColumn("_counts", is_before(table, night.as_of))
    return totals(counted_rows(rows, table))


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
        line = {k: count[k] for k in ("source", "table", "rows_in", "quarantined", "not_a_transfer", *NOTES)}
        line |= {"chain": source.chain or campaign.chain, "newest": _newest(source, figures)}
        line["why_quarantined"] = told(count["quarantine_reasons"]) if count["quarantine_reasons"] else ""
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
            count["source"],
            dict.fromkeys(NUMBERS, 0) | {"source": count["source"], "table": count["table"], "quarantine_reasons": {}},
        )
        for name in NUMBERS:
            known[name] += count[name]
        known["quarantine_reasons"] = summed([known["quarantine_reasons"], count["quarantine_reasons"]])
    return list(whole.values())


def _dated(source: Source, stored: int, figures: dict[type[Fact], dict[str, Any]]) -> tuple[int, int]:
    """Rows of a source before and after as_of. A labels row may hold several words: its list has one date."""
    table = _table_of(source)
    if table is None or (table is Labels and not figures[Labels]["kept"].get(source.name)):
        after = bool(table) and bool(figures[Labels]["after"].get(source.name))
        return (0, stored) if after else (stored, 0)
    if table is Labels:
        return stored, 0
    return figures[table]["kept"].get(source.name, 0), figures[table]["after"].get(source.name, 0)


def _newest(source: Source, figures: dict[type[Fact], dict[str, Any]]) -> str | None:
    """The time of its last row before as_of, where its rows have times."""
    table = _table_of(source)
    return figures[table]["newest"].get(source.name) if table else None


def _table_of(source: Source) -> type[Fact] | None:
    """Where the rows of a source go; none of blocks, receipts and tokens."""
    return TABLE_OF.get(source.table if source.format != "ethereum_etl" else _moves(source.table))


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
    for count in _by_source(counts):
        said += [sentence for figure, sentence in _odd(count, campaign).items() if count[figure]]
    return said


def _odd(count: dict[str, Any], campaign: Campaign) -> dict[str, str]:
    name = count["source"]
    rows = {figure: f"{counted(count[figure], 'row')} of {name}" for figure in NOTES}
    zones = {source.name: source.timezone for source in campaign.sources}
    return {
        "unknown_status": f"{rows['unknown_status']} of unknown status: taken as successful.",
        "conflicts": f"{rows['conflicts']} contradict each other: in quarantine as `conflict`.",
        "unread_figures": f"{counted(count['unread_figures'], 'figure')} of {name} cannot be read as numbers (words, "
        "separators or hexadecimal digits): unknown.",
        "without_offset": f"{counted(count['without_offset'], 'time')} of {name} without a timezone: taken as "
        f"{zones[name] or 'UTC; `timezone` in the source says otherwise'}.",
    }


def summed(parts: list[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in parts:
        for name, number in part.items():
            total[name] = total.get(name, 0) + number
    return dict(sorted(total.items()))
