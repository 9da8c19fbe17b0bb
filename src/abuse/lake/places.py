"""Where a lake's lock lies: here on a disk, in `bucket` in S3.

Judging a dead holder and taking its place must be one act, or two runs judge the same corpse and the second evicts the
first. So whoever may change the lock on a disk holds flock on `_lock.guard` meanwhile.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from abuse.errors import LakeError
from abuse.lake.holder import Holder

FILE, GUARD = "_lock.json", "_lock.guard"


class LostError(Exception):
    """The lease is not ours any more; `found` has it instead."""

    def __init__(self, found: Holder | None) -> None:
        self.found = found


class Place(Protocol):
    """The lock of one lake."""

    def take(self, ours: Holder) -> Holder | None:
        """Ours from now on; or who lives there instead."""

    def renew(self, ours: Holder) -> None:
        """Writes our new heartbeat. Raises LostError."""

    def free(self, ours: Holder) -> None:
        """Nobody's, if it was ours."""


class Folder:
    """A lake on a disk."""

    def __init__(self, lake: Path) -> None:
        self.lake = lake

    def take(self, ours: Holder) -> Holder | None:
        """Sweeps what killed writers left aside."""
        with _guarded(self.lake, make=True) as path:
            other = _found(path)
            if other and not other.is_gone():
                return other
            for left in (path, *self.lake.glob("_lock.*.new")):
                left.unlink(missing_ok=True)
            _write(path, ours, os.link)  # fails if the file exists, should the guard not reach another host
        return None

    def renew(self, ours: Holder) -> None:
        with _guarded(self.lake) as path:
            found = _found(path)
            if found is None or found.token != ours.token:
                raise LostError(found)
            _write(path, ours, os.replace)

    def free(self, ours: Holder) -> None:
        with _guarded(self.lake) as path:
            found = _found(path)
            if found and found.token == ours.token:
                path.unlink()


@contextmanager
def _guarded(lake: Path, *, make: bool = False) -> Iterator[Path]:
    """The lock file, while nobody else decides about it. The kernel frees the guard when its process dies."""
    try:
        if make:
            lake.mkdir(parents=True, exist_ok=True)
        guard = os.open(lake / GUARD, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(guard, fcntl.LOCK_EX)  # held for milliseconds
            yield lake / FILE
        finally:
            fcntl.flock(guard, fcntl.LOCK_UN)  # closing alone would leave it with a child forked meanwhile
            os.close(guard)
    except OSError as why:
        fix = "Change the folder's owner or choose another lake, on a file system that has locks and hard links."
        raise LakeError(f"lake {lake}", f"not writable ({why})", "a folder this user can write", fix) from None


def _found(path: Path) -> Holder | None:
    try:
        changed = path.stat().st_mtime
        return Holder.said(path.read_bytes(), changed)
    except FileNotFoundError:
        return None


def _write(path: Path, holder: Holder, put: Callable[[Path, Path], None]) -> None:
    """Written aside and put in place whole: a reader never sees half of it."""
    aside = path.with_name(f"_lock.{holder.token}.new")
    aside.write_bytes(holder.content())
    put(aside, path)
    aside.unlink(missing_ok=True)
