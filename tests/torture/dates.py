"""Ten nights forward, backward and shuffled: the same tables. Corrected input: its slice and no other."""

from __future__ import annotations

import random
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.night import tiny
from tests.night.lakes import own_rows, public_rows
from tests.torture.kill import raise_if
from tests.torture.session import differ, started

FIRST, EVERY = datetime(2026, 3, 20, tzinfo=UTC), timedelta(days=4)
NUM = 10


def dates(folder: Path) -> None:
    """Prints a line per order; raises SystemExit where the tables differ."""
    nights, file = started(), tiny.write(folder / "inputs")
    forward = [(FIRST + place * EVERY).isoformat() for place in range(NUM)]
    shuffled = random.Random(1).sample(forward, len(forward))
    orders = {"forward": forward, "backward": forward[::-1], "shuffled": shuffled}
    for name, order in orders.items():
        for as_of in order:
            nights(file, folder / name, as_of)
            print(f"{name}: {as_of}", flush=True)
    wanted = public_rows(folder / "forward")
    wrong = {name: differ(wanted, public_rows(folder / name)) for name in orders}
    for name, found in wrong.items():
        print(f"{len(forward)} nights {name:<9} rows lost {found.lost}, doubled {found.doubled}", flush=True)
    for name, rows in corrected(folder, forward).items():
        wrong[name] = found = differ(*rows)
        print(f"corrected input, {name}: rows lost {found.lost}, doubled {found.doubled}", flush=True)
    raise_if(any(wrong.values()))


def corrected(folder: Path, order: list[str]) -> dict[str, tuple[dict[str, list[str]], dict[str, list[str]]]]:
    """what is looked at -> (rows wanted, rows found): input without the farm, judged again for the middle night."""
    nights, lake, middle = started(), folder / "forward", order[len(order) // 2]
    mended = tiny.write(folder / "mended")
    for name in ("participation.csv", "transfers.csv"):
        path = mended.parent / name
        farm = set(tiny.farm())
        lines = [line for line in path.read_text().splitlines() if not farm & set(line.split(","))]
        path.write_text("\n".join(lines) + "\n")
    alone = folder / "alone"
    before = own_rows(lake)
    shutil.copytree(lake, folder / "again")
    nights(mended, folder / "again", middle)
    nights(mended, alone, middle)
    after, told = own_rows(folder / "again"), moment(middle)
    others = {table: [row for row in rows if told not in row] for table, rows in before.items()}
    kept = {table: [row for row in rows if told not in row] for table, rows in after.items()}
    ours = {table: [row for row in rows if told in row] for table, rows in after.items()}
    wanted = own_rows(alone)
    for rows in (ours, wanted):  # of the run that was replaced, the ledger of gates keeps what they said
        del rows["gate_results"]
    gone = [row for row in ours["disqualified_accounts"] if tiny.farm()[0] in row]
    print(f"corrected input: of its slice {len(ours['decisions'])} decisions, {len(gone)} of the farm out", flush=True)
    return {"other slices": (others, kept), "its own": (wanted, ours)}


def moment(as_of: str) -> str:
    """How a row's text has this instant."""
    at = datetime.fromisoformat(as_of)
    return f"'as_of': datetime.datetime({at.year}, {at.month}, {at.day}, "
