"""`poe bench run [--size 2k 20k] [--repeat 3] [--profile]`: what a whole run of a simulated campaign costs.

Medians over the repeats: wall seconds, CPU seconds of the JVM and of Python, the most memory held, jobs and SQL
executions. With --profile, each step's share of it: where the JVM's time went, and its largest plan.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

import psutil

from abuse.campaign import load_campaign
from abuse.edge.dataset import SETTLED
from abuse.settings import Settings
from tests.bench.event_log import Asked, by_step, total
from tests.bench.jvm_cpu import KINDS, JvmCpu
from tests.bench.measure import GIB, exponent

STEP = re.compile(r"^(\d+)/\d+ (\w+) +[\d.]+ s")
SETTINGS = """[spark.conf]
"spark.eventLog.enabled" = "true"
"spark.eventLog.dir" = "{log}"
"spark.eventLog.rolling.enabled" = "false"
"spark.eventLog.compress" = "false"
"""


@dataclass
class Cost:
    """Of one run. `cpu` and `steps` by step; `wall_s` from the command's start to its end."""

    wall_s: float
    peak_gib: float
    cpu: dict[str, dict[str, float]]
    asked: dict[str, Asked]

    def cpu_s(self, kind: str) -> float:
        return sum(of[kind] for of in self.cpu.values())


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="poe bench run", description=__doc__)
    parser.add_argument("--size", nargs="+", type=_size, default=[2_000], help="accounts, as 2k or 2000")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--profile", action="store_true", help="every step of the last repeat")
    given = parser.parse_args(arguments)
    cpu: list[tuple[int, float]] = []
    for size in given.size:
        with tempfile.TemporaryDirectory() as folder:
            campaign = simulated(Path(folder), size, given.seed)
            costs = [cost(campaign, Path(folder) / f"lake-{n}") for n in range(given.repeat)]
        print(line(size, costs), flush=True)
        if given.profile:
            print(profile(costs[-1]), flush=True)
        cpu.append((size, median(c.cpu_s("jvm") + c.cpu_s("python") for c in costs)))
    for small, large in pairwise(cpu):
        print(f"growth of CPU seconds, {small[0]:,} to {large[0]:,} accounts: exponent {exponent(small, large):.2f}")


def simulated(folder: Path, accounts: int, seed: int) -> Path:
    """The campaign file of `abuse simulate`."""
    command = [sys.executable, "-m", "abuse.cli", "simulate", str(folder / "inputs")]
    subprocess.run([*command, "--accounts", str(accounts), "--seed", str(seed)], check=True, stdout=subprocess.DEVNULL)
    return folder / "inputs" / "campaign.toml"


def cost(campaign: Path, lake: Path) -> Cost:
    """One run of `abuse night` into a new lake, in a process of its own."""
    with tempfile.TemporaryDirectory() as log:
        settings = Path(log) / "settings.toml"
        settings.write_text(SETTINGS.format(log=log), encoding="utf-8")
        as_of = (load_campaign(campaign, Settings())[0].ends_at + SETTLED).isoformat()
        given = ["--campaign", str(campaign), "--as-of", as_of, "--lake", str(lake), "--settings", str(settings)]
        started = time.monotonic()
        process = psutil.Popen(
            [sys.executable, "-m", "abuse.cli", "night", *given],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,  # where progress is told
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        watch = JvmCpu(process)
        cpu = _by_step(process, watch)
        watch.stop()
        if process.wait():
            raise SystemExit(f"abuse night ended with {process.returncode}")
        wall = time.monotonic() - started
        (events,) = (f for f in Path(log).iterdir() if f != settings)
        return Cost(wall, watch.peak_bytes / GIB, cpu, by_step(events))


def _by_step(process: psutil.Popen, watch: JvmCpu) -> dict[str, dict[str, float]]:
    """Step -> CPU seconds by kind: the difference between the end of the step before and its own."""
    found, before = dict[str, dict[str, float]](), dict[str, float]()
    for said in process.stderr:
        sys.stderr.write(said)
        if step := STEP.match(said):
            now = watch.seconds()
            found[step[2]] = {kind: now[kind] - before.get(kind, 0.0) for kind in now}
            before = now
    return found


def line(size: int, costs: list[Cost]) -> str:
    """The medians of some runs of one size."""
    asked = total(costs[-1].asked.values())
    return (
        f"{size:>9,} accounts: {median(c.wall_s for c in costs):6.1f} s, "
        f"JVM {median(c.cpu_s('jvm') for c in costs):6.1f} CPU s "
        f"({', '.join(f'{kind} {median(c.cpu_s(kind) for c in costs):.0f}' for kind in KINDS)}), "
        f"Python {median(c.cpu_s('python') for c in costs):.1f}, {median(c.peak_gib for c in costs):.1f} GiB, "
        f"{asked.jobs} jobs, {asked.executions} executions, largest plan {asked.plan_chars:,} characters "
        f"({asked.plan_operators:,} operators); median of {len(costs)}"
    )


def profile(found: Cost) -> str:
    """A table: what each step cost, and what it asked of Spark."""
    head = f"{'step':<10}{'jobs':>6}{'exec':>6}{'plan chars':>12}{'operators':>11}{'jvm s':>8}"
    rows = [head + "".join(f"{kind:>8}" for kind in KINDS) + f"{'python':>8}"]
    for step in dict.fromkeys([*found.cpu, *found.asked]):
        asked, cpu = found.asked.get(step, Asked()), found.cpu.get(step, {})
        row = f"{step:<10}{asked.jobs:>6}{asked.executions:>6}{asked.plan_chars:>12,}{asked.plan_operators:>11,}"
        rows.append(row + "".join(f"{cpu.get(kind, 0.0):>8.1f}" for kind in ("jvm", *KINDS, "python")))
    return "\n".join(rows)


def _size(text: str) -> int:
    return int(text.removesuffix("k")) * (1_000 if text.endswith("k") else 1)
