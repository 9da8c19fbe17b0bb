"""An open read model: connections that requests borrow, and rows as dicts."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any
from urllib.parse import quote

from abuse.lake.publication import Publication

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOST = "Which addresses belong to whom is kept no more: run its night again."
CACHE_KIB = 4096
"""Pages a connection keeps; the file itself is in the system's memory already."""


@dataclass(frozen=True, slots=True)
class View:
    """One publication as one request sees it, from its first row to its last."""

    publication: Publication
    db: sqlite3.Connection

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """`values`: in order, or one dict of them by name."""
        by_name = values[0] if len(values) == 1 and isinstance(values[0], dict) else None
        with closing(self.db.execute(sql, values if by_name is None else by_name)) as cursor:
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def row(self, sql: str, *values: Any) -> dict[str, Any] | None:
        found = self.rows(sql, *values)
        return found[0] if found else None

    def value(self, sql: str, *values: Any) -> Any:
        found = self.row(sql, *values)
        return None if found is None else next(iter(found.values()))

    @property
    def has_owners(self) -> bool:
        """Whether it is known which addresses belong to whom; `LOST` says so where it is not."""
        return self.value("SELECT 1 FROM about WHERE name = 'lost'") is None


class Model:
    """A file of `build`. Closing it leaves the connections that are lent out alone until they come back."""

    def __init__(self, publication: Publication, file: Path) -> None:
        self.publication, self.file = publication, file
        self._free: LifoQueue[sqlite3.Connection] = LifoQueue()
        self._is_closed = False
        self._free.put(self._opened())

    @contextmanager
    def view(self) -> Iterator[View]:
        """One connection for one request: the next publication does not touch it."""
        try:
            db = self._free.get_nowait()
        except Empty:
            db = self._opened()
        try:
            yield View(self.publication, db)
        finally:
            if self._is_closed:
                db.close()
            else:
                self._free.put(db)

    def close(self) -> None:
        self._is_closed = True
        while True:
            try:
                self._free.get_nowait().close()
            except Empty:
                return

    def _opened(self) -> sqlite3.Connection:
        db = sqlite3.connect(f"file:{quote(str(self.file))}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        _with_sqrt(db)
        db.execute("SELECT count(*) FROM about")  # now, not in the middle of a page, if the file is no such file
        return db


def _with_sqrt(db: sqlite3.Connection) -> None:
    """The rule needs it, and SQLite may be built without."""
    try:
        db.execute("SELECT sqrt(4.0)")
    except sqlite3.OperationalError:
        db.create_function("sqrt", 1, lambda value: None if value is None else math.sqrt(value), deterministic=True)


def instant(micros: int | None) -> datetime | None:
    """A time as it was before SQLite."""
    return None if micros is None else EPOCH + timedelta(microseconds=micros)
