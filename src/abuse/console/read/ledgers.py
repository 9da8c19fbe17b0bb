"""`runs` and `gate_results` as they are now: read again only when one has another version."""

from __future__ import annotations

import threading
import time
from typing import Any

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from abuse.console.problems import NotFound
from abuse.contract import Table
from abuse.errors import LakeError
from abuse.lake.publication import Publication, Run, latest_published, ledger, runs
from abuse.tables import GateResults, Runs


class Ledgers:
    """Looks at the lake at most every `poll_s`; whoever asks in between gets what was seen last."""

    def __init__(self, lake: str, poll_s: float) -> None:
        self.lake, self._poll_s = lake, poll_s
        self._seen_at = float("-inf")
        self._lock = threading.Lock()
        self._versions: dict[str, int | None] = {}
        self._runs: list[Run] = []
        self._gates: list[dict[str, Any]] = []
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

    def campaigns(self) -> list[str]:
        """Ids, in the order of their names."""
        return sorted({run.campaign_id for run in self.runs()})

    def publications(self, campaign_id: str) -> list[Publication]:
        """Of each night that has one, latest night first."""
        return latest_published(self.lake, self.runs(campaign_id))

    def age_s(self) -> float:
        """Seconds since the lake was last looked at."""
        return time.monotonic() - self._seen_at

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
        try:
            if self._is_new(Runs):
                self._runs = runs(self.lake)
            if self._is_new(GateResults):
                self._gates = ledger(self.lake, GateResults).to_pylist()
            self.trouble = None
        except (DeltaError, OSError) as why:
            self._versions.clear()
            found = (str(why).splitlines() or [type(why).__name__])[0]
            self.trouble = LakeError(f"lake {self.lake}", found, "ledgers that can be read", "Mend the lake.")
        self._seen_at = time.monotonic()

    def _is_new(self, table: type[Table]) -> bool:
        uri, name = f"{self.lake.rstrip('/')}/{table.table_name()}", table.table_name()
        version = DeltaTable(uri).version() if DeltaTable.is_deltatable(uri) else None
        is_new = self._versions.get(name, -1) != version
        self._versions[name] = version
        return is_new
