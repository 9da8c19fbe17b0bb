"""`runs`, `gate_results`, `reviews` and `freezes` as they are now: read again only when one has another version."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from typing import Any

from deltalake.exceptions import DeltaError

from abuse import authority
from abuse.authority import Row, Word
from abuse.console.problems import NotFound
from abuse.contract import Table
from abuse.errors import LakeError
from abuse.lake.ledger import ledger
from abuse.lake.publication import Publication, Run, latest_published, runs
from abuse.lake.rust import is_table, opened
from abuse.tables import Freezes, GateResults, Reviews, Runs

LOG = logging.getLogger("abuse.console")


class Ledgers:
    """Looks at the lake at most every `poll_s`; whoever asks in between gets what was seen last."""

    def __init__(self, lake: str, poll_s: float) -> None:
        self.lake, self._poll_s = lake, poll_s
        self._seen_at = float("-inf")
        self._lock = threading.Lock()
        self._versions: dict[str, int | None] = {}
        self._there: set[str] = set()
        self._mark = 0
        self._runs: list[Run] = []
        self._gates: list[dict[str, Any]] = []
        self._reviews: dict[str, list[Row]] = {}
        self._words: dict[str, dict[str, Word]] = {}
        self._freezes: list[Row] = []
        self.trouble: LakeError | None = None

    def runs(self, campaign_id: str | None = None) -> list[Run]:
        """Every attempt, newest first. Raises NotFound for a campaign that has none."""
        self._look()
        found = [run for run in self._runs if campaign_id in (None, run.campaign_id)]
        if campaign_id is not None and not found:
            raise NotFound(f"campaign {campaign_id}", "unknown here", "one that ran", "See the list of campaigns.")
        return found

    def gates(self, run_id: str) -> list[dict[str, Any]]:
        """The answers about a run, every attempt's."""
        self._look()
        return [row for row in self._gates if row[GateResults.run_id] == run_id]

    def reviews(self, campaign_id: str) -> list[Row]:
        """What people said of a campaign's accounts, oldest first."""
        self._look()
        return self._reviews.get(campaign_id, [])

    def words(self, campaign_id: str) -> dict[str, Word]:
        """account -> what counts of it."""
        self._look()
        return self._words.get(campaign_id, {})

    def freezes(self, campaign_id: str) -> list[Row]:
        """Lists that were handed to payout; one that two hands wrote at once is one."""
        self._look()
        rows = sorted(self._freezes, key=lambda row: row[Freezes.frozen_at], reverse=True)
        found = {row[Freezes.freeze_id]: row for row in rows if row[Freezes.campaign_id] == campaign_id}
        return list(found.values())

    def seen(self) -> int:
        """Another number whenever a ledger is another. Asked for before the rows, it is never newer than they are, so
        what was made of them can be kept under it.
        """
        self._look()
        return self._mark

    def campaigns(self) -> list[str]:
        """Ids, in the order of their names."""
        return sorted({run.campaign_id for run in self.runs()})

    def publications(self, campaign_id: str) -> list[Publication]:
        """Of each night that has one, latest night first."""
        return latest_published(self.lake, self.runs(campaign_id))

    def age_s(self) -> float:
        """Seconds since the lake was last looked at."""
        return time.monotonic() - self._seen_at

    def refresh(self) -> None:
        """Reads what was just written here, so that whoever wrote it sees it."""
        with self._lock:
            self._read()

    def _look(self) -> None:
        """The first look waits for the lake; later ones are one request's, and nobody waits for them."""
        is_first = self._seen_at == float("-inf")
        if not is_first and self.age_s() < self._poll_s:
            return
        if not self._lock.acquire(blocking=is_first):
            return
        try:
            if self.age_s() >= self._poll_s:
                self._read()
        finally:
            self._lock.release()

    def _read(self) -> None:
        """What was seen before stays when the lake cannot be read; `trouble` says why."""
        before, known = dict(self._versions), str(self.trouble)
        try:
            if self._is_new(Runs):
                self._runs = runs(self.lake)
            if self._is_new(GateResults):
                self._gates = ledger(self.lake, GateResults).to_pylist()
            if self._is_new(Reviews):
                self._heard(ledger(self.lake, Reviews).to_pylist())
            if self._is_new(Freezes):
                self._freezes = ledger(self.lake, Freezes).to_pylist()
            self.trouble = None
        except LakeError as why:  # of a bucket
            self._versions.clear()
            self.trouble = why
        except (DeltaError, OSError) as why:
            self._versions.clear()
            found = (str(why).splitlines() or [type(why).__name__])[0]
            self.trouble = LakeError(f"lake {self.lake}", found, "ledgers that can be read", "Mend the lake.")
        if self.trouble is not None and str(self.trouble) != known:
            LOG.warning("%s", self.trouble)
        self._mark += self._versions != before
        self._seen_at = time.monotonic()

    def _heard(self, rows: list[dict[str, Any]]) -> None:
        by_campaign: dict[str, list[Row]] = defaultdict(list)
        for row in authority.ordered(rows):
            by_campaign[row[Reviews.campaign_id]].append(row)
        self._words = {name: authority.counted(said) for name, said in by_campaign.items()}
        self._reviews = dict(by_campaign)

    def _is_new(self, table: type[Table]) -> bool:
        """A ledger is never removed: one that was there and is gone is a lake that cannot be read, not an empty one."""
        uri, name = f"{self.lake.rstrip('/')}/{table.table_name()}", table.table_name()
        version = opened(uri).version() if is_table(uri) else None
        if version is None and name in self._there:
            raise FileNotFoundError(f"table {name} is gone")
        if version is not None:
            self._there.add(name)
        is_new = self._versions.get(name, -1) != version
        self._versions[name] = version
        return is_new
