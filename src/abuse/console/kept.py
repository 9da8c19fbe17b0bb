"""What is dear to make and never changes for a publication, or for a state of the ledger, made once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any


class Kept:
    """The `most` that were asked for last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Two who ask for the same at once may both make it; it comes out the same."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        made = make()
        self._put(key, made)
        return made

    def latest(self, key: Hashable, version: Hashable, make: Callable[[], Any]) -> Any:
        """Of what has versions only the last that was asked for stays."""
        with self._lock:
            known, found = self._found.get(key, (None, None))
        if known != version:
            found = make()
        self._put(key, (version, found))
        return found

    def _put(self, key: Hashable, made: Any) -> None:
        with self._lock:
            self._found[key] = made
            self._found.move_to_end(key)
            while len(self._found) > self._most:
                self._found.popitem(last=False)
