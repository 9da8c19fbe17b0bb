"""Which publication a request is answered from: read models are made beside, swapped whole, and lent."""

from __future__ import annotations

import logging
import multiprocessing
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from abuse.console.problems import NotFound, NotReady
from abuse.console.read.build import build, model_name
from abuse.console.read.held import held
from abuse.console.read.ledgers import Ledgers
from abuse.console.read.making import Make, Making
from abuse.console.read.model import Model, View
from abuse.lake.publication import Publication
from abuse.plurals import counted
from abuse.settings import Console

STALE_S = 3600.0
"""A file that no console has touched for so long is nobody's."""
RETRY_S = 30.0
"""A night that could not be read is not tried again before."""

LOG = logging.getLogger("abuse.console")


class Shelf:
    """Models by file name. A request keeps the one it began with, whatever is published meanwhile."""

    def __init__(self, ledgers: Ledgers, folder: Path, rules: Console, make: Make = build) -> None:
        self.ledgers, self._folder, self._rules, self._maker = ledgers, folder, rules, Making(make)
        self._models: dict[str, Model] = {}  # least lately used first
        self._current: dict[str, str] = {}
        self._making: dict[str, Future[None]] = {}
        self._failed_at: dict[str, float] = {}
        self._lock = threading.RLock()  # what is made already is opened at once, by whoever asked
        self._touched_at = time.time()

    @contextmanager
    def view(self, campaign_id: str, as_of: datetime | None = None) -> Iterator[View]:
        """The publication of this night, else the current one. Raises NotFound, or NotReady while it is made."""
        with self._model(self.publication(campaign_id, as_of), is_current=as_of is None).view() as found:
            yield found

    @contextmanager
    def held(self, campaign_id: str, run_id: str) -> Iterator[View]:
        """What a held run decided, which no page takes for the campaign's. Raises NotFound, or NotReady."""
        with self._model(held(self.ledgers, campaign_id, run_id), is_current=False).view() as found:
            yield found

    def publication(self, campaign_id: str, as_of: datetime | None = None) -> Publication:
        """As `lake.publication.current`, from what the ledgers hold."""
        found = self.ledgers.publications(campaign_id)
        for publication in found:
            if as_of in (None, publication.run.as_of):
                return publication
        where = f"campaign {campaign_id}"
        night = "a published night" if as_of is None else f"a published night as of {as_of.isoformat()}"
        if not found:
            raise NotFound(where, "nothing is published of it yet", night, "See its runs: a gate may hold one.")
        raise NotFound(where, f"{counted(len(found), 'published night')}, not this", night, "See its nights.")

    def warm(self) -> None:
        """Begins to read the current night of every campaign."""
        for campaign_id in self.ledgers.campaigns():
            for publication in self.ledgers.publications(campaign_id)[:1]:
                self._begun(publication)

    def is_ready(self) -> bool:
        """Whether every campaign that has a publication can be answered."""
        campaigns = [name for name in self.ledgers.campaigns() if self.ledgers.publications(name)]
        for name in campaigns:
            self._begun(self.ledgers.publications(name)[0])
        return all(map(self.has, campaigns))

    def has(self, campaign_id: str) -> bool:
        """Whether it can be answered at once."""
        return campaign_id in self._current

    def behind(self) -> list[str]:
        """Campaigns that are answered from an older publication, or from none, while the newest is read."""
        newest = {name: self.ledgers.publications(name)[:1] for name in self.ledgers.campaigns()}
        return [name for name, found in newest.items() if found and self._current.get(name) != model_name(found[0])]

    def close(self) -> None:
        self._maker.close()
        for model in self._models.values():
            model.close()

    def _model(self, publication: Publication, *, is_current: bool) -> Model:
        making = self._begun(publication)
        stand_in = self._models.get(self._current.get(publication.run.campaign_id, "")) if is_current else None
        if stand_in is not None and (not making.done() or making.exception()):
            return stand_in
        try:
            making.result(timeout=self._rules.wait_s)
        except NotYet:
            night = f"campaign {publication.run.campaign_id} as of {publication.run.as_of.isoformat()}"
            raise NotReady(night, "still being read", "a moment", "Try again in a few seconds.") from None
        return self._opened(publication, is_current=is_current)

    def _begun(self, publication: Publication) -> Future[None]:
        """The making of its file; a file of an earlier start counts as made. Raises NotReady as `Making` does."""
        name = model_name(publication)
        file = self._folder / name
        with self._lock:
            self._touch()
            making = self._making.get(name)
            if making is None or (making.done() and self._is_lost(name, making)):
                is_newest = self._is_newest(publication)
                making = _done() if file.exists() else self._maker.begun(publication, file, is_current=is_newest)
                self._making[name] = making
                making.add_done_callback(lambda made: self._made(publication, made))
        return making

    def _is_lost(self, name: str, making: Future[None]) -> bool:
        if making.exception():
            return time.monotonic() - self._failed_at.get(name, 0.0) > RETRY_S
        return not (self._folder / name).exists()

    def _made(self, publication: Publication, making: Future[None]) -> None:
        """Swaps it in, or notes when it failed; what failed is told to whoever waits for it, and in the log."""
        if making.cancelled():
            return
        if why := making.exception():
            self._failed_at[model_name(publication)] = time.monotonic()
            LOG.error("a night cannot be read", extra={"campaign": publication.run.campaign_id, "why": str(why)})
            return
        self._opened(publication)

    def _opened(self, publication: Publication, *, is_current: bool = False) -> Model:
        name, campaign_id = model_name(publication), publication.run.campaign_id
        with self._lock:
            model = self._models.pop(name, None) or Model(publication, self._folder / name)
            self._models[name] = model
            if not publication.is_held and (is_current or self._is_newer(publication)):
                self._current[campaign_id] = name
            self._retire()
        return model

    def _is_newest(self, publication: Publication) -> bool:
        newest = self.ledgers.publications(publication.run.campaign_id)[:1]
        return [model_name(publication)] == list(map(model_name, newest))

    def _is_newer(self, publication: Publication) -> bool:
        """Than what is shown of its campaign: the newest may still be read, and one after it come first."""
        if self._is_newest(publication):
            return True
        shown, run = self._models.get(self._current.get(publication.run.campaign_id, "")), publication.run
        known = shown.publication.run if shown else run
        return run.as_of >= known.as_of and run.finished_at > known.finished_at

    def _retire(self) -> None:
        """Closes the nights that were asked for longest ago, and forgets how they were made."""
        others = [name for name in self._models if name not in self._current.values()]
        for name in others[: max(0, len(others) - self._rules.kept_nights)]:
            self._models.pop(name).close()
            self._making.pop(name, None)

    def _touch(self) -> None:
        """Says which files are in use, and removes those that no console does."""
        now = time.time()
        if now - self._touched_at < STALE_S / 10:
            return
        self._touched_at = now
        for file in self._folder.glob("*.sqlite"):
            if file.name in self._models:
                file.touch()
            elif now - file.stat().st_mtime > STALE_S:
                file.unlink(missing_ok=True)


def build_apart(publication: Publication, file: Path) -> None:
    """As `build`, in a process of its own: its memory goes with it, and no page waits for it to let go of Python."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        process.submit(build, publication, file).result()


def _done() -> Future[None]:
    made: Future[None] = Future()
    made.set_result(None)
    return made
