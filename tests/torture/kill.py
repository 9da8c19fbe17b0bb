"""A night killed with SIGKILL at five moments and run again, while a reader polls the publication."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from abuse.lake.publication import current
from abuse.tables import Decisions, DisqualifiedAccounts
from tests.night import tiny
from tests.night.lakes import public_rows

MOMENTS = {  # seen first in a night of a lake that has one publication already
    "ingest, facts half written": "work/spill/ingest-tiny/0",
    "after trails": "work/records/tiny/*/trails.json",
    "in clusters": "work/spill/clusters-*",
    "after decide": "work/records/tiny/*/decide.json",
    "publish, some public tables written": "clusters/_delta_log/*.json",
}


def night(file: Path, lake: Path, as_of: str) -> list[str]:
    return [sys.executable, "-m", "abuse.cli", "night", "--campaign", str(file), "--as-of", as_of, "--lake", str(lake)]


def new_paths(lake: Path, pattern: str, old: set[Path]) -> set[Path]:
    return set(lake.glob(pattern)) - old


class Reader(threading.Thread):
    """Reads the current publication all the time; every answer must be a whole one."""

    def __init__(self, lake: Path | str) -> None:
        super().__init__(daemon=True)
        self.lake, self.seen, self.torn, self.is_over = str(lake), 0, 0, False

    def run(self) -> None:
        while not self.is_over:
            try:
                is_whole = self.is_whole()
            except Exception as why:  # a reader has nobody to tell, and must not end unnoticed
                print(f"a reader got: {type(why).__name__} {str(why)!r}", flush=True)
                is_whole = False
            self.seen, self.torn = self.seen + 1, self.torn + (not is_whole)
            time.sleep(0.2)  # more often, and it takes the time of what it watches

    def is_whole(self) -> bool:
        """Whether all that it reads is of one run."""
        now = current(self.lake, "tiny")
        rows = now.read(Decisions, [Decisions.account, Decisions.verdict, Decisions.run_id]).to_pylist()
        out = now.read(DisqualifiedAccounts, [Decisions.account]).num_rows
        said = sum(r[Decisions.verdict] == "disqualified" for r in rows)
        return bool(rows) and out == said and {r[Decisions.run_id] for r in rows} == {now.run.run_id}


def kill(folder: Path) -> None:
    """Prints a line per moment; raises SystemExit when a table differs or a reader saw a torn one."""
    file, base, undisturbed = tiny.write(folder / "inputs"), folder / "base", folder / "undisturbed"
    subprocess.run(night(file, base, tiny.EARLY), check=True, capture_output=True)
    shutil.copytree(base, undisturbed)
    subprocess.run(night(file, undisturbed, tiny.AS_OF), check=True, capture_output=True)
    wanted, failed = public_rows(undisturbed), False
    for name, pattern in MOMENTS.items():
        lake = folder / "killed"
        shutil.copytree(base, lake)
        for unit in (lake / "work/units").glob("*.json"):
            unit.unlink()  # so that the facts are read and written again, under the knife
        reader = Reader(lake)
        reader.start()
        when = killed_when(file, lake, pattern)
        subprocess.run(night(file, lake, tiny.AS_OF), check=True, capture_output=True)
        reader.is_over = True
        reader.join()
        is_same = public_rows(lake) == wanted
        failed = failed or not is_same or reader.torn > 0
        print(f"killed {name:<36} at {when:5.1f} s: same tables {is_same}, reads {reader.seen}, torn {reader.torn}")
        shutil.rmtree(lake)
    raise_if(failed)


def killed_when(file: Path, lake: Path, pattern: str) -> float:
    """Starts a night, kills it and its JVM once a path of `pattern` appears; seconds until then."""
    old, started = set(lake.glob(pattern)), time.monotonic()
    process = subprocess.Popen(
        night(file, lake, tiny.AS_OF), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    while process.poll() is None and not new_paths(lake, pattern, old):
        time.sleep(0.02)
    assert process.poll() is None, f"the night ended before {pattern} appeared"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return time.monotonic() - started


def raise_if(failed: bool) -> None:
    if failed:
        raise SystemExit("the tables differ, or a reader saw a torn publication")
