"""Source files, here or in S3 -> frames of text with our column names. The only place that opens a source."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from abuse.campaign import Source
from abuse.errors import InputError
from abuse.lake.broken import readable
from abuse.lake.layout import BACKSLASH, Layout, layout
from abuse.lake.matching import CSV, PARQUET, kind_of, matched, partition_of, roots
from abuse.lake.stored import as_text, is_nested
from abuse.steps.ingest.formats import COLUMNS, IDS, RAW, SURPLUS

LINE = "_line"
"""Of a CSV row: the line as it stood, where it has more or fewer fields than the header."""
AS_GIVEN = {"__globPaths__": "false"}
"""The paths are files, whatever is in their names; what a glob names was found before."""
NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"
"""How Hive and Spark name the folder of rows that have no value."""


@dataclass(frozen=True)
class Opened:
    """Files as Spark will read them: their columns by their names, each with its type."""

    rows: DataFrame
    columns: dict[str, tuple[Column, T.DataType]]
    surplus: Column
    """Whether a row has more fields than the header."""
    twice: tuple[str, ...] = ()
    """Names that several columns have."""


def raw_rows(spark: SparkSession, source: Source, paths: list[str] | None = None) -> DataFrame:
    """Our columns as text (absent optional ones empty), RAW and SURPLUS. Raises InputError. `paths`: of these alone."""
    paths = matched(source) if paths is None else paths
    kinds = {kind_of(path) for path in paths}
    if len(kinds) > 1:
        raise _wrong(source, "csv and parquet files", "files of one kind", "Make two sources of them.")
    opened = _parquet(spark, source, paths) if kinds == {PARQUET} else _csv(spark, source, paths)
    folders = _partitions(source, paths, opened)
    theirs = folders | opened.columns
    mapping = column_mapping(source, list(theirs), opened.twice)
    ours = {name: _ours(source, name, their, *theirs[their]) for name, their in mapping.items()}
    ours |= {name: F.lit(text) for name, text in source.const.items()}
    required, optional = COLUMNS[source.format, source.table]
    absent = {name: F.lit(None).cast("string") for name in (*required, *optional) if name not in ours}
    used = {name: theirs[name] for name in folders if name in mapping.values()}
    whole = F.struct(*[as_text(*column).alias(name) for name, column in (opened.columns | used).items()])
    named = [column.alias(name) for name, column in (ours | absent).items()]
    return opened.rows.select(whole.alias(RAW), opened.surplus.alias(SURPLUS), *named)


def habits(source: Source) -> list[str]:
    """What is unusual about how the files of a source are written, and how it is read."""
    paths = matched(source)
    return layout(source, paths).habits() if kind_of(paths[0]) == CSV else []


def _ours(source: Source, name: str, their: str, column: Column, kind: T.DataType) -> Column:
    if is_nested(kind):
        found = f"column {their} is {kind.simpleString()}, more than one text"
        fix = f"Write the part that is the {name} as a column of its own, or leave it out."
        raise _wrong(source, found, f"one text as {name}", fix)
    return translated(as_text(column, kind, is_id=name in IDS), source.values.get(name, {}))


def _parquet(spark: SparkSession, source: Source, paths: list[str]) -> Opened:
    with readable(source, is_opened=True, paths=paths):
        several = len(paths) > 1  # a column that only some files have
        rows = spark.read.options(mergeSchema=several, **AS_GIVEN).parquet(*paths)
    columns = {field.name: (_column(field.name), field.dataType) for field in rows.schema.fields}
    return Opened(rows, columns, F.lit(False))


def _csv(spark: SparkSession, source: Source, paths: list[str]) -> Opened:
    """By a schema of ours: Spark's own would drop what is beyond the header."""
    found = layout(source, paths)
    places = [f"_{place}" for place in range(len(found.names) + found.num_empty)]
    text = T.StringType()
    schema = T.StructType([T.StructField(name, text) for name in (*places, LINE)])
    options = {"header": True, "multiLine": True, "escape": found.escape, "columnNameOfCorruptRecord": LINE}
    with readable(source, is_opened=True):
        rows = spark.read.schema(schema).options(**options, **AS_GIVEN).csv(paths)  # type: ignore[arg-type]
    surplus = _has_surplus(found, places)
    columns: dict[str, tuple[Column, T.DataType]] = {}
    for place, name in enumerate(found.names):
        columns[name if name not in columns else f"{name} ({place + 1})"] = (F.col(places[place]), text)
    twice = tuple(sorted({name for name in found.names if found.names.count(name) > 1}))
    columns.setdefault(LINE, (F.when(surplus, F.col(LINE)), text))
    return Opened(rows, columns, surplus, twice)


def _has_surplus(found: Layout, places: list[str]) -> Column:
    """Whether a row has a field beyond those the header names. Such a row is shifted, so none of its fields is sure.

    Spark keeps the line of a row whose fields are not as many as the columns. It has more of them where even the last
    column is filled, or where it has as many commas outside quotes; in doubt it has.
    """
    if not places:
        return F.lit(False)
    inside = r'(?:[^"\\]|\\[\s\S])*+' if found.escape == BACKSLASH else r'[^"]*+(?:""[^"]*+)*+'
    bare = F.regexp_replace(LINE, rf'(^|,)"{inside}"(?=,|$)', "$1")
    num_commas = F.length(bare) - F.length(F.replace(bare, F.lit(","), F.lit("")))
    is_longer = F.col(LINE).isNotNull() & (F.col(places[-1]).isNotNull() | (num_commas >= len(places)))
    filled = [F.col(name).isNotNull() for name in places[len(found.names) :]]
    for is_filled in filled:
        is_longer = is_longer | is_filled
    return F.coalesce(is_longer, F.lit(False))


def _partitions(source: Source, paths: list[str], opened: Opened) -> dict[str, tuple[Column, T.DataType]]:
    """Columns that only the folders' names say, such as date=2026-03-01: those that the campaign file maps, and, of the
    folders below one that the path names, those with our names.
    """
    said = {name for path in paths for name in partition_of(path)} - set(opened.columns)
    required, optional = COLUMNS[source.format, source.table]
    asked, others = said & set(source.columns.values()), said & {*required, *optional}
    folders = [f"{root}/" for root, is_file in (roots(source).items() if others else ()) if not is_file]
    below = {name for path in paths for root in folders if path.startswith(root) for name in _below(path, root)}
    return {name: (_folder(name), T.StringType()) for name in sorted(asked | (others & below))}


def _below(path: str, root: str) -> dict[str, str]:
    return partition_of(path.removeprefix(root))


def _folder(name: str) -> Column:
    """What the folder `name=...` on the way to a row's file says; written twice over with % for odd characters."""
    found = F.regexp_extract("_metadata.file_path", rf"/{re.escape(name)}=([^/]*)/", 1)
    for _ in range(2):
        found = F.try_url_decode(F.regexp_replace(found, r"\+", "%2B"))
    return F.when((found != "") & (found != NO_PARTITION), found)


def column_mapping(source: Source, found: list[str], twice: Collection[str] = ()) -> dict[str, str]:
    """Our name -> their name for every column we read. Raises InputError for a missing or misspelt one."""
    required, optional = COLUMNS[source.format, source.table]
    _require_ours(source, (*required, *optional), found)
    mapping = {name: source.columns.get(name, name) for name in (*required, *optional) if name not in source.const}
    for name in required if not source.columns else (*required, *source.columns):
        if name in mapping and mapping[name] not in found:
            near = get_close_matches(mapping[name], found, n=1)
            hint = f" ({near[0]} looks close)" if near else ""
            what = f"no column {mapping[name]}{hint}; it has {', '.join([c for c in found if c != LINE][:20])}"
            fix = f"Correct the file, map it with `columns`, or give it with `const` in the source {source.name}."
            raise _wrong(source, what, f"a column {mapping[name]}", fix)
    mapping = {ours: theirs for ours, theirs in mapping.items() if theirs in found}
    for theirs in mapping.values():
        if theirs in twice:
            fix = "Rename all but one, or map another with `columns`."
            raise _wrong(source, f"several columns are called {theirs}", f"one column {theirs}", fix)
    return mapping


def _require_ours(source: Source, names: tuple[str, ...], found: list[str]) -> None:
    """Raises InputError for a key of `columns` or `const` that is no column of ours, or a constant beside a column."""
    for key, given in (("columns", source.columns), ("const", source.const)):
        for name in given:
            if name not in names:
                what, wanted = f"{name} is not a column of {source.table}", f"one of: {', '.join(names)}"
                fix = f"Correct the file, or map it with `columns` in the source {source.name}."
                raise _wrong(source, what, wanted, fix, f": {key}")
    for name in source.const:
        if name in source.columns or name in found:
            other = "`columns`" if name in source.columns else "the file"
            fix = f"Take {name} out of one of them."
            raise _wrong(source, f"{name} is in {other} too", "a column that the file lacks", fix, ": const")


def _wrong(source: Source, found: str, wanted: str, fix: str, key: str = "") -> InputError:
    return InputError(f"source {source.name}{key}", found, wanted, fix)


def translated(column: Column, words: dict[str, str]) -> Column:
    """Their words as ours; words the campaign file does not name stay."""
    if not words:
        return column
    pairs = F.create_map(*[F.lit(x) for pair in words.items() for x in pair])
    return F.coalesce(F.try_element_at(pairs, column), column)


def _column(name: str) -> Column:
    return F.col(f"`{name.replace('`', '``')}`")
