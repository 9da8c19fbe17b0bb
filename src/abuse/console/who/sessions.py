"""Logins, in memory alone: a start of the console begins with none."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

NUM_BYTES = 32


@dataclass(slots=True)
class _Session:
    token: str
    begun_at: float
    used_at: float


class Sessions:
    """A login ends when it is `idle_s` unused, when it is `longest_s` old, or when its token is worth nothing."""

    def __init__(self, idle_s: float, longest_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._idle_s, self._longest_s, self._clock = idle_s, longest_s, clock
        self._secret = secrets.token_bytes(NUM_BYTES)
        self._found: dict[str, _Session] = {}
        self._lock = threading.Lock()

    def begin(self, token: str) -> str:
        """The id of a new login. `token`: the digest of what was shown."""
        session_id, now = secrets.token_urlsafe(NUM_BYTES), self._clock()
        with self._lock:
            self._found = {name: one for name, one in self._found.items() if self._holds(one, now)}
            self._found[_named(session_id)] = _Session(token, now, now)
        return session_id

    def token(self, session_id: str) -> str | None:
        """The digest that the login began with; None for one that has ended. To ask is to use it."""
        now = self._clock()
        with self._lock:
            found = self._found.get(_named(session_id))
            if found is None or not self._holds(found, now):
                self._found.pop(_named(session_id), None)
                return None
            found.used_at = now
            return found.token

    def end(self, session_id: str) -> None:
        with self._lock:
            self._found.pop(_named(session_id), None)

    def csrf(self, bound_to: str) -> str:
        """What forms of this login, or of this person behind a proxy, must bring; it tells nothing of the id."""
        return hmac.new(self._secret, bound_to.encode(), hashlib.sha256).hexdigest()

    def _holds(self, one: _Session, now: float) -> bool:
        return now - one.used_at <= self._idle_s and now - one.begun_at <= self._longest_s


def _named(session_id: str) -> str:
    """Ids are looked up by a digest, so that how long it takes tells nothing of another's."""
    return hashlib.sha256(session_id.encode("utf-8", "surrogatepass")).hexdigest()
