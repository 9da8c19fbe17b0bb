"""Shows long work: a bar for each step on a terminal, a line for each step in a log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Shown:
    """A Progress for night.py and a Say for the steps in it."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._bar: Progress | None = None

    @contextmanager
    def step(self, name: str, place: int, total: int) -> Iterator[None]:
        """One step under way; when it ends, one line with how long it took."""
        title = f"{place + 1}/{total} {name:<9}"
        started = time.monotonic()
        if not self.console.is_terminal:
            yield
            self._line(title, started)
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(24), TextColumn("{task.fields[what]}"))
        with Progress(*columns, TimeElapsedColumn(), console=self.console, transient=True) as bar:
            bar.add_task(title, total=None, what="")
            self._bar = bar
            try:
                yield
            finally:
                self._bar = None
        self._line(title, started)

    def _line(self, title: str, started: float) -> None:
        self.console.print(f"{title} {time.monotonic() - started:6.1f} s", highlight=False, markup=False)

    def say(self, what: str, done: int, total: int) -> None:
        """Shows what the step is at; nothing in a log."""
        if self._bar is not None:
            task = self._bar.task_ids[0]
            self._bar.update(task, total=total or None, completed=done, what=what[:60])
