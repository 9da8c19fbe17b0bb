"""Columns of Arrow tables as arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from abuse.model.farmset.corpus import NONE, Whole
from abuse.model.farmset.fields import Reals


def texts(rows: pa.Table, name: str) -> npt.NDArray[np.str_]:
    """None of them null."""
    return np.array(rows[name].to_pylist(), dtype=np.str_)


def reals(rows: pa.Table, name: str) -> Reals:
    """Null is NaN; yes is 1."""
    column = rows[name]
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)


def integers(column: pa.Array | pa.ChunkedArray) -> Whole:
    """Null is -1."""
    return np.asarray(column.fill_null(NONE).to_numpy(zero_copy_only=False), dtype=np.int64)


def codes(rows: pa.Table, name: str) -> Whole:
    """Numbers of a text column in order of the text; null is -1."""
    known = pc.array_sort_indices(words := one(pc.unique(rows[name]).drop_null()))
    return integers(one(pc.index_in(one(rows[name]), value_set=words.take(known), skip_nulls=True)))


def one(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The column in one piece."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def micros(rows: pa.Table, name: str) -> Whole:
    """Instants as microseconds since 1970."""
    return integers(rows[name].cast(pa.timestamp("us", "UTC")).cast(pa.int64()))


def reals_or_unknown(rows: pa.Table, name: str) -> Reals:
    """A column of the table, unknown where the field is none of its columns."""
    return reals(rows, name) if name in rows.column_names else np.full(len(rows), np.nan)
