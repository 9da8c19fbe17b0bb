"""What is known of stored units for good: their figures, and whether two of them hold the same row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse.edge.context import TIME_OF, Night, is_before
from abuse.lake.storage import read_all_json, read_json, write_json
from abuse.lake.table_files import Within
from abuse.settings import digest
from abuse.tables import Fact, Transfers


def shares_rows(night: Night, units: list[str]) -> bool:
    """Whether any key stands in two of these units of transfers; then the least row of each key counts.

    Asked once for every set of units: of a set known to share none, only what is new to it is looked up.
    """
    folder = f"{night.lake.uri}/work/sets"
    known = read_json(f"{folder}/{digest(units)}.json")
    if known is None:
        before = [s for s in read_all_json(folder) if not s["overlap"] and set(s["units"]) < set(units)]
        apart: list[str] = max((s["units"] for s in before), key=lambda of: (len(of), of), default=[])
        known = {"units": units, "overlap": len(units) > 1 and _overlap(night, set(units), set(apart))}
        write_json(f"{folder}/{digest(units)}.json", known)
    return bool(known["overlap"])


def _overlap(night: Night, units: set[str], apart: set[str]) -> bool:
    key = F.xxhash64(*[F.coalesce(F.col(name), F.lit("")) for name in Transfers.key]).alias("_key")

    def keys(of: set[str]) -> DataFrame:
        return night.lake.read(Transfers, among(of)).select(key, *Transfers.key)

    new = keys(units - apart)
    twice = new.groupBy(*Transfers.key).count().where("count > 1")
    return not twice.isEmpty() or (bool(apart) and not in_both(keys(apart), new).isEmpty())


def in_both(old: DataFrame, new: DataFrame) -> DataFrame:
    """The old keys that are among the new. Either may be a whole chain's: which of them fits into memory, if one does,
    is Spark's to say.
    """
    same = [F.col(f"a.{name}").eqNullSafe(F.col(f"b.{name}")) for name in ("_key", *Transfers.key)]
    return old.alias("a").join(new.alias("b"), on=same, how="left_semi")


def unit_figures(night: Night, table: type[Fact], units: list[str], version: int | None) -> dict[str, Any]:
    """Rows before and after as_of by source, and an order-free digest of those before, of units that share no row.

    A unit that lies before as_of as a whole is counted once for all nights; the files of one may fill two tables.
    """
    folder = f"{night.lake.uri}/work/figures/{table.table_name()}"
    found: list[dict[str, Any]] = []
    rest = []
    for unit in units:
        stored = read_json(f"{folder}/{unit}.json")
        if stored is not None and (stored["last"] is None or datetime.fromisoformat(stored["last"]) < night.as_of):
            found.extend(stored["by_source"])
        else:
            rest.append(unit)
    if rest:
        rows = night.lake.read(table, among(set(rest)), version)
        whole = counted(rows.withColumn("_counts", F.lit(True)), table, Fact.file_digest)
        for unit in rest:
            ours = [row for row in whole if row[Fact.file_digest] == unit]
            lasts = [row["last"] for row in ours if row["last"] is not None]
            last = max(lasts).astimezone(UTC).isoformat() if lasts else None
            lines = [{k: row[k] for k in (Fact.source, "kept", "after", "sum", "newest")} for row in ours]
            write_json(f"{folder}/{unit}.json", {"last": last, "by_source": lines})
        late = [u for u in rest if any(r["last"] and r["last"] >= night.as_of for r in whole if r["file_digest"] == u)]
        found.extend(row for row in whole if row[Fact.file_digest] not in late)
        if late:
            rows = rows.where(F.col(Fact.file_digest).isin(*late))
            found.extend(counted(rows.withColumn("_counts", is_before(table, night.as_of)), table))
    return totals(found)


def counted(rows: DataFrame, table: type[Fact], *also: str) -> list[dict[str, Any]]:
    """Per source: rows that `_counts` names, the others, an order-free sum over the first, the last time of all, and
    `newest`, that of the first, as text.
    """
    columns = [c for c in table.columns() if c not in (Fact.source, Fact.file_digest)]
    is_null = [F.isnull(f.name) for f in table.fields() if f.name in columns and not f.required]
    row_hash = F.when(F.col("_counts"), F.xxhash64(*columns, *is_null).cast("decimal(20,0)"))  # the hash skips nulls
    times: list[Column] = [F.max(name) for name in TIME_OF[table]]
    last = F.greatest(*times) if len(times) > 1 else times[0]
    before: list[Column] = [F.max(F.when(F.col("_counts"), F.col(name))) for name in TIME_OF[table]]
    newest = F.greatest(*before) if len(before) > 1 else before[0]
    by_source = rows.groupBy(Fact.source, *also).agg(
        F.count_if("_counts").alias("kept"),
        F.count_if(~F.col("_counts")).alias("after"),
        F.sum(row_hash).alias("sum"),
        last.alias("last"),
        newest.alias("newest"),
    )
    return [_in_utc(row.asDict()) for row in by_source.collect()]


def _in_utc(row: dict[str, Any]) -> dict[str, Any]:
    last, newest = (row[name] and row[name].astimezone(UTC) for name in ("last", "newest"))
    return row | {"sum": int(row["sum"] or 0), "last": last, "newest": newest and newest.isoformat()}


def totals(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Of all units together."""
    kept: dict[str, int] = {}
    after: dict[str, int] = {}
    newest: dict[str, str] = {}
    for row in found:
        if row["newest"]:
            newest[row[Fact.source]] = max(newest.get(row[Fact.source], ""), row["newest"])
        kept[row[Fact.source]] = kept.get(row[Fact.source], 0) + row["kept"]
        after[row[Fact.source]] = after.get(row[Fact.source], 0) + row["after"]
    whole = f"{sum(kept.values())}:{sum(row['sum'] for row in found)}"
    return {"kept": kept, "after": after, "digest": whole, "newest": newest}


def among(units: set[str]) -> Within:
    """The part of a table of facts that these units are."""
    return {Fact.file_digest: sorted(units)}
