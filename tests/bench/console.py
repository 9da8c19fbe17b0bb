"""`poe bench console`: a night of a million accounts served to twenty people who think a second between pages.

Printed: how long the read model takes and how large it is, the 50th and 95th of a hundred answers of each page in
milliseconds, beside the bare query behind it, and the most memory the console held. The goal is 300 ms for queue,
cluster and account, and 1 GB. --lake takes a campaign's lake that is there.
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
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

import psutil

from abuse.console.kept import Kept
from abuse.console.read import accounts, clusters
from abuse.console.read.build import model_name
from abuse.console.read.ledgers import Ledgers
from abuse.console.read.model import Model, View
from abuse.console.read.now import spoken
from abuse.lake.publication import current
from abuse.settings import Console
from abuse.tables import Clusters, Decisions
from tests.bench.console_lake import CAMPAIGN, write_lake
from tests.bench.measure import GIB, held

Ids = dict[str, list[str]]
Seconds = dict[str, list[float]]
NUM_BARE, ROWS = 100, Console().page_rows


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="poe bench console", description=__doc__)
    parser.add_argument("--accounts", type=float, default=1e6)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--lake", type=Path, help="with --campaign: a lake on this machine, instead of a made one")
    parser.add_argument("--campaign", default=CAMPAIGN)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        lake = asked.lake or Path(folder) / "lake"
        ids = ids_of(lake, asked.campaign) if asked.lake else write_lake(lake, int(asked.accounts))
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


def ids_of(lake: Path, campaign: str) -> Ids:
    """What to ask for: the largest cluster, five hundred others, five hundred accounts."""
    night = current(str(lake), campaign)
    groups = night.read(Clusters, [Clusters.cluster_id, Clusters.size]).to_pylist()
    ranked = [row["cluster_id"] for row in sorted(groups, key=lambda row: (-row["size"], row["cluster_id"]))]
    names = sorted(night.read(Decisions, [Decisions.account]).to_pydict()["account"])
    return {"big": ranked[:1], "clusters": ranked[1:501], "accounts": names[:: max(1, len(names) // 500)]}


def _measured(process: psutil.Popen, port: int, lake: Path, ids: Ids, asked: argparse.Namespace) -> None:
    begun, most = time.monotonic(), 0
    while not _is_ready(port):
        most = max(most, held(process))
        time.sleep(0.2)
    size = sum(file.stat().st_size for file in (lake / "work" / "console").glob("*.sqlite"))
    made = f"{time.monotonic() - begun:.0f} s, {size / GIB:.2f} GiB on disk"
    num = current(str(lake), asked.campaign).read(Decisions, [Decisions.account]).num_rows
    print(f"read model of {num:,} accounts: {made},")
    print(f"  {most / GIB:.2f} GiB in memory while it is made, {held(process) / GIB:.2f} GiB after")
    bare = _bare(lake, asked.campaign, ids)
    took: Seconds = defaultdict(list)
    until, on = time.monotonic() + asked.seconds, f"/campaigns/{asked.campaign}"
    people = [threading.Thread(target=_person, args=(n, port, on, ids, until, took)) for n in range(asked.people)]
    for person in people:
        person.start()
    while any(person.is_alive() for person in people):
        most = max(most, held(process))
        time.sleep(0.2)
    for page, seconds in sorted(took.items()):
        (middle, high), own = _ranked(seconds), _ranked(bare[page])
        told = f"bare query {own[0]:5.0f} and {own[1]:5.0f} ms"
        print(f"{page:<10} {len(seconds):>6,} answers  p50 {middle:5.0f} ms  p95 {high:5.0f} ms  {told}")
    print(f"most memory {most / GIB:.2f} GiB")


def _ranked(seconds: list[float]) -> tuple[float, float]:
    """The 50th and the 95th of a hundred, in milliseconds."""
    ranked = sorted(seconds)
    return 1000 * ranked[len(ranked) // 2], 1000 * ranked[int(len(ranked) * 0.95)]


def _bare(lake: Path, campaign: str, ids: Ids) -> Seconds:
    """What the pages ask of the read model, with no page and nobody else there."""
    night, draw, took = current(str(lake), campaign), random.Random(0), defaultdict[str, list[float]](list)
    model = Model(night, lake / "work" / "console" / model_name(night))
    with model.view() as view:
        people = spoken(view, Ledgers(str(lake), 0.0), Kept(1))
        asks: dict[str, Callable[[], object]] = {
            "queue": lambda: clusters.queue(view, clusters.Asked(show="todo", page=draw.randint(1, 20)), ROWS, people),
            "big": lambda: _read(view, ids["big"][0], draw.randint(1, 200)),
            "cluster": lambda: _read(view, draw.choice(ids["clusters"]), 1),
            "graph": lambda: _drawn(view, draw.choice(ids["clusters"])),
            "account": lambda: accounts.account(view, draw.choice(ids["accounts"])),
        }
        for page, ask in asks.items():
            for _ in range(NUM_BARE):
                begun = time.perf_counter()
                ask()
                took[page].append(time.perf_counter() - begun)
    model.close()
    return took


def _read(view: View, cluster_id: str, page: int) -> tuple[object, ...]:
    members = clusters.members(view, cluster_id, "ties", page, ROWS)
    return clusters.cluster(view, cluster_id), members, clusters.movements(view, cluster_id, 0, ROWS)


def _drawn(view: View, cluster_id: str) -> tuple[object, ...]:
    parts = clusters.drawn_members(view, cluster_id), clusters.drawn_ties(view, cluster_id)
    return (*parts, clusters.drawn_hops(view, cluster_id), clusters.services(view, cluster_id))


def _is_ready(port: int) -> bool:
    try:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/readyz")
        return bool(json.loads(connection.getresponse().read())["ready"])
    except (OSError, ValueError):
        return False


def _person(seed: int, port: int, on: str, ids: Ids, until: float, took: Seconds) -> None:
    """Opens a page, thinks, opens another."""
    draw, connection = random.Random(seed), HTTPConnection("127.0.0.1", port, timeout=60)
    time.sleep(draw.random())
    while time.monotonic() < until:
        page, path = draw.choice(
            [
                ("queue", f"{on}/queue?sort={draw.choice(['score', 'size', 'review'])}&page={draw.randint(1, 20)}"),
                ("big", f"{on}/clusters/{ids['big'][0]}?page={draw.randint(1, 200)}"),
                ("graph", f"/api/v1{on}/clusters/{draw.choice(ids['clusters'])}/graph"),
                ("cluster", f"{on}/clusters/{draw.choice(ids['clusters'])}"),
                ("account", f"{on}/accounts/{draw.choice(ids['accounts'])}"),
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
