"""`poe bench night`: Hop from raw files to published verdicts, the small demo, and how soon --help answers."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.bench.measure import measured

HOP = Path(__file__).parent.parent / "real" / "hop.toml"


def main(arguments: list[str]) -> None:
    argparse.ArgumentParser(prog="poe bench night", description=__doc__).parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        runs = {
            "abuse --help (bar 1 s)": ["--help"],
            "abuse demo --size small (bar 180 s)": ["demo", "--size", "small", "--lake", f"{folder}/demo"],
            "abuse night, Hop 2022 (bar 300 s, 6 GiB)": [
                *("night", "--campaign", str(HOP), "--as-of", "2022-06-01T00:00:00Z", "--lake", f"{folder}/hop"),
            ],
        }
        for name, options in runs.items():
            took = measured(["abuse.cli", *options])
            print(f"{name:<42} {took.seconds:7.1f} s  {took.peak_gib:5.2f} GiB at most, Python and JVM together")
