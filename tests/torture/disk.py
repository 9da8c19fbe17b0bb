"""A disk that fills up midway, and a lake that may not be written any more: one clear line, the last publication whole.

The disk is a small one in memory (mounting it needs root). When the night is as far as a moment says, a file takes
all that is free, or every path of the lake loses its permission to be written; once there is room again, the night
is run again and comes out as one that nothing befell.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile

from abuse.lake.publication import current
from abuse.tables import PUBLIC
from tests.night import tiny
from tests.night.lakes import public_rows
from tests.torture.kill import MOMENTS, new_paths, night, raise_if

SIZE = 256
"""MiB of the disk: a few nights of the tiny campaign."""
WHEN = "ingest, facts half written", "after trails", "publish, some public tables written"
POWERLESS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all", "--ambient-caps=-all"]
"""Root obeys permissions without these capabilities."""


def disk(folder: Path) -> None:
    """Prints what each said; raises SystemExit where that was no one line or a publication is not as it should."""
    file, base, undisturbed = tiny.write(folder / "inputs"), folder / "base", folder / "undisturbed"
    subprocess.run(night(file, base, tiny.EARLY), check=True, capture_output=True)
    shutil.copytree(base, undisturbed)
    subprocess.run(night(file, undisturbed, tiny.AS_OF), check=True, capture_output=True)
    before, wanted, wrong = published(base), public_rows(undisturbed), False
    for name, trouble in {"disk full": full, "no permission": forbidden}.items():
        for moment in WHEN:
            with small_disk(folder / "small") as lake:
                shutil.copytree(base, lake)
                for unit in (lake / "work/units").glob("*.json"):
                    unit.unlink()  # so that the facts are read and written again
                code, said = ended(file, lake, MOMENTS[moment], trouble)
                is_whole = published(lake) == before
                is_clear = code == 1 and said.startswith("abuse: ") and "Traceback" not in said and "\n" not in said
                subprocess.run(night(file, lake, tiny.AS_OF), check=True, capture_output=True)
                is_same = public_rows(lake) == wanted
            wrong = wrong or not (is_whole and is_clear and is_same)
            print(
                f"{name}, {moment}: exit {code}, last publication whole {is_whole}, then as ever {is_same}: {said}",
                flush=True,
            )
    raise_if(wrong)


def published(lake: Path) -> list[list[dict[str, object]]]:
    """What a reader of the current publication gets."""
    now = current(str(lake), "tiny")
    return [now.read(table).to_pylist() for table in PUBLIC if table.table_name() in now.run.versions]


@contextmanager
def small_disk(where: Path) -> Iterator[Path]:
    """A folder for a lake on a disk of its own."""
    where.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}m", "tmpfs", str(where)], check=True)
    try:
        yield where / "lake"
    finally:
        subprocess.run(["umount", "--lazy", str(where)], check=True)


def ended(file: Path, lake: Path, pattern: str, trouble: Callable[[Path], Callable[[], None]]) -> tuple[int, str]:
    """(exit code, what a night said on standard error) that meets the trouble when a path of `pattern` appears."""
    old = set(lake.glob(pattern))
    with TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [*POWERLESS, *night(file, lake, tiny.AS_OF)], stdout=subprocess.DEVNULL, stderr=errors
        )
        while process.poll() is None and not new_paths(lake, pattern, old):
            time.sleep(0.02)
        assert process.poll() is None, f"the night ended before {pattern} appeared: {errors.seek(0)}{errors.read()}"
        mend = trouble(lake)
        process.wait()
        mend()
        errors.seek(0)
        lines = [line for line in errors.read().splitlines() if line.startswith("abuse: ") or "Traceback" in line]
    return process.returncode, "\n".join(lines)


def full(lake: Path) -> Callable[[], None]:
    """A file takes all that is left of the disk."""
    ballast = lake.parent / "ballast"
    with ballast.open("wb", buffering=0) as out, suppress(OSError):
        while True:
            out.write(bytes(1024))
    return ballast.unlink


def forbidden(lake: Path) -> Callable[[], None]:
    """Nothing in the lake may be changed."""
    paths = [lake, *lake.rglob("*")]
    for path in paths:
        _mode(path, lambda mode: mode & ~0o222)

    def mend() -> None:
        for path in paths:
            _mode(path, lambda mode: mode | 0o200)

    return mend


def _mode(path: Path, change: Callable[[int], int]) -> None:
    with suppress(FileNotFoundError):  # the night has files that go
        path.chmod(change(path.stat().st_mode))
