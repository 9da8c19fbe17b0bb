"""`poe bench simulate`: campaigns of growing size simulated, then read, linked and described as training rows.

Each part runs in a process of its own; printed are seconds, the most memory Python and the JVM held, and how the cost
grew from the size before (1 is in step with the work).
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from pathlib import Path

from tests.bench.measure import measured

SIZES = (1e6, 3e6, 1e7)
PER_ACCOUNT = 16.5
"""Transfers that an account of the simulator makes, about."""
SEED = 171
PARTS = ("simulate", "featurise")


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["child"]:
        child(arguments[1], Path(arguments[2]), int(arguments[3]))
        return
    parser = argparse.ArgumentParser(prog="poe bench simulate", description=__doc__)
    parser.add_argument("--size", type=float, nargs="*", default=list(SIZES), help="transfers; several")
    before: dict[str, tuple[float, float]] = {}
    for size in sorted(parser.parse_args(arguments).size):
        with tempfile.TemporaryDirectory() as folder:
            for part in PARTS:
                took = measured(["tests.bench", "simulate", "child", part, folder, str(int(size / PER_ACCOUNT))])
                grown = before.get(part)
                slope = math.log(took.seconds / grown[1]) / math.log(size / grown[0]) if grown else math.nan
                before[part] = (size, took.seconds)
                exponent = "" if math.isnan(slope) else f"  exponent {slope:4.2f}"
                print(f"{size:>12,.0f} transfers  {part:<10} {took.seconds:7.1f} s  {took.peak_gib:5.2f} GiB{exponent}")
                sys.stdout.flush()


def child(part: str, folder: Path, accounts: int) -> None:
    """One part of one size."""
    if part == "simulate":
        from abuse.simulate import write_campaign

        write_campaign(folder / "campaign", accounts=accounts, seed=SEED)
        return
    from abuse.edge.context import quiet
    from abuse.edge.training import described
    from abuse.settings import load_settings

    described([folder / "campaign"], folder / "rows", load_settings(None), quiet, None)
