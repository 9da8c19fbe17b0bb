"""Parsed rows -> kept facts, quarantine and counts that add up to the row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse.campaign import Source
from abuse.steps.ingest.formats import RAW, REASONS, SKIPPED, UNKNOWN_STATUS
from abuse.steps.spill import Spill
from abuse.tables import Quarantine

ROW = "_row"


@dataclass(frozen=True, slots=True)
class Staged:
    """One source, parsed and counted: `kept` has one row per key."""

    source: Source
    kept: DataFrame
    quarantine: DataFrame
    counts: dict[str, Any]


def stage(source: Source, parsed: DataFrame, columns: list[str], keys: list[str], spill: Spill) -> Staged:
    """Parses once, then splits. Of rows with one key the least is kept; of equal bad rows, one."""
    extra = {SKIPPED: F.lit(None).cast("string"), UNKNOWN_STATUS: F.lit(False)}
    parsed = parsed.withColumns({name: value for name, value in extra.items() if name not in parsed.columns})
    is_bad = F.size(REASONS) > 0
    row = F.when(is_bad, F.to_json(RAW, {"ignoreNullFields": "false"})).alias(ROW)
    rows = spill(parsed.select(*columns, REASONS, SKIPPED, UNKNOWN_STATUS, row))
    counts = counted(source, rows, keys)
    facts = rows.where(~is_bad & F.col(SKIPPED).isNull()).select(*columns)
    bad = rows.where(is_bad).select(
        F.lit(source.name).alias(Quarantine.source),
        F.sha2(ROW, 256).substr(1, 32).alias(Quarantine.row_digest),
        F.lit(source.table).alias(Quarantine.table),
        F.col(REASONS).alias(Quarantine.reasons),
        F.col(ROW).alias(Quarantine.row),
    )
    kept = least(facts, keys) if counts["duplicates"] else facts
    return Staged(source, kept, bad.dropDuplicates([Quarantine.row_digest]), counts)


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
        F.count_if(UNKNOWN_STATUS).alias("unknown"),
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
        "unknown_status": total["unknown"],
    }
