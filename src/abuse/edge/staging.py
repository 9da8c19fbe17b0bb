"""Parsed rows -> kept facts, quarantine and counts that add up to the row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse.campaign import Source
from abuse.steps.ingest.formats import (
    CLAIM,
    IN_COINS,
    IS_SMALL,
    NO_OFFSET,
    RAW,
    REASONS,
    SKIPPED,
    SURPLUS,
    UNKNOWN_STATUS,
    UNREAD,
)
from abuse.steps.spill import Spill
from abuse.tables import Quarantine

ROW = "_row"
CONFLICT = "conflict"
EXTRA = {SKIPPED: "string", CLAIM: "string", SURPLUS: "boolean", UNKNOWN_STATUS: "boolean", UNREAD: "int"}
EXTRA |= {NO_OFFSET: "boolean", IN_COINS: "boolean", IS_SMALL: "boolean"}
"""What a parser may say of a row beside its table's columns."""
FIGURES = {"unknown_status": UNKNOWN_STATUS, "without_offset": NO_OFFSET, "in_coins": IN_COINS, "small": IS_SMALL}
"""What a source's rows are counted by, and the column that says it."""


@dataclass(frozen=True, slots=True)
class Staged:
    """One source, parsed and counted: `kept` has one row per key."""

    source: Source
    kept: DataFrame
    quarantine: DataFrame
    counts: dict[str, Any]


def stage(source: Source, parsed: DataFrame, columns: list[str], keys: list[str], spill: Spill) -> Staged:
    """Parses once, then splits. Of rows that say the same the least is kept; of equal bad rows, one.

    Unequal rows of one claim, a place in a transaction say, contradict each other: which is right nobody knows, so
    both are quarantined.
    """
    parsed = with_defaults(parsed)
    rows = spill(_rows(parsed, columns))
    twice = claimed_twice(rows, keys)
    if twice is not None:
        is_twice = F.col("_twice")
        odd = F.array_append(REASONS, F.lit(CONFLICT))
        marked = parsed.join(F.broadcast(twice.withColumn("_twice", F.lit(True))), on=CLAIM, how="left")
        marked = marked.withColumn(REASONS, F.when(is_twice & _is_fact(), odd).otherwise(F.col(REASONS)))
        rows = spill(_rows(marked, columns))
    counts = counted(source, rows, keys)
    facts = rows.where(_is_fact()).select(*columns)
    bad = rows.where(F.size(REASONS) > 0).select(
        F.lit(source.name).alias(Quarantine.source),
        F.sha2(ROW, 256).substr(1, 32).alias(Quarantine.row_digest),
        F.lit(source.table).alias(Quarantine.table),
        F.col(REASONS).alias(Quarantine.reasons),
        F.col(ROW).alias(Quarantine.row),
    )
    kept = least(facts, keys) if counts["duplicates"] else facts
    return Staged(source, kept, bad.dropDuplicates([Quarantine.row_digest]), counts)


def with_defaults(parsed: DataFrame) -> DataFrame:
    """With every column that a parser may add. A row with more fields than its header is bad, whatever it says."""
    missing = {name: F.lit(None).cast(kind) for name, kind in EXTRA.items() if name not in parsed.columns}
    surplus = F.when(F.col(SURPLUS), F.array_append(REASONS, F.lit("surplus_fields"))).otherwise(F.col(REASONS))
    whole = parsed.withColumns(missing)
    return whole.withColumn(REASONS, surplus)


def claimed_twice(rows: DataFrame, keys: list[str]) -> DataFrame | None:
    """CLAIM of the rows that claim the same and say something else; None where there are none."""
    said = F.xxhash64(*[F.coalesce(F.col(k).cast("string"), F.lit("")) for k in keys]).alias("_said")
    claims = rows.where(_is_fact() & F.col(CLAIM).isNotNull()).select(CLAIM, said)
    found = claims.groupBy(CLAIM).agg(F.min("_said").alias("_a"), F.max("_said").alias("_b")).where("_a <> _b")
    found = found.select(CLAIM)
    return None if found.isEmpty() else found


def _rows(parsed: DataFrame, columns: list[str]) -> DataFrame:
    row = F.when(F.size(REASONS) > 0, F.to_json(RAW, {"ignoreNullFields": "false"})).alias(ROW)
    return parsed.select(*columns, REASONS, *EXTRA, row)


def _is_fact() -> Column:
    return (F.size(REASONS) == 0) & F.col(SKIPPED).isNull()


def least(rows: DataFrame, keys: list[str]) -> DataFrame:
    """One row per key, the least of its rows."""
    rest = [c for c in rows.columns if c not in keys]
    if not rest:
        return rows.distinct()
    picked = rows.groupBy(*keys).agg(F.min(F.struct(*rest)).alias("_least"))
    return picked.select(*[F.col(c) if c in keys else F.col(f"_least.{c}").alias(c) for c in rows.columns])


def counted(source: Source, rows: DataFrame, keys: list[str]) -> dict[str, Any]:
    """In = stored + quarantined + duplicates + not a transfer; as_of is applied later, night by night."""
    is_bad = F.size(REASONS) > 0
    is_skipped = ~is_bad & F.col(SKIPPED).isNotNull()
    key = F.struct(*[F.coalesce(F.col(k).cast("string"), F.lit("")) for k in keys])
    total = rows.agg(
        F.count("*").alias("rows_in"),
        F.count_if(is_bad).alias("bad"),
        F.count_if(is_skipped).alias("skipped"),
        F.count_if(F.array_contains(REASONS, CONFLICT)).alias("conflicts"),
        F.coalesce(F.sum(UNREAD), F.lit(0)).alias("unread_figures"),
        *[F.count_if(column).alias(name) for name, column in FIGURES.items()],
        F.count_distinct(F.when(~is_bad & ~is_skipped, key)).alias("stored"),
        F.count_distinct(ROW).alias("quarantined"),
    ).first()
    assert total is not None  # noqa: S101 -- an aggregate without groups has one row
    skipped = rows.where(is_skipped).groupBy(SKIPPED).count().collect() if total["skipped"] else []
    why = rows.where(is_bad).select(ROW, F.explode(REASONS).alias("why")).distinct() if total["bad"] else None
    reasons = why.groupBy("why").count().collect() if why is not None else []
    facts = total["rows_in"] - total["bad"] - total["skipped"]
    return {
        "source": source.name,
        "table": source.table,
        "rows_in": total["rows_in"],
        "stored": total["stored"],
        "quarantined": total["quarantined"],
        "duplicates": (facts - total["stored"]) + (total["bad"] - total["quarantined"]),
        "not_a_transfer": total["skipped"],
        "skipped_because": {r[SKIPPED]: r["count"] for r in sorted(skipped)},
        "quarantine_reasons": {r["why"]: r["count"] for r in sorted(reasons)},
        "conflicts": total["conflicts"],
        "unread_figures": total["unread_figures"],
        **{name: total[name] for name in FIGURES},
    }
