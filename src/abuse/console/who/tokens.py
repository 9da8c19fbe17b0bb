"""Tokens: 256 random bits that a person shows to be known. A file holds their digests and nothing that opens a door.

One round of SHA-256 is enough: there is nothing to guess that would be tried sooner than all of 256 bits.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import secrets
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from abuse.console.who.person import Person, known
from abuse.errors import AbuseError, InputError
from abuse.operate.page import printable

NUM_BYTES = 32
OTHERS_MAY_WRITE = 0o022
MEND = "Remove the file and add its tokens anew: `abuse review token add`."


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept."""

    name: str
    role: str
    sha256: str
    added_at: str

    @property
    def person(self) -> Person:
        return Person(self.name, self.role)


class Keys(Protocol):
    """The tokens that are good now."""

    def person(self, digest: str) -> Person | None:
        """Whose token has this digest; asked at each request, so one that is removed is worth nothing at once."""


def minted() -> str:
    return secrets.token_urlsafe(NUM_BYTES)


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def owner(tokens: Sequence[Token], digest: str) -> Person | None:
    """Looks at all of them, and as long at each."""
    found = [one for one in tokens if hmac.compare_digest(one.sha256, digest)]
    return found[0].person if found else None


class OneToken:
    """The one that a start made for whoever started it."""

    def __init__(self, token: str, person: Person) -> None:
        self._tokens = [Token(person.name, person.role, digest_of(token), "")]

    def person(self, digest: str) -> Person | None:
        return owner(self._tokens, digest)


class TokenFile:
    """The tokens of a file, read again whenever it is another one."""

    def __init__(self, file: Path) -> None:
        self._file, self._lock = file, threading.Lock()
        self._seen: tuple[int, ...] = ()
        self._tokens: list[Token] = []
        self._look()

    def person(self, digest: str) -> Person | None:
        """A file that has gone or is broken lets nobody in, and says so."""
        with self._lock:
            self._look()
            return owner(self._tokens, digest)

    def _look(self) -> None:
        try:
            told = self._file.stat()
        except OSError:
            self._tokens, self._seen = [], ()
            fix = "Make it: `abuse review token add`."
            raise _wrong(self._file, "cannot be read", "a file of tokens", fix) from None
        seen = (told.st_mtime_ns, told.st_size, told.st_ino)
        if seen != self._seen:
            self._tokens, self._seen = [], ()  # what is broken is not answered from what was before
            self._tokens = listed(self._file)
            self._seen = seen


def listed(file: Path) -> list[Token]:
    """The tokens of a file. Raises InputError where others than its owner may write to it, or it is no such file."""
    try:
        if file.stat().st_mode & OTHERS_MAY_WRITE:
            raise _wrong(file, "others may write to it", "one that its owner alone may", f"`chmod 600 {file}`")
        rows = json.loads(file.read_bytes())["tokens"]
        found = [Token(**row) for row in rows]
        for one in found:
            known(one.name, one.role)
            bytes.fromhex(one.sha256)
    except FileNotFoundError:
        return []
    except AbuseError as why:
        raise _wrong(file, f"{why.where} {why.found}" if why.where in ("name", "role") else why.found, why.wanted,
                     why.fix) from None  # fmt: skip
    except (ValueError, TypeError, KeyError, OSError) as why:
        raise _wrong(file, f"no list of tokens ({type(why).__name__})", "as it was written", MEND) from None
    return found


def add(file: Path, name: str, role: str) -> str:
    """A new token for a person, to be told once. Raises InputError for a name that has one, however it is written."""
    person = known(name, role)
    with _held(file):
        tokens = listed(file)
        if any(person.is_called(one.name) for one in tokens):
            fix = "Remove that first: `abuse review token remove`."
            raise InputError(f"name {printable(name)}", "has a token already", "one for each person", fix)
        token = minted()
        at = datetime.now(UTC).isoformat(timespec="seconds")
        _write(file, [*tokens, Token(person.name, role, digest_of(token), at)])
    return token


def remove(file: Path, name: str) -> Token:
    """Raises InputError where nobody of that name has one."""
    with _held(file):
        tokens = listed(file)
        gone = [one for one in tokens if one.person.is_called(name)]
        if not gone:
            found = f"has no token in {file}"
            raise InputError(f"name {printable(name)}", found, "one that has", "See `abuse review token list`.")
        _write(file, [one for one in tokens if one not in gone])
    return gone[0]


@contextmanager
def _held(file: Path) -> Iterator[None]:
    """Two who change it at once take turns."""
    try:
        folder = os.open(file.parent, os.O_RDONLY)
    except OSError:
        raise _wrong(file, f"no folder {file.parent}", "an existing folder", "Make it.") from None
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _write(file: Path, tokens: Sequence[Token]) -> None:
    """Whole or not at all, and for its owner's eyes: mkstemp gives 0600."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    try:
        with os.fdopen(handle, "w") as out:
            json.dump({"tokens": [asdict(one) for one in tokens]}, out, indent=1)
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _wrong(file: Path, found: str, wanted: str, fix: str) -> InputError:
    return InputError(f"tokens {file}", found, wanted, fix)
