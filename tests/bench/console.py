"""`poe bench console`: a night of a million accounts served to twenty people who think a second between pages.

Printed: how long the read model takes and how large it is, the 50th and 95th of a hundred answers of each page in
milliseconds, and the most memory the console held. The goal is 300 ms for queue, cluster and account, and 1 GB.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import sys
import tempfile
import threading
import time
from collections import defaultdict
from http.client import HTTPConnection
from pathlib import Path

import psutil

from tests.bench.console_lake import CAMPAIGN, write_lake
from tests.bench.measure import GIB, held

ON = f"/campaigns/{CAMPAIGN}"


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="poe bench console", description=__doc__)
    parser.add_argument("--accounts", type=float, default=1e6)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        lake = Path(folder) / "lake"
        ids = write_lake(lake, int(asked.accounts))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "abuse.cli", "review", "serve", "--lake", str(lake), "--port", str(port)]
        command += ["--read-only"]
        with (Path(folder) / "log").open("w") as log:
            process = psutil.Popen(command, stdout=log, stderr=log)
            try:
                _measured(process, port, lake, ids, asked)
            finally:
                process.terminate()
                process.wait()


def _measured(
    process: psutil.Popen, port: int, lake: Path, ids: dict[str, list[str]], asked: argparse.Namespace
) -> None:
    begun, most = time.monotonic(), 0
    while not _is_ready(port):
        most = max(most, held(process))
        time.sleep(0.2)
    size = sum(file.stat().st_size for file in (lake / "work" / "console").glob("*.sqlite"))
    print(
        f"read model of {asked.accounts:,.0f} accounts: {time.monotonic() - begun:.0f} s, {size / GIB:.2f} GiB on disk,"
    )
    print(f"  {most / GIB:.2f} GiB in memory while it is made, {held(process) / GIB:.2f} GiB after")
    took: dict[str, list[float]] = defaultdict(list)
    until = time.monotonic() + asked.seconds
    people = [threading.Thread(target=_person, args=(n, port, ids, until, took)) for n in range(asked.people)]
    for person in people:
        person.start()
    while any(person.is_alive() for person in people):
        most = max(most, held(process))
        time.sleep(0.2)
    for page, seconds in sorted(took.items()):
        ranked = sorted(seconds)
        middle, high = (1000 * ranked[int(len(ranked) * share)] for share in (0.5, 0.95))
        print(f"{page:<10} {len(ranked):>6,} answers  p50 {middle:6.0f} ms  p95 {high:6.0f} ms")
    print(f"most memory {most / GIB:.2f} GiB")


def _is_ready(port: int) -> bool:
    try:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/readyz")
        return bool(json.loads(connection.getresponse().read())["ready"])
    except (OSError, ValueError):
        return False


def _person(seed: int, port: int, ids: dict[str, list[str]], until: float, took: dict[str, list[float]]) -> None:
    """Opens a page, thinks, opens another."""
    draw, connection = random.Random(seed), HTTPConnection("127.0.0.1", port, timeout=60)
    time.sleep(draw.random())
    while time.monotonic() < until:
        page, path = draw.choice(
            [
                ("queue", f"{ON}/queue?sort={draw.choice(['score', 'size', 'review'])}&page={draw.randint(1, 20)}"),
                ("big", f"{ON}/clusters/{ids['big'][0]}?page={draw.randint(1, 200)}"),
                ("graph", f"/api/v1{ON}/clusters/{draw.choice(ids['clusters'])}/graph"),
                ("cluster", f"{ON}/clusters/{draw.choice(ids['clusters'])}"),
                ("account", f"{ON}/accounts/{draw.choice(ids['accounts'])}"),
            ]
        )
        begun = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}")
        took[page].append(time.perf_counter() - begun)
        time.sleep(1.0)
