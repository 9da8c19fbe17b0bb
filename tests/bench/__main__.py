"""`poe bench WHAT`: run, compare, night, clusters, trails, incremental, lake, hop, farms, hard, simulate, hop-groups,
score, console.

Each prints its figures; --help says what they are.
"""

from __future__ import annotations

import importlib
import sys

BENCHES = (
    *("run", "compare", "night", "clusters", "trails", "incremental", "lake"),
    *("hop", "farms", "hard", "simulate", "hop-groups", "score", "console"),
)


if __name__ == "__main__":
    if sys.argv[1:2] == [] or sys.argv[1] not in BENCHES:
        raise SystemExit(f"{__doc__}\nusage: poe bench {{{','.join(BENCHES)}}} [options]")
    importlib.import_module(f"tests.bench.{sys.argv[1].replace('-', '_')}").main(sys.argv[2:])
