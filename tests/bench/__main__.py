"""`poe bench night`: Hop from raw files to published verdicts, the small demo, and how soon --help answers."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

HOP = Path(__file__).parent.parent / "real" / "hop.toml"
GIB = 1024**3


def measured(arguments: list[str]) -> tuple[float, float]:
    """Seconds, and the most memory the command and its children held at once, in GiB."""
    started, peak = time.monotonic(), 0
    process = psutil.Popen([sys.executable, "-m", "abuse.cli", *arguments], stdout=subprocess.DEVNULL)
    while process.poll() is None:
        held = 0
        for part in [process, *_children(process)]:
            try:
                held += part.memory_info().rss
            except psutil.Error:
                continue
        peak = max(peak, held)
        time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"abuse {' '.join(arguments)} ended with {process.returncode}")
    return time.monotonic() - started, peak / GIB


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def night() -> None:
    with tempfile.TemporaryDirectory() as folder:
        runs = {
            "abuse --help (bar 1 s)": ["--help"],
            "abuse demo --size small (bar 180 s)": ["demo", "--size", "small", "--lake", f"{folder}/demo"],
            "abuse night, Hop 2022 (bar 300 s, 6 GiB)": [
                *("night", "--campaign", str(HOP), "--as-of", "2022-06-01T00:00:00Z", "--lake", f"{folder}/hop"),
            ],
        }
        for name, arguments in runs.items():
            seconds, peak = measured(arguments)
            print(f"{name:<42} {seconds:7.1f} s  {peak:5.2f} GiB at most, Python and JVM together")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="poe bench", description=__doc__)
    parser.add_argument("what", choices=["night"])
    parser.parse_args()
    night()
