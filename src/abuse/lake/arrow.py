"""Delta tables as Arrow reads them, without Spark, wherever they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from pyarrow.fs import FileSystem, SubTreeFileSystem

from abuse.address import is_remote
from abuse.lake.storage import storage_of

if TYPE_CHECKING:
    from pyarrow.dataset import Dataset  # loads pandas, which takes a quarter of a second

    from abuse.contract import Table


def files_of(table: DeltaTable, uri: str) -> FileSystem:
    """Where Arrow reads the table's files, without Python in between: delta-rs' own file system calls back into it, and
    a thread of Arrow that still does so while the process ends aborts it (one in six `abuse gates`, measured).
    """
    filesystem, path = storage_of(uri).arrow(uri if is_remote(uri) else table.table_uri)
    return SubTreeFileSystem(path, filesystem)


def declared(rows: Dataset, table: type[Table], columns: list[str], where: pc.Expression | None = None) -> pa.Table:
    """These columns in the declared types; one that an earlier version of the project did not write is empty."""
    schema = table.arrow_schema()
    found = rows.to_table([name for name in columns if name in rows.schema.names], where)
    for name in columns:
        if name not in found.column_names:
            found = found.append_column(name, pa.nulls(len(found), schema.field(name).type))
    return found.select(columns).cast(pa.schema([schema.field(name) for name in columns]))
