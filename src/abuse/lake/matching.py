"""A source's path -> its files: one list, which is what is opened, read and digested. A folder stands for its files.

What Spark would hide, and what only a table's log can tell, is refused by name: no row is left out without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NoReturn

from abuse.campaign import FILE_KINDS, Source
from abuse.errors import InputError
from abuse.lake.storage import storage_of
from abuse.lake.storage.interface import Storage
from abuse.lake.stored import PARQUET_MAGIC

PARQUET, CSV = "parquet", "csv"
TABLES = {  # what lies in a table's folder -> what the table is, and how its rows become plain files
    "_delta_log": ("a Delta table", 'spark.read.format("delta").load("{0}").write.parquet("export.parquet")'),
    "metadata/*.metadata.json": ("an Iceberg table", 'spark.read.format("iceberg").load("{0}").write.parquet(...)'),
    ".hoodie": ("a Hudi table", 'spark.read.format("hudi").load("{0}").write.parquet("export.parquet")'),
    "_spark_metadata": ("a streaming query's output", 'spark.read.parquet("{0}").write.parquet("export.parquet")'),
}
UNFINISHED = "_temporary"
"""What Spark and Hadoop leave in a folder until all of its files are written."""
MARKER = re.compile(
    r"_SUCCESS|_committed_.*|_started_.*|_metadata|_common_metadata|\..*\.crc|\.DS_Store|\.gitkeep|\._.*"
)
"""Files that jobs and file systems leave beside others and that hold no rows."""


def matched(source: Source) -> list[str]:
    """The files of a source, sorted. Raises InputError when there are none, or others than those that can be read."""
    storage = storage_of(source.path)
    return [
        path
        for root, is_file in roots(source).items()
        for path in ([root] if is_file else _of_a_folder(source, root, storage.below(root)))
    ]


def roots(source: Source) -> dict[str, bool]:
    """The files and folders that the path names, sorted, and which of them are files. Raises InputError."""
    storage = storage_of(source.path)
    found = storage.matching(source.path)
    if not found:
        raise _wrong(source, f"no file {source.path}", "an existing file", "Correct `path` in the campaign file.")
    files = _files_among(storage, found)
    for path in (*(root for root in found if root in files), *_hidden_beside(storage, source.path)):
        if is_hidden(_name(path)):
            _refuse_hidden(source, path)
    for folder in sorted({folder for root in found for folder in _tables_of(root, is_file=root in files)}):
        for sign in TABLES:
            if storage.matching(f"{folder}/{sign}"):
                _refuse_table(source, folder, sign)
    return {root: root in files for root in found}


def _files_among(storage: Storage, found: list[str]) -> set[str]:
    """In a listing of each folder, as in S3 to ask for every file takes long."""
    if len(found) == 1:
        return {path for path in found if storage.is_file(path)}
    folders = {path.rpartition("/")[0] for path in found}
    return {f"{folder}/{name}" for folder in folders for name in storage.names(folder)}


def _hidden_beside(storage: Storage, pattern: str) -> list[str]:
    """Files that the pattern would name, did they not begin with a dot."""
    folder, _, name = pattern.rpartition("/")
    found = storage.matching(f"{folder}/.{name}") if "*" in name else []
    return [path for path in found if not MARKER.fullmatch(_name(path))]


def _of_a_folder(source: Source, root: str, below: list[str]) -> list[str]:
    """The data files below a folder, which are of one kind. Raises InputError."""
    found = list(_data_files(source, root, below))
    kinds = {path: kind_of(path) for path in found}
    if not found:
        raise _wrong(source, f"no file below {root}", "csv, csv.gz or parquet files", "Correct `path`, or fill it.")
    other = next((path for path, kind in kinds.items() if kind is None), None)
    if other is not None:
        fix = f"Move it away, or name the wanted files alone, such as {root}/*.parquet."
        raise _wrong(source, f"{other} is no csv, csv.gz or parquet file by its name", "data files alone", fix)
    return found


def kind_of(path: str) -> str | None:
    """`csv` or `parquet` by the file's name, else by how it begins; None when it is neither."""
    if path.endswith(FILE_KINDS):
        return PARQUET if path.endswith(".parquet") else CSV
    with storage_of(path).opened(path) as file:
        return PARQUET if file.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC else None


def is_hidden(name: str) -> bool:
    """Whether Spark passes it over without a word, as a file and as a folder."""
    return name.startswith(".") or (name.startswith("_") and "=" not in name) or name.endswith("._COPYING_")


def partition_of(path: str) -> dict[str, str]:
    """What the folders on the way to a file say, such as date=2026-03-01: name -> text as it stands."""
    folders = (part.partition("=") for part in path.split("/")[:-1])
    return {name: text for name, is_said, text in folders if is_said and name}


def _data_files(source: Source, root: str, below: Iterable[str]) -> Iterator[str]:
    for path in below:
        *folders, name = path[len(root) + 1 :].split("/")
        for sign in TABLES:
            if sign in folders:
                _refuse_table(source, path.partition(f"/{sign}/")[0], sign)
        if UNFINISHED in folders:
            fix = f"Wait for the job that writes it; if it died, write {root} again."
            raise _wrong(source, f"{root} is half written (it holds {UNFINISHED})", "a whole folder", fix)
        is_in_hidden = any(is_hidden(part) for part in folders)
        if not is_in_hidden and MARKER.fullmatch(name):
            continue
        if is_in_hidden or is_hidden(name):
            _refuse_hidden(source, path)
        yield path


def _refuse_hidden(source: Source, path: str) -> NoReturn:
    found = f"{path} has a hidden file name: what begins with _ or . is not read"
    fix = "Rename it, without _ or . before any name, or move it away if it is no data."
    raise _wrong(source, found, "names that begin with a letter or a digit", fix)


def _refuse_table(source: Source, folder: str, sign: str) -> NoReturn:
    """Its folder holds files that its log removed or never took; only who reads the log knows which."""
    what, export = TABLES[sign]
    said = f"{folder} is {what}'s folder (it holds {sign}): removed files would be read too"
    fix = f"Read it as one and export that: {export.format(folder)}; name the export here."
    raise _wrong(source, said, "plain files, all of them current", fix)


def _tables_of(root: str, *, is_file: bool) -> Iterator[str]:
    """The folders whose table the file or folder may belong to: that above its partitions, and the one above that."""
    folder = root.rpartition("/")[0] if is_file else root
    while "=" in _name(folder):
        folder = folder.rpartition("/")[0]
    for _ in range(2):
        if folder and not folder.endswith((":/", "/")):
            yield folder
        folder = folder.rpartition("/")[0]


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _wrong(source: Source, found: str, wanted: str, fix: str) -> InputError:
    return InputError(f"source {source.name}", found, wanted, fix)
