"""CSV files -> their header, how their quotes are escaped, and how many empty fields end every row.

Read by us: Spark drops whatever the header does not name, and reads another way of quoting as other rows.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import BinaryIO, cast

from abuse.campaign import Source
from abuse.errors import InputError
from abuse.lake.broken import require_text, whole
from abuse.lake.storage import storage_of

PEEK = 1 << 20
"""Bytes of a file from which its header and its first rows are read; no header is longer."""
FIRST_ROWS = 100
"""Rows that say whether every row ends with empty fields."""
CHUNK = 1 << 22
OVERLAP = 3
"""Bytes by which pieces overlap, as none of the patterns below is longer by more."""
OTHERS = {";": "';'", "\t": "tabs", "|": "'|'"}
DOUBLED, BACKSLASH = '"', "\\"
ESCAPED = re.compile(rb'\\"(?:[^",\r\n]|"[,\r\n])')
"""A quote that a backslash keeps inside its field. In a file that doubles its quotes, behind a quote in a field comes
another, or the field's end."""
TWICE = re.compile(rb'[^\\",\r\n]""|"""')
"""A quote that another keeps inside its field."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the files of a source are to be read, all of them alike."""

    names: tuple[str, ...]
    """The columns as the header has them; `_c` and its place for one without a name."""
    escape: str
    """What keeps a quote inside its field: a second quote, or a backslash."""
    num_empty: int
    """Empty fields behind the last column, in every row: some programs end a row with a comma."""

    def habits(self) -> list[str]:
        """What is unusual about how the files are written, and how it is read."""
        said = ["quotes inside fields are kept by backslashes, and read so"] if self.escape == BACKSLASH else []
        return said + (
            ["every row ends with a comma that the header lacks; it counts for nothing"] * bool(self.num_empty)
        )


def layout(source: Source, paths: list[str]) -> Layout:
    """Of all the files together. Raises InputError where they differ, or are written in a way that is not read."""
    escape = _escape(source, paths)
    begun = {path: _first_rows(source, path, escape) for path in paths}
    headers = {names: path for path, (names, _) in begun.items()}
    if len(headers) > 1:
        found = f"other columns in {' than in '.join(list(headers.values())[:2])}"
        raise InputError(f"source {source.name}", found, "one header", "Make two sources of them.")
    (names,) = headers
    return Layout(names, escape, max(_num_empty(len(names), rows) for _, rows in begun.values()))


def _first_rows(source: Source, path: str, escape: str) -> tuple[tuple[str, ...], list[list[str]]]:
    """The header's names and the rows behind it, as far as they lie whole in the first bytes."""
    with _unpacked(source.name, path) as file:
        begun = file.read(PEEK)
    require_text(source.name, path, begun)
    text = begun.decode("utf-8-sig", errors="replace")
    rows = list(islice(_records(text, ",", escape), FIRST_ROWS + 2))
    if len(begun) == PEEK and len(rows) <= FIRST_ROWS + 1:
        rows = rows[:-1]  # it may go on behind the first bytes
    header = rows[0] if rows else []
    for separator, said in OTHERS.items():
        if len(next(_records(text, separator, escape), [])) > len(header):
            found = f"the columns of {path} are separated by {said}, not by commas"
            fix = "Write the file with commas between columns, and numbers with a point and without separators."
            raise InputError(f"source {source.name}", found, "columns separated by commas", fix)
    return tuple(name or f"_c{place}" for place, name in enumerate(header)), rows[1:]


def _records(text: str, separator: str, escape: str) -> Iterator[list[str]]:
    """Rows that are not blank, until one that nobody can read."""
    how = {"doublequote": True} if escape == DOUBLED else {"doublequote": False, "escapechar": escape}
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, **how)
    try:
        yield from (row for row in reader if row)
    except csv.Error:
        return  # a field of more than 100,000 characters, say: what was read before says enough


def _num_empty(width: int, rows: list[list[str]]) -> int:
    """How many empty fields every row has behind the last column; none where a number was taken apart instead."""
    if any(all(_are_one_number(row[at : at + 2]) for row in rows) for at in range(width)):
        return 0
    beyond = [row[width:] for row in rows]
    return min((next((n for n, text in enumerate(more) if text), len(more)) for more in beyond), default=0)


def _are_one_number(fields: list[str]) -> bool:
    """Whether two fields look like 1,234.50 or 12,50 without quotes."""
    return bool(re.fullmatch(r"-?(\d{1,3},\d{3}(\.\d+)?|\d+,\d\d)", ",".join(fields)))


def _escape(source: Source, paths: list[str]) -> str:
    """What keeps quotes inside fields. Raises InputError where some files do it in one way and some in the other."""
    escaped = [path for path in paths if _has(source, path, ESCAPED)]
    doubled = [path for path in (paths if escaped else []) if _has(source, path, TWICE)]
    other = next((path for path in doubled if path not in escaped), None)
    escaped = [path for path in escaped if path not in doubled]  # a backslash before a quote may stand in any text
    if escaped and other is not None:
        found = f"quotes kept by a backslash in {escaped[0]} and by a second quote in {other}"
        raise InputError(f"source {source.name}", found, "one way of quoting", "Make two sources of them.")
    return BACKSLASH if escaped else DOUBLED


def _has(source: Source, path: str, pattern: re.Pattern[bytes]) -> bool:
    return _holds(source.name, path, storage_of(path).mark(path)[0], pattern)


@lru_cache(maxsize=10_000)
def _holds(name: str, path: str, mark: str, pattern: re.Pattern[bytes]) -> bool:
    """Whether the pattern is anywhere in the file: a name with a quote in it may come late, and only once."""
    with _unpacked(name, path) as file:
        before = b""
        while chunk := file.read(CHUNK):
            piece = before + chunk
            if b'"' in piece and pattern.search(piece):
                return True
            before = piece[-OVERLAP:]
    return False


@contextmanager
def _unpacked(name: str, path: str) -> Iterator[BinaryIO]:
    """The file as its text was written, packed or not. Raises InputError for one that cannot be read."""
    with whole(name, path), storage_of(path).opened(path) as raw:
        yield cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if path.endswith(".gz") else raw
