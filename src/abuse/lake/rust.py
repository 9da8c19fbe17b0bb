"""Tables opened by delta-rs, without a JVM, wherever they lie."""

from __future__ import annotations

from typing import Any

from deltalake import DeltaTable
from pyarrow.fs import FileSystem, SubTreeFileSystem

from abuse.address import is_remote
from abuse.lake.storage import storage_of


def is_table(uri: str) -> bool:
    return DeltaTable.is_deltatable(uri, storage_options=options(uri))


def opened(uri: str, version: int | None = None) -> DeltaTable:
    return DeltaTable(uri, version=version, storage_options=options(uri))


def create(uri: str, **more: Any) -> None:
    """Makes the empty table; nothing where it is there."""
    DeltaTable.create(uri, mode="ignore", storage_options=options(uri), **more)


def files_of(table: DeltaTable, uri: str) -> FileSystem:
    """Where Arrow reads the table's files, without Python in between: delta-rs' own file system calls back into it, and
    a thread of Arrow that still does so while the process ends aborts it (one in six `abuse gates`, measured).
    """
    filesystem, path = storage_of(uri).arrow(uri if is_remote(uri) else table.table_uri)
    return SubTreeFileSystem(path, filesystem)


def options(uri: str) -> dict[str, str] | None:
    """For delta-rs' `storage_options`. Raises LakeError where a bucket does not answer."""
    return storage_of(uri).tableoptions(uri)
