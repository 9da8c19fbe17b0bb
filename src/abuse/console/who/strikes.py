"""Failed logins by address, so that guessing is slow and seen."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

MOST_ADDRESSES = 10_000
"""Kept at once; beyond it the oldest go, so that a flood costs no memory."""


class Strikes:
    """An address that failed `most` times within `pause_s` waits until that long has passed since the last."""

    def __init__(self, most: int, pause_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._pause_s, self._clock = most, pause_s, clock
        self._found: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()

    def is_out(self, address: str) -> bool:
        with self._lock:
            num, at = self._found.get(address, (0, 0.0))
            return num >= self._most and self._clock() - at < self._pause_s

    def strike(self, address: str) -> None:
        with self._lock:
            num, at = self._found.pop(address, (0, 0.0))
            self._found[address] = (num + 1 if self._clock() - at < self._pause_s else 1, self._clock())
            while len(self._found) > MOST_ADDRESSES:
                self._found.pop(next(iter(self._found)))

    def forgive(self, address: str) -> None:
        with self._lock:
            self._found.pop(address, None)
