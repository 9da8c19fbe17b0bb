"""A disk that fills up, and a lake that may not be written any more: one clear line, the last publication whole."""

from __future__ import annotations

import resource
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from abuse.lake.publication import current
from abuse.tables import Decisions
from tests.night import tiny
from tests.night.lakes import public_rows
from tests.torture.kill import night, raise_if

LARGEST = 20_000
"""Bytes that a file may have: a night's first table with a few rows passes, its checkpoints and spills do not."""
POWERLESS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all", "--ambient-caps=-all"]
"""Root obeys permissions without these capabilities."""


def disk(folder: Path) -> None:
    """Prints what each said; raises SystemExit where it was not one line or the publication changed."""
    file, lake = tiny.write(folder / "inputs"), folder / "lake"
    subprocess.run(night(file, lake, tiny.EARLY), check=True, capture_output=True)
    before, wrong = public_rows(lake), False
    for name, attempt in {"disk full": full, "no permission": forbidden}.items():
        trial = folder / name.replace(" ", "-")
        shutil.copytree(lake, trial)
        code, said = attempt(file, trial)
        is_whole = public_rows(trial) == before and current(str(trial), "tiny").read(Decisions).num_rows > 0
        is_clear = code == 1 and said.startswith("abuse: ") and "Traceback" not in said
        wrong = wrong or not (is_whole and is_clear)
        print(f"{name}: exit {code}, last publication whole {is_whole}: {said[:300]}", flush=True)
    raise_if(wrong)


def full(file: Path, lake: Path) -> tuple[int, str]:
    """No file may grow beyond a few kilobytes, as on a full disk."""
    return _ended(night(file, lake, tiny.AS_OF), lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST, LARGEST)))


def forbidden(file: Path, lake: Path) -> tuple[int, str]:
    """Nothing in the lake may be changed."""
    paths = [lake, *lake.rglob("*")]
    for path in paths:
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        return _ended([*POWERLESS, *night(file, lake, tiny.AS_OF)], None)
    finally:
        for path in paths:
            if path.exists():
                path.chmod(path.stat().st_mode | 0o200)


def _ended(command: list[str], before: Callable[[], None] | None) -> tuple[int, str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=before)
    lines = [line for line in done.stderr.splitlines() if line.startswith("abuse: ") or "Traceback" in line]
    return done.returncode, "\n".join(lines) or done.stderr[-500:]
