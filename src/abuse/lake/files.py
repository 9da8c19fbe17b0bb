"""Source files, here or in S3 -> frames of text with our column names. The only place that opens a source."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from abuse.campaign import Source
from abuse.errors import InputError
from abuse.lake.storage import storage_of
from abuse.steps.ingest.formats import COLUMNS, RAW

UNREADABLE = ("FAILED_READ_FILE", "PARQUET_TYPE_ILLEGAL", "PARQUET_TYPE_NOT_RECOGNIZED", "UNABLE_TO_INFER_SCHEMA")
"""What Spark calls a file it cannot read."""
DENIED = "AccessDeniedException"
"""What Hadoop calls it, where S3 refuses."""


def matched(source: Source) -> list[str]:
    """The files of a source, sorted. Raises InputError when there are none."""
    found = storage_of(source.path).matching(source.path)
    if not found:
        raise InputError(
            f"source {source.name}",
            f"no file {source.path}",
            "an existing file",
            "Correct `path` in the campaign file.",
        )
    return found


@contextmanager
def readable(*sources: Source, is_opened: bool = False) -> Iterator[None]:
    """Turns Spark's account of a broken file into one line. While files are only opened, all it says is of them."""
    try:
        yield
    except (PySparkException, Py4JJavaError) as why:
        said = str(why)
        if not is_opened and not any(word in said for word in (*UNREADABLE, DENIED)):
            raise
        names = ", ".join(s.name for s in sources)
        paths = ", ".join(s.path for s in sources)
        cause = next((line.strip() for line in said.splitlines() if "Caused by: java" in line), said.splitlines()[0])
        found = f"a file of {paths} cannot be read ({cause.removeprefix('Caused by: ')[:200]})"
        fix = "Give the role the right to read it." if DENIED in said else "Export it again."
        raise InputError(f"source {names}", found, "whole csv, csv.gz or parquet files", fix) from why


def _one_header(source: Source, paths: list[str]) -> None:
    """Spark checks each file's header only when it gets there, in the middle of a night."""
    headers = {}
    for path in paths:
        try:
            with storage_of(path).opened(path) as raw:
                file = gzip.GzipFile(fileobj=raw) if path.endswith(".gz") else raw
                headers[file.readline().rstrip(b"\r\n").removeprefix(b"\xef\xbb\xbf")] = path
        except (OSError, EOFError, zlib.error) as why:
            found = f"{path} cannot be read ({why})"
            raise InputError(f"source {source.name}", found, "a whole file", "Export it again.") from None
    if len(headers) > 1:
        found = f"other columns in {' than in '.join(list(headers.values())[:2])}"
        raise InputError(f"source {source.name}", found, "one header", "Make two sources of them.")


def raw_rows(spark: SparkSession, source: Source) -> DataFrame:
    """Our columns as text (absent optional ones empty) and RAW, the row as it stood. Raises InputError."""
    paths = matched(source)
    if source.path.endswith(".parquet"):
        with readable(source, is_opened=True):
            several = len(paths) > 1 or not storage_of(paths[0]).is_file(paths[0])
            theirs = spark.read.option("mergeSchema", several).parquet(*paths)  # a column that only some files have
    else:
        _one_header(source, [p for p in paths if storage_of(p).is_file(p)])
        options = {"header": True, "inferSchema": False, "multiLine": True, "escape": '"', "enforceSchema": False}
        with readable(source, is_opened=True):
            theirs = spark.read.options(**options).csv(paths)  # type: ignore[arg-type]
    names = {f.name: f.dataType for f in theirs.schema.fields}
    mapping = column_mapping(source, list(names))
    ours = {
        name: translated(as_text(F.col(f"`{their}`"), names[their]), source.values.get(name, {}))
        for name, their in mapping.items()
    }
    required, optional = COLUMNS[source.format, source.table]
    absent = {name: F.lit(None).cast("string") for name in (*required, *optional) if name not in ours}
    whole = F.struct(*[as_text(F.col(f"`{n}`"), t).alias(n) for n, t in names.items()])
    return theirs.select(whole.alias(RAW), *[c.alias(n) for n, c in (ours | absent).items()])


def column_mapping(source: Source, found: list[str]) -> dict[str, str]:
    """Our name -> their name for every column we read. Raises InputError for a missing or misspelt one."""
    required, optional = COLUMNS[source.format, source.table]
    fix = f"Correct the file, or map it with `columns` in the source {source.name}."
    for ours in source.columns:
        if ours not in (*required, *optional):
            wanted = f"one of: {', '.join((*required, *optional))}"
            raise InputError(f"source {source.name}: columns", f"{ours} is not a column of {source.table}", wanted, fix)
    mapping = {name: source.columns.get(name, name) for name in (*required, *optional)}
    for name in required if not source.columns else (*required, *source.columns):
        if mapping[name] not in found:
            near = get_close_matches(mapping[name], found, n=1)
            hint = f" ({near[0]} looks close)" if near else ""
            what = f"no column {mapping[name]}{hint}; it has {', '.join(found[:20])}"
            raise InputError(f"source {source.name}", what, f"a column {mapping[name]}", fix)
    return {ours: theirs for ours, theirs in mapping.items() if theirs in found}


def as_text(column: Column, kind: T.DataType) -> Column:
    """Any stored type as the text a CSV would hold, exactly."""
    match kind:
        case T.StringType():
            return column
        case T.BinaryType():
            return F.concat(F.lit("0x"), F.lower(F.hex(column)))
        case T.DoubleType() | T.FloatType():
            whole = column == F.floor(column)
            return F.when(whole & (F.abs(column) < 1e37), column.cast("decimal(38,0)").cast("string")).otherwise(  # noqa: PLR2004
                column.cast("string")
            )
        case T.ArrayType():
            return F.concat_ws(",", column.cast("array<string>"))
        case T.StructType() | T.MapType():
            return F.to_json(column)
    return column.cast("string")


def translated(column: Column, words: dict[str, str]) -> Column:
    """Their words as ours; words the campaign file does not name stay."""
    if not words:
        return column
    pairs = F.create_map(*[F.lit(x) for pair in words.items() for x in pair])
    return F.coalesce(F.try_element_at(pairs, column), column)
