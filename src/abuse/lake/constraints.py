"""A table's promises, kept where rows are written: counted with the write, before anything of it is committed.

The second line: the gates count bad rows before anything is published. A public table also carries its promises as a
CHECK constraint, so that whatever else writes Delta refuses such rows too. One constraint for all promises of a row.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

from abuse.contract import Table
from abuse.errors import CheckError
from abuse.lake.rust import opened
from abuse.plurals import counted
from abuse.promises import Promise, promises
from abuse.settings import digest

PREFIX = "delta.constraints."
CONTRACT = "contract_"
"""How the constraint is named, with the digest of what it says behind it."""


def constraint(table: type[Table]) -> tuple[str, str]:
    """Name, and SQL that every written row is held against."""
    holds = " AND ".join(f"({p.holds})" for p in promises(table) if p.holds and p.is_plain)
    return f"{CONTRACT}{digest(holds)[:8]}", holds


def properties(table: type[Table]) -> dict[str, str]:
    """What a new public table says of its rows."""
    name, holds = constraint(table)
    return {f"{PREFIX}{name}": holds} if holds else {}


def constrain(table: type[Table], path: str) -> None:
    """Gives the table the constraint of this version for an earlier one's; its older rows were published under that."""
    found, wanted = opened(path), properties(table)
    said = found.metadata().configuration
    for old in sorted(set(said) - set(wanted)):
        if old.startswith(f"{PREFIX}{CONTRACT}"):
            found.alter.drop_constraint(old.removeprefix(PREFIX))
    if not set(wanted) <= set(said):
        opened(path).alter.set_table_properties(wanted, raise_if_not_exists=False)


def kept(table: type[Table]) -> list[Promise]:
    """The promises that a written row is held against."""
    return [p for p in promises(table) if p.holds and (p.is_plain or p.name.endswith(".present"))]


def broken(table: type[Table]) -> dict[str, Column]:
    """Promise -> how many rows break it, as an aggregate."""
    return {p.name: F.count_if(~F.coalesce(F.expr(p.holds), F.lit(False))) for p in kept(table)}


def require_kept(table: type[Table], bad: Mapping[str, int]) -> None:
    """Raises CheckError where rows break a promise."""
    lost = [
        f"{counted(bad[p.name], 'row breaks', 'rows break')} `{p.name}` ({p.says})"
        for p in kept(table)
        if bad.get(p.name)
    ]
    if lost:
        fix = "Nothing was written. A gate should have held this run: please report it."
        raise CheckError(f"table {table.table_name()}", "; ".join(lost), "rows that keep its contract", fix)
