"""Why a file cannot be read, by name, and what to do about that very cause: each has its own."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from abuse.campaign import Source
from abuse.errors import InputError
from abuse.lake.storage import storage_of
from abuse.lake.stored import PARQUET_MAGIC, odd_types

GZIP_MAGIC = b"\x1f\x8b"
BEGINNINGS = {  # how a file begins -> what it is, and what to do about it where text is wanted
    PARQUET_MAGIC: ("a parquet file", "Name it .parquet."),
    GZIP_MAGIC: ("packed by gzip", "Name it .csv.gz."),
    b"PK\x03\x04": ("a zip file, as Excel writes them", "Save it as CSV (UTF-8), or unpack it."),
    b"\xd0\xcf\x11\xe0": ("an old Excel file", "Save it as CSV (UTF-8)."),
    b"\x28\xb5\x2f\xfd": ("packed by zstd", "Unpack it, or pack it by gzip and name it .csv.gz."),
    b"BZh": ("packed by bzip2", "Unpack it, or pack it by gzip and name it .csv.gz."),
    b"\xff\xfe": ("text in UTF-16", "Save it in UTF-8."),
    b"\xfe\xff": ("text in UTF-16", "Save it in UTF-8."),
}
SAID: dict[str, tuple[str, str]] = {  # what Spark or Hadoop says -> what is wrong, and what to do
    "AccessDeniedException": ("access is denied", "Give the role the right to read it."),
    "Permission denied": ("access is denied", "Give whoever runs this the right to read it."),
    "FILE_NOT_EXIST": ("it went away while it was read", "Run it again when nobody writes there."),
    "FileNotFoundException": ("it went away while it was read", "Run it again when nobody writes there."),
    "COLUMN_ALREADY_EXISTS": ("two of its columns have one name, but for case", "Rename one of them."),
    "CANNOT_MERGE": ("a column has another type than in the other files", "Write all of them with one type."),
    "DATA_TYPE_MISMATCH": ("a column has another type than in the other files", "Write all of them with one type."),
    "PARQUET_TYPE": ("a column of a type that cannot be read", "Cast that column to STRING."),
    "UNSUPPORTED_TIME_TYPE": ("a column holds a time of day", "Write it as a timestamp."),
    "DECIMAL_PRECISION": ("a decimal of more than 38 digits", "Cast that column to STRING."),
    "CANNOT_READ_FILE_FOOTER": ("its end is missing or damaged", "Copy or write it again, whole."),
    "FAILED_READ_FILE": ("it is damaged", "Copy or write it again, and compare checksums."),
    "UNABLE_TO_INFER_SCHEMA": ("it says of no column what it holds", "Write it again, with its columns."),
}
LEAST_PARQUET = 12
"""Bytes of a parquet file without rows and columns."""
LONGEST = 200
"""Characters of what a library said that are passed on."""


@contextmanager
def whole(name: str, path: str) -> Iterator[None]:
    """Raises InputError for what opening and reading the file raises inside."""
    try:
        yield
    except (gzip.BadGzipFile, zlib.error) as why:
        raise _not_gzip(name, path, why) from None
    except EOFError:
        fix = "Copy or write it again, whole."
        raise _wrong(name, f"{path} breaks off before its end", "a whole file", fix) from None
    except PermissionError:
        fix = "Give whoever runs this the right to read it."
        raise _wrong(
            name, f"{path} cannot be read (permission denied)", "a file that this user can read", fix
        ) from None
    except OSError as why:
        fix = "See what the disk or the network says, then run it again."
        raise _wrong(name, f"{path} cannot be read ({why})", "a file that can be read", fix) from None


def require_text(name: str, path: str, begun: bytes) -> None:
    """Raises InputError for a file that is called csv and is something else, by how it begins."""
    for beginning, (what, fix) in BEGINNINGS.items():
        if begun.startswith(beginning):
            raise _wrong(name, f"{path} is {what}", "text", fix)
    head = begun.partition(b"\n")[0]  # a zero byte further down costs its row, not the file
    if b"\0" in head:
        raise _wrong(name, f"{path} is no text (it holds zero bytes)", "text in UTF-8", "Save it as CSV (UTF-8).")


@contextmanager
def readable(*sources: Source, is_opened: bool = False, paths: list[str] | None = None) -> Iterator[None]:
    """Turns Spark's account of a broken file into one line. While files are only opened, all it says is of them;
    `paths` are then looked at for the one that is meant.
    """
    try:
        yield
    except (PySparkException, Py4JJavaError) as why:
        said = str(why)
        if not is_opened and not any(word in said for word in SAID):
            raise
        names = ", ".join(s.name for s in sources)
        for path in paths or []:
            _require_parquet(names, path)
        found, fix = odd_types(paths or []) or _told(said, ", ".join(s.path for s in sources))
        raise InputError(f"source {names}", found, "whole csv, csv.gz or parquet files", fix) from why


def _told(said: str, paths: str) -> tuple[str, str]:
    what, fix = next(
        (told for word, told in SAID.items() if word in said), ("it cannot be read", "Look at it with another program.")
    )
    lines = said.splitlines()
    cause = next((line.strip() for line in lines if "Caused by: java" in line), lines[0] if lines else "")
    return f"of the files {paths}, one cannot be read: {what} ({cause.removeprefix('Caused by: ')[:LONGEST]})", fix


def _require_parquet(name: str, path: str) -> None:
    """Raises InputError for a file that is called parquet and is something else, or not all of one."""
    system, at = storage_of(path).arrow(path)
    with whole(name, path), system.open_input_file(at) as file:
        size = file.size()
        begun = file.read(len(PARQUET_MAGIC))
        file.seek(max(size - len(PARQUET_MAGIC), 0))
        end = file.read()
    if size == 0:
        raise _wrong(name, f"{path} is empty", "a parquet file", "Write it again, or remove it.")
    if begun != PARQUET_MAGIC:
        what, _ = next((said for start, said in BEGINNINGS.items() if begun.startswith(start)), ("no parquet file", ""))
        raise _wrong(name, f"{path} is {what}", "a parquet file", "Name it by what it is: .csv, .csv.gz or .parquet.")
    if end != PARQUET_MAGIC or size < LEAST_PARQUET:
        raise _wrong(
            name, f"{path} breaks off before its end", "a whole parquet file", "Copy or write it again, whole."
        )


def _not_gzip(name: str, path: str, why: Exception) -> InputError:
    with storage_of(path).opened(path) as file:
        is_packed = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    if is_packed:
        fix = "Copy or write it again, and compare checksums."
        return _wrong(name, f"{path} is damaged ({why})", "a whole file", fix)
    fix = "Name it .csv, or pack it by gzip."
    return _wrong(name, f"{path} is not packed by gzip", "a gzip file, as its name says", fix)


def _wrong(name: str, found: str, wanted: str, fix: str) -> InputError:
    return InputError(f"source {name}", found, wanted, fix)
