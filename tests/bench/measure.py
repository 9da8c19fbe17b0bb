"""A command in a process of its own: how long it says it took, and the most memory it and its children held."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from dataclasses import dataclass

import psutil

GIB = 1024**3


@dataclass(frozen=True)
class Measured:
    """`seconds` is what the command printed last, else its whole life; `ended` says how."""

    seconds: float
    peak_gib: float
    ended: str = "ok"


def measured(
    arguments: list[str], *, limit_s: float = math.inf, says_seconds: bool = False, may_fail: bool = False
) -> Measured:
    """Runs `python -m ...`; stopped after `limit_s` and said so, as is a failure where it may fail."""
    started, peak, ended = time.monotonic(), 0, "ok"
    out = subprocess.PIPE if says_seconds else subprocess.DEVNULL
    process = psutil.Popen([sys.executable, "-m", *arguments], stdout=out, text=True)
    while process.poll() is None:
        peak = max(peak, held(process))
        if time.monotonic() - started > limit_s:
            ended = f"stopped after {limit_s / 60:.0f} min"
            for part in [*children(process), process]:
                part.kill()
        time.sleep(0.1)
    said = process.stdout.read().split() if process.stdout else []
    if process.returncode and ended == "ok":
        if may_fail:
            return Measured(time.monotonic() - started, peak / GIB, "failed")
        raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}")
    took = time.monotonic() - started
    return Measured(float(said[-1]) if said and ended == "ok" else took, peak / GIB, ended)


def held(process: psutil.Process) -> int:
    """Bytes in memory, the process and all below it."""
    total = 0
    for part in [process, *children(process)]:
        try:
            total += part.memory_info().rss
        except psutil.Error:
            continue
    return total


def children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def exponent(small: tuple[int, float], large: tuple[int, float]) -> float:
    """Of growth: 1 is linear."""
    return math.log(large[1] / small[1]) / math.log(large[0] / small[0])
