"""Parquet types -> the text a CSV would hold, exactly; those that have none, by name and with their own fix."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from abuse.lake.storage import storage_of

PARQUET_MAGIC = b"PAR1"
MOST_DIGITS = 38
"""Of a decimal that Spark holds."""
WHOLE_BITS: dict[type[T.DataType], int] = {T.DoubleType: 53, T.FloatType: 24}
"""Whole numbers of more bits are rounded: two ids may have become one."""


def as_text(column: Column, kind: T.DataType, *, is_id: bool = False) -> Column:
    """Any stored type as the text a CSV would hold, exactly. An id that was rounded shows it: 4.58E17."""
    match kind:
        case T.StringType():
            return column
        case T.BinaryType():
            return F.concat(F.lit("0x"), F.lower(F.hex(column)))
        case T.DoubleType() | T.FloatType():
            below = float(2 ** WHOLE_BITS[type(kind)]) if is_id else 1e37
            is_whole = (column == F.floor(column)) & (F.abs(column) < below)
            return F.when(is_whole, column.cast("decimal(38,0)").cast("string")).otherwise(column.cast("string"))
        case T.ArrayType():
            return F.concat_ws(",", column.cast("array<string>"))
        case T.StructType() | T.MapType() | T.VariantType():
            return F.to_json(column)
    return column.cast("string")


def is_nested(kind: T.DataType) -> bool:
    """Whether a column holds more than one text, and no plain list."""
    if isinstance(kind, T.ArrayType):
        return isinstance(kind.elementType, T.ArrayType | T.StructType | T.MapType)
    return isinstance(kind, T.StructType | T.MapType | T.VariantType)


def odd_types(paths: list[str]) -> tuple[str, str] | None:
    """What a column of the parquet files is that cannot be read, and what to do; None when all can be."""
    seen: dict[str, tuple[pa.DataType, str]] = {}
    for path in paths:
        schema = _schema(path)
        if schema is None:
            return f"{path}: what it says of its columns is damaged", "Copy or write it again, and compare checksums."
        for field in schema:
            if odd := _odd(field):
                return f"{path}: column {field.name} is {odd[0]}", odd[1]
            kind, other = seen.setdefault(field.name, (field.type, path))
            if kind != field.type:
                found = f"column {field.name} is {kind} in {other} and {field.type} in {path}"
                return found, "Write all the files with one type, or make two sources of them."
    return _twice(list(seen))


def _schema(path: str) -> pa.Schema | None:
    """None where it cannot be read: Spark has said why, and its words are no help."""
    system, at = storage_of(path).arrow(path)
    try:
        with system.open_input_file(at) as file:
            return pq.read_schema(file)
    except (pa.ArrowException, OSError):
        return None


def _odd(field: pa.Field) -> tuple[str, str] | None:
    kind, name = field.type, field.name
    cast = f"Cast it to STRING: CAST({name} AS STRING) AS {name}."
    if pa.types.is_decimal(kind) and kind.precision > MOST_DIGITS:
        what = f"BIGNUMERIC, a decimal({kind.precision},{kind.scale}); no more than {MOST_DIGITS} digits can be read"
        return what, cast
    if pa.types.is_time(kind):
        return "a time of day without a date", "Write it as a timestamp, or leave it out."
    if pa.types.is_float16(kind):
        return "a 16-bit float, which keeps three digits", "Write it as a decimal or as STRING."
    return None


def _twice(names: list[str]) -> tuple[str, str] | None:
    """Spark knows columns whatever their case."""
    lower = [name.lower() for name in names]
    twice = [name for name in names if lower.count(name.lower()) > 1]
    return (f"columns {' and '.join(twice)} have one name, but for case", "Rename one of them.") if twice else None
