"""Who makes read models: the current nights are made by one hand, what else somebody opens by another."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from abuse.console.problems import NotReady
from abuse.lake.publication import Publication

MOST_OTHERS = 2
"""Nights that are not current, made or waiting to be; each takes a minute, and who asks for it a thread."""
Make = Callable[[Publication, Path], None]


class Making:
    """A current night never waits for an old one. Not for two threads: whoever calls it takes turns."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self._current = ThreadPoolExecutor(1, "current-night")
        self._other = ThreadPoolExecutor(1, "other-night")
        self._others: list[Future[None]] = []

    def begun(self, publication: Publication, file: Path, *, is_current: bool) -> Future[None]:
        """Raises NotReady for one that is not current while enough of those wait."""
        if is_current:
            return self._current.submit(self._make, publication, file)
        self._others = [one for one in self._others if not one.done()]
        if len(self._others) >= MOST_OTHERS:
            night = f"campaign {publication.run.campaign_id} as of {publication.run.as_of.isoformat()}"
            found, wanted = f"{len(self._others)} other nights are still being read", f"fewer than {MOST_OTHERS}"
            raise NotReady(night, found, wanted, "Try again in a minute.")
        self._others.append(self._other.submit(self._make, publication, file))
        return self._others[-1]

    def close(self) -> None:
        for hand in (self._current, self._other):
            hand.shutdown(wait=False, cancel_futures=True)
