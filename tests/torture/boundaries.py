"""A night that dies after each of its writes in turn and runs again, while a reader polls.

The writes are found, not listed: an undisturbed night counts every table, ledger, record and spill it writes, and then
one night dies after each. Dying is an exception nobody catches, so that hundreds of nights fit into one session; `kill`
does it by SIGKILL at a few moments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from abuse.lake import ledger
from abuse.lake.delta import Lake
from abuse.lake.storage import storage_of
from abuse.lake.storage.local import Local
from abuse.lake.storage.s3 import S3
from tests.night import tiny
from tests.torture.kill import Reader, raise_if
from tests.torture.session import Nights, differ, public_rows, started

QUICK = 2
"""Boundaries of a quick run."""
STORAGES = (Local, S3)


class Crash(BaseException):
    """Not an Exception, so that nothing tidies up after it, as after a kill."""


class Knife:
    """Counts writes, and dies after the one it was told."""

    def __init__(self, at: int = 0) -> None:
        self.at, self.names = at, list[str]()

    def after(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) == self.at:
            raise Crash

    def around(self, write: Callable[..., Any], named: Callable[..., str]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            done = write(*args, **kwargs)
            self.after(named(*args, **kwargs))
            return done

        return wrapped


@contextmanager
def under(knife: Knife) -> Iterator[None]:
    """Every write of a night passes the knife."""
    spiller = Lake.spiller

    @contextmanager
    def spilling(self: Lake, run_key: str) -> Any:
        with spiller(self, run_key) as spill:
            yield knife.around(spill, lambda frame: f"spill {run_key}")

    def table(lake: Lake, table: Any, *_: Any, path: str = "", **__: Any) -> str:
        return f"{'public ' if path == lake.public(table) else ''}table {table.table_name()}"

    patches = [
        patch.object(Lake, "replace", knife.around(Lake.replace, table)),
        patch.object(Lake, "append", knife.around(Lake.append, table)),
        patch.object(Lake, "spiller", spilling),
        patch.object(ledger, "_commit", knife.around(ledger._commit, lambda _, of, __: of.table_name())),
        *(patch.object(of, "write", knife.around(of.write, lambda _, to, __: Path(to).name)) for of in STORAGES),
    ]
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in reversed(patches):
            one.stop()


def boundaries(folder: Path, *, is_quick: bool = False) -> None:
    """Prints a line per boundary; raises SystemExit when a table differs or a reader saw a torn one."""
    tried(started(), tiny.write(folder / "inputs"), str(folder), QUICK if is_quick else None)


def tried(nights: Nights, file: Path, where: str, num_points: int | None) -> None:
    """Of the lakes under that address: dies after so many of its writes, evenly apart, or after every one."""
    base, undisturbed, counting = f"{where}/base", f"{where}/undisturbed", Knife()
    nights(file, base, tiny.EARLY)
    storage = storage_of(base)  # without its units, so that the facts are read and written again, under the knife
    storage.remove(f"{base}/{entry.path}" for entry in storage.files(base) if entry.path.startswith("work/units/"))
    copy(base, undisturbed)
    with under(counting):
        nights(file, undisturbed, tiny.AS_OF)
    wanted, num = public_rows(undisturbed), len(counting.names)
    points = evenly(num, num_points or num)
    print(f"{num} writes of a night found; dying after {len(points)} of them", flush=True)
    lost = doubled = torn = 0
    for point in points:
        found = died_after(point, nights, file, base, f"{where}/died")
        wrong, reader = differ(wanted, found[0]), found[1]
        lost, doubled, torn = lost + wrong.lost, doubled + wrong.doubled, torn + reader.torn
        what = f"{point:>4} {counting.names[point - 1]:<40}"
        print(f"{what} lost {wrong.lost} doubled {wrong.doubled} torn {reader.torn} of {reader.seen}", flush=True)
    print(f"boundaries {len(points)}, rows lost {lost}, rows doubled {doubled}, torn reads {torn}", flush=True)
    raise_if(lost + doubled + torn > 0)


def evenly(num: int, wanted: int) -> list[int]:
    """Places among 1 to num, the last one in."""
    return sorted({num * (place + 1) // min(wanted, num) for place in range(min(wanted, num))})


def copy(lake: str, to: str) -> None:
    storage = storage_of(lake)
    for entry in storage.files(lake):
        storage.write(f"{to}/{entry.path}", storage.read(f"{lake}/{entry.path}") or b"")


def died_after(point: int, nights: Nights, file: Path, base: str, lake: str) -> tuple[dict[str, list[str]], Reader]:
    """The public rows after a night that died and one that ran through, and what a reader saw meanwhile."""
    copy(base, lake)
    reader = Reader(lake)
    reader.start()
    try:
        with under(Knife(point)):
            nights(file, lake, tiny.AS_OF)
    except Crash:
        nights(file, lake, tiny.AS_OF)
    else:
        raise SystemExit(f"a night ended before its write {point}")
    finally:
        reader.is_over = True
        reader.join()
    found = public_rows(lake)
    storage_of(lake).remove_tree(lake)
    return found, reader
