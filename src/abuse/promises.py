"""A table's contract -> what every row must keep, each as SQL that is true of a good row.

Written once: the quality gates count the rows that break it, and no such row is written to a public table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from abuse.contract import Field, Table
from abuse.tables import PerRun

UNIQUE = "key.unique"
ENDLESS = "CAST('Infinity' AS DOUBLE)"


@dataclass(frozen=True, slots=True)
class Promise:
    """`holds` is never empty, but for the key: no row alone can break that."""

    table: str
    name: str
    holds: str
    says: str
    columns: tuple[str, ...]
    is_plain: bool = True
    """Whether a CHECK constraint can say it."""

    @property
    def gate(self) -> str:
        return f"contract:{self.table}"


def promises(table: type[Table]) -> list[Promise]:
    """One for the key, then those of each column in their order, then those of several columns together."""
    found = [Promise(table.table_name(), UNIQUE, "", f"no two rows have one {', '.join(table.key)}", table.key)]
    for field in table.fields():
        for name, holds, says in _of_column(field, of_a_slice=issubclass(table, PerRun)):
            is_plain = not pa.types.is_list(field.kind) and name not in ("present", "finite")
            said = f"{field.name} {says}"
            found.append(Promise(table.table_name(), f"{field.name}.{name}", holds, said, (field.name,), is_plain))
    for check in table.checks:
        columns = tuple(f.name for f in table.fields() if re.search(rf"\b{f.name}\b", check.holds))
        found.append(Promise(table.table_name(), check.name, check.holds, check.says, columns))
    return found


def _of_column(field: Field, *, of_a_slice: bool) -> Iterator[tuple[str, str, str]]:
    """Name, SQL and words of what one column promises."""
    column = f"`{field.name}`"
    if field.required:
        yield "present", f"{column} IS NOT NULL", "is never empty"
    if field.allowed:
        words = ", ".join(f"'{word}'" for word in field.allowed)
        yield "allowed", f"{column} IS NULL OR {column} IN ({words})", f"is one of: {', '.join(field.allowed)}"
    if field.low is not None and field.high is not None:
        within = f"{column} >= {field.low} AND {column} <= {field.high}"  # NaN is more than any number, so it fails
        yield "range", f"{column} IS NULL OR ({within})", f"is {field.low} to {field.high}"
    elif field.low is not None:
        finite = f" AND {column} < {ENDLESS}" if pa.types.is_floating(field.kind) else ""
        yield "range", f"{column} IS NULL OR ({column} >= {field.low}{finite})", f"is {field.low} or more"
    elif pa.types.is_floating(field.kind):
        yield "finite", f"{column} IS NULL OR ({column} > -{ENDLESS} AND {column} < {ENDLESS})", "is a finite number"
    if field.filled:
        yield "filled", f"{column} IS NULL OR size({column}) > 0", "has at least one item"
    if of_a_slice and field.name != PerRun.as_of:
        yield from _before(field)


def _before(field: Field) -> Iterator[tuple[str, str, str]]:
    """Only facts before as_of count, so no time of a slice lies at or after it."""
    column, is_list = f"`{field.name}`", pa.types.is_list(field.kind)
    if pa.types.is_timestamp(field.kind):
        yield "before_as_of", f"{column} IS NULL OR {column} < `as_of`", "lies before as_of"
    if is_list and pa.types.is_struct(field.kind.value_type) and field.kind.value_type.get_field_index("at") >= 0:
        late = f"exists({column}, item -> item.at >= `as_of`)"
        yield "before_as_of", f"{column} IS NULL OR NOT coalesce({late}, false)", "has no time at or after as_of"
