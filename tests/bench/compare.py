"""`poe bench compare LAKE LAKE`: whether two lakes publish the same. Exit 1, and the first rows that differ, if not.

Rows are compared as sets, floats as stored, without what names a run or says when it ran. The proof that a change of
how something is computed changed nothing of what is found.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass

from abuse.lake.rust import is_table
from abuse.tables import PUBLIC
from tests.night.lakes import rows_as_text

UNCOMPARED = ("run_id", "model_version", "attempt")
SHOWN = 3


@dataclass(frozen=True)
class Compared:
    """Of one table: how many rows are in both lakes, and those that are in one alone."""

    table: str
    num_same: int
    only: tuple[list[str], list[str]]

    @property
    def is_same(self) -> bool:
        return not any(self.only)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="poe bench compare", description=__doc__)
    parser.add_argument("lakes", nargs=2, metavar="LAKE")
    one, other = parser.parse_args(arguments).lakes
    found = compared(one, other)
    for table in found:
        sides = [f"{len(rows):,} only in {lake}" for lake, rows in zip((one, other), table.only, strict=True) if rows]
        print(f"{table.table:<22}{table.num_same:>10,} the same" + "".join(f", {side}" for side in sides))
        for rows in table.only:
            print("".join(f"    {row[:400]}\n" for row in rows[:SHOWN]), end="")
    if not all(table.is_same for table in found):
        raise SystemExit(1)


def compared(one: str, other: str) -> list[Compared]:
    """Every public table that is in either lake."""
    found = []
    for table in PUBLIC:
        name = table.table_name()
        a, b = rows(f"{one}/{name}"), rows(f"{other}/{name}")
        only = sorted((a - b).elements()), sorted((b - a).elements())
        if a or b:
            found.append(Compared(name, (a & b).total(), only))
    return found


def rows(uri: str) -> Counter[str]:
    """The rows of a table as text; none where there is no table."""
    return Counter(rows_as_text(uri, UNCOMPARED) if is_table(uri) else ())
