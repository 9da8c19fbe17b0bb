"""python -m tests.hard OUT [--campaigns N] [--clusters N] [--seed S]"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("NPY_DISABLE_CPU_FEATURES", "X86_V4,AVX512_ICL,AVX512_SPR")
# Before numpy is loaded: with AVX-512 it rounds the last bit of some logarithms otherwise, and a few hundred amounts of
# the set with it. The set was frozen without.

from tests.hard.hard_set import digest, write_hard_set


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.hard", description="Writes the hard set; prints its digest.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--campaigns", type=int, default=10)
    parser.add_argument("--clusters", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    folders = write_hard_set(given.out, campaigns=given.campaigns, clusters=given.clusters, seed=given.seed)
    print(f"{len(folders)} campaigns in {given.out}, sha256 {digest(folders)}")


if __name__ == "__main__":
    main()
