"""`abuse review serve` as a process of its own, as somebody starts it."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.console.people import Staff

SETTINGS = """
[console]
poll_s = 0.2
failed_login_s = 0.0

[review]
max_alone = 5
"""
LONGEST_S = 60.0


@dataclass(frozen=True)
class Server:
    """Where it listens, whose lake it shows, and what it logged."""

    url: str
    lake: Path
    staff: Staff
    log: Path

    @property
    def logged(self) -> str:
        return self.log.read_text()


@contextmanager
def serving(lake: Path, folder: Path) -> Iterator[Server]:
    """On loopback, on a port that the system chooses, until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    staff, settings, log = Staff.of(folder), folder / "settings.toml", folder / "log"
    settings.write_text(SETTINGS)
    command = [sys.executable, "-m", "abuse.cli", "review", "serve", "--lake", str(lake), "--port", "0"]
    command += ["--tokens", str(staff.file), "--settings", str(settings), "--cache", str(folder / "models")]
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
        try:
            yield Server(_answering(process, log), lake, staff, log)
        finally:
            process.terminate()
            process.wait(30)


def _answering(process: subprocess.Popen[bytes], log: Path) -> str:
    """The address it prints, once every campaign can be answered there."""
    until = time.monotonic() + LONGEST_S
    while time.monotonic() < until and process.poll() is None:
        if found := re.search(r"The console is at (http://127\.0\.0\.1:\d+)/", log.read_text()):
            try:
                with urlopen(f"{found[1]}/readyz", timeout=10):  # noqa: S310 -- this machine
                    return found[1]
            except URLError:
                pass
        time.sleep(0.1)
    raise AssertionError(f"the console did not start:\n{log.read_text()}")
