"""Ledgers, append-only tables and those that runs add to: read as they are now, written by delta-rs alone."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError

from abuse.errors import ContractError, LakeError, first_line
from abuse.lake.arrow import declared, files_of
from abuse.lake.rust import create, is_table, opened, options
from abuse.tables import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from abuse.contract import Table

COMMIT_TRIES = 30
LONGEST_WAIT_S = 0.5


class Overtaken(Exception):  # noqa: N818 -- to be caught: whoever asked looks again
    """Somebody wrote of the same topic since the ledger was read."""


@dataclass(frozen=True, slots=True)
class Turn:
    """When a ledger was read, as its Delta version, and the topic that the reader read of."""

    topic: str
    version: int


def ledger(lake: str, table: type[Table], filter: pc.Expression | None = None) -> pa.Table:
    """The rows of a ledger as it is now; none where it was never written."""
    uri = table_uri(lake, table)
    with _readable(uri):
        if not is_table(uri):
            return table.arrow_schema().empty_table()
        found = opened(uri)
        dataset = found.to_pyarrow_dataset(filesystem=files_of(found, uri))
        return declared(dataset, table, table.columns(), filter)


@contextmanager
def _readable(uri: str) -> Iterator[None]:
    try:
        yield
    except (DeltaError, OSError) as why:
        fix = "See who may read there, and whether the storage answers; then try again."
        raise LakeError(uri, f"cannot be read ({first_line(why)})", "a ledger", fix) from why


def turn(lake: str, table: type[Table], topic: str) -> Turn:
    """To be asked for before the ledger is read."""
    uri = table_uri(lake, table)
    with _readable(uri):
        return Turn(topic, opened(uri).version() if is_table(uri) else 0)


def append(lake: str, table: type[Table], rows: list[dict[str, Any]], *, after: Turn | None = None) -> None:
    """Adds rows to a ledger, which is made on first use. Writers at the same moment take turns. With `after` it raises
    Overtaken, and writes nothing, where another did so of that topic since.
    """
    checked = _checked(table, rows)

    def write(uri: str, how: dict[str, Any]) -> None:
        if after is None:
            write_deltalake(uri, checked, mode="append", **how)
            return
        # of two commits that began at one version and name one application, Delta lets the first through
        how["commit_properties"].app_transactions = [Transaction(after.topic, after.version + 1)]
        try:
            write_deltalake(opened(uri, after.version), checked, mode="append", **how)
        except CommitFailedError as error:
            raise Overtaken from error

    _commit(lake, table, write)


def replace_rows(lake: str, table: type[Table], rows: list[dict[str, Any]], predicate: str) -> None:
    """Puts these rows in the place of those under the SQL predicate, which must hold for them too."""
    checked = _checked(table, rows)
    _commit(lake, table, lambda uri, how: write_deltalake(uri, checked, mode="overwrite", predicate=predicate, **how))


def _commit(lake: str, table: type[Table], write: Callable[[str, dict[str, Any]], None]) -> None:
    """delta-rs gives up when it loses a race for long, and at once when two writers make the table; so we ask again.
    Raises LakeError for what asking again does not help.
    """
    uri = table_uri(lake, table)
    only_append = {"delta.appendOnly": "true"} if issubclass(table, Ledger) and table.is_append_only else None
    for tried in range(COMMIT_TRIES):
        try:
            if not is_table(uri):
                create(uri, schema=table.arrow_schema(), configuration=only_append)
            turns = CommitProperties(max_commit_retries=COMMIT_TRIES)
            write(uri, {"schema_mode": "merge", "commit_properties": turns, "storage_options": options(uri)})
        except (DeltaError, OSError) as error:
            is_race = isinstance(error, CommitFailedError) and "append-only" not in str(error)
            if not is_race or tried + 1 == COMMIT_TRIES:
                found = f"not written ({first_line(error)})"
                fix = "Try again." if is_race else "See who may write there, and whether the lake is whole."
                raise LakeError(f"lake {lake}: {table.table_name()}", found, "a commit", fix) from error
            time.sleep(random.uniform(0, min(LONGEST_WAIT_S, 0.02 * 2**tried)))
        else:
            return


def _checked(table: type[Table], rows: list[dict[str, Any]]) -> pa.Table:
    """Arrow drops unknown keys and fills missing ones without a word; a ledger must not."""
    needed = {f.name for f in table.fields() if f.required}
    unknown = sorted({name for row in rows for name in row} - set(table.columns()))
    empty = sorted({name for row in rows for name in needed if row.get(name) is None})
    if unknown or empty:
        found = "; ".join([f"{n} is not a column" for n in unknown] + [f"{n} is empty" for n in empty])
        raise ContractError(f"table {table.table_name()}", found, "its declared columns", "Fix what wrote it.")
    return pa.Table.from_pylist(rows, schema=table.arrow_schema())


def table_uri(lake: str, table: type[Table]) -> str:
    return f"{lake.rstrip('/')}/{table.table_name()}"
