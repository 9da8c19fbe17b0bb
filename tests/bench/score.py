"""`poe bench score`: clusters scored from Delta to Delta, against the bare networks on tensors that are ready.

Start-up (Spark, workers, torch) is timed apart, and so is tokenising, which belongs to the step before. Then padding,
and the workers' memory from few events to many. The rows are made up: what they say does not change how fast it goes.

Longer than 200 lines, half of which make up the rows.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
import pyarrow as pa
from deltalake import write_deltalake

from abuse.campaign import Campaign, Source
from abuse.edge.context import Night
from abuse.edge.scoring import score_by_network
from abuse.lake.delta import Lake, create
from abuse.lake.session import start_session
from abuse.settings import Network, Score, Settings, Spark
from abuse.steps.features import cluster_tokens
from abuse.tables import (
    CLUSTER_FEATURES,
    EVENT_KINDS,
    EVENT_ROLES,
    ClusterFeatures,
    ClusterTokens,
    Events,
    Features,
    MemberTies,
    Scores,
)

START = datetime(2026, 3, 1, tzinfo=UTC)
MEMBERS, MAX_EVENTS = 15, 64
MEMORY_EVENTS = (10_000, 100_000, 1_000_000)
WARM_EVENTS = 3_000
Columns = dict[str, np.ndarray | pa.Array]


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="poe bench score", description=__doc__)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--size", default="small", help="tiny, small or base")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=2, help="of Spark, one network each, and of the bare network")
    parser.add_argument(
        "--seeds", type=int, default=2, help="networks whose mean is the score; two are what is trained"
    )
    parser.add_argument("--no-memory", action="store_true", help="leaves out the runs on few and many events")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        settings = prepared(Path(folder), given)
        began = time.monotonic()
        spark = start_session(settings)
        through_spark(Path(folder) / "warm", settings, WARM_EVENTS)
        print(f"start-up                         {time.monotonic() - began:8.1f} s")
        memory = () if given.no_memory else MEMORY_EVENTS
        for num in memory:
            peak = through_spark(Path(folder) / f"memory{num}", settings, num).peak
            print(f"workers' memory, {num:>9,} events {peak / 2**20:8.0f} MiB", flush=True)
        tokens, tokenising, seconds, _ = through_spark(Path(folder) / "whole", settings, given.events)
        print(f"tokenised, in step features      {tokenising:8.1f} s {tokens / tokenising:12,.0f} tokens/s")
        print(f"Delta to Delta, {tokens:>9,} tokens  {seconds:8.1f} s {tokens / seconds:12,.0f} tokens/s", flush=True)
        spark.stop()
        bare = bare_network(settings, given.events, given.threads)
        print(f"bare networks                    {bare:8.1f} s {tokens / bare:12,.0f} tokens/s")
        print(f"share of the bare networks       {100 * bare / seconds:8.1f} %")


def prepared(folder: Path, given: argparse.Namespace) -> Settings:
    """Settings that name a network of that size, stored."""
    from abuse.model.calibration import Calibration, Calibrations
    from abuse.model.farmset.build import shape
    from abuse.model.farmset.ensemble import save_ensemble
    from abuse.model.farmset.network import FarmSetTransformer
    from abuse.model.farmset.recipe import Recipe
    from abuse.model.rows import JOB_FEATURES

    networks = {one: FarmSetTransformer(shape(Recipe(size=given.size), JOB_FEATURES)) for one in range(given.seeds)}
    even = Calibration(platt=np.array([0.0, 1.0, 1.0, 0.0]), steps=np.array([0.0]), lower=np.array([0.5]))
    whole = Calibrations(whole=even, pair_only=even)
    save_ensemble(folder / "model", networks, JOB_FEATURES, whole, 1.0, {"scorer": "farmset"})
    return Settings(
        spark=Spark(master=f"local[{given.threads}]", shuffle_partitions=2 * given.threads),
        score=Score(scorer="farmset", model=str(folder / "model"), device=given.device, explain_from=1.0),
        network=Network(chunk_events=10 * given.events),
    )


class Took(NamedTuple):
    """Seconds, and the most memory that the Python workers held while they scored."""

    tokens: int
    tokenising: float
    scoring: float
    peak: int


def through_spark(folder: Path, settings: Settings, num_events: int) -> Took:
    """Each from Delta to Delta."""
    lake = Lake(str(folder), start_session(settings))
    ends_at, sources = START + timedelta(days=30), (Source(format="participation", path="none.csv"),)
    campaign = Campaign(id="bench", name="", chain="ethereum", starts_at=START, ends_at=ends_at, sources=sources)
    night = Night(lake, campaign, settings, START, record={"ingest": {"run_id": "bench"}})
    num_members = write_tables(lake, num_events)
    began = time.monotonic()
    night.write(ClusterTokens, cluster_tokens(night.slice(MemberTies), night.slice(Events), settings.network))
    tokenising = time.monotonic() - began
    began = time.monotonic()
    with watched() as peak:
        score_by_network(night)
    scoring = time.monotonic() - began
    assert night.slice(Scores).count() == num_members
    return Took(num_events + num_members, tokenising, scoring, peak[0])


@contextmanager
def watched() -> Iterator[list[int]]:
    """The most that Spark's Python workers held at once, in bytes."""
    peak, is_over = [0], threading.Event()

    def watch() -> None:
        while not is_over.wait(0.2):
            peak[0] = max(peak[0], sum(map(_memory, psutil.Process().children(recursive=True))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    yield peak
    is_over.set()
    watcher.join()


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss) if "python" in process.name() else 0
    except psutil.Error:
        return 0


def write_tables(lake: Lake, num_events: int) -> int:
    """Writes the tables of so many events; how many members they have."""
    figures, ties, events = made_up(num_events)
    gaps = {name: np.ones(len(ties["account"])) for name in ("median_gap_s", "median_gap_upper_s", "gap_s")}
    counts = ("size", "time_partners", "money_partners", "sink_partners", "sequence_partners")
    members = {"cluster_id": ties["cluster_id"], "account": ties["account"]} | gaps
    members |= {name: np.ones(len(ties["account"]), dtype=np.int64) for name in counts}
    members["time_expected"] = gaps["gap_s"]
    for table, columns in ((ClusterFeatures, figures), (MemberTies, ties), (Events, events), (Features, members)):
        num = len(columns["cluster_id"])
        stamp = {"campaign_id": ["bench"] * num, "as_of": [START] * num, "run_id": ["bench"] * num}
        create(table, lake.work(table))
        empty = {f.name: pa.nulls(num, f.kind) for f in table.fields()}
        write_deltalake(lake.work(table), pa.table(empty | stamp | columns, schema=table.arrow_schema()), mode="append")
    return len(ties["account"])


def made_up(num_events: int) -> tuple[Columns, Columns, Columns]:
    """(figures, ties, events): clusters of some fifteen members with up to 64 events each."""
    rng = np.random.default_rng(0)
    lengths = np.minimum(rng.geometric(1 / 28, num_events // 16), MAX_EVENTS)
    lengths = lengths[: int(np.searchsorted(np.cumsum(lengths), num_events)) + 1]
    lengths[-1] -= max(int(lengths.sum()) - num_events, 0)
    num = len(lengths)
    cluster = np.sort(rng.integers(0, max(num // MEMBERS, 1), num))
    names = np.char.add("c", np.unique(cluster).astype(str))
    owner = np.repeat(np.arange(num), lengths)
    account = np.char.add("a", np.char.zfill(np.arange(num).astype(str), 8))
    of_cluster = np.char.add("c", cluster.astype(str))
    ties: Columns = {"cluster_id": of_cluster, "account": account}
    for name in ("num_actions", "num_neighbours", "time_partners", "money_partners", "sink_partners"):
        ties[name] = rng.integers(0, 9, num)
    ties |= {"sequence_partners": rng.integers(0, 9, num), "hops": rng.integers(1, 4, num).astype(np.float64)}
    ties["payer"] = np.char.add("p", (cluster % 97).astype(str))
    size = int(lengths.sum())
    place = np.arange(size) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    events: Columns = {"cluster_id": of_cluster[owner], "account": account[owner], "position": place}
    events["at"] = pa.array((START.timestamp() * 1e6 + rng.integers(0, 10**12, size)).astype(np.int64)).cast(
        pa.timestamp("us", "UTC")
    )
    events |= {"kind": rng.choice(EVENT_KINDS, size), "role": rng.choice(EVENT_ROLES, size)}
    events["what"] = np.char.add("w", rng.integers(0, 12, size).astype(str))
    events["counterparty"] = np.char.add("0x", rng.integers(0, 40, size).astype(str))
    for name in ("amount", "same_amount_share", "gap_s", "sibling_lag_s", "campaign_day"):
        events[name] = rng.lognormal(2, 2, size)
    for name in ("amount_digits", "siblings_near", "nonce", "num_merged"):
        events[name] = rng.integers(0, 9, size)
    figures: Columns = {name: rng.normal(size=len(names)) for name in CLUSTER_FEATURES}
    return figures | {"cluster_id": names}, ties, events


def bare_network(settings: Settings, num_events: int, threads: int) -> float:
    """Seconds of the network alone on the same clusters, coded beforehand."""
    import torch

    from abuse.model.farmset.batches import member_blocks
    from abuse.model.farmset.codec import coded
    from abuse.model.farmset.ensemble import load_ensemble
    from abuse.model.farmset.layout import padded
    from abuse.model.farmset.predict import Reader
    from abuse.model.farmset.tensors import place

    where = place(settings.score.device)
    torch.set_num_threads(threads)
    figures, ties, events = made_up(num_events)
    corpus = coded(table_of(Events, events), table_of(MemberTies, ties))
    hand = np.column_stack([np.asarray(figures[name]) for name in CLUSTER_FEATURES])
    readers = [Reader(network, where) for network in load_ensemble(Path(settings.score.model)).networks]
    reader = readers[0]
    blocks = member_blocks(corpus.num_tokens, reader.num_tokens)
    rows = sum(padded(corpus.num_tokens[block]).num_rows for block in blocks)
    print(f"padding                          {100 * (1 - len(corpus.tokens) / rows):8.1f} % within blocks", end="")
    print(f", {100 * (1 - len(corpus.tokens) / (len(blocks) * reader.num_tokens)):.1f} % with their ends")
    some = corpus.take(np.arange(min(20, len(corpus))))
    reader.odds(some, hand[: len(some)])
    began = time.monotonic()
    for one in readers:
        one.odds(corpus, hand)
    return time.monotonic() - began


def table_of(table: type[Events] | type[MemberTies], columns: Columns) -> pa.Table:
    fields = table.own_fields()
    num = len(columns["cluster_id"])
    arrays = {f.name: columns[f.name] if f.name in columns else pa.nulls(num, f.kind) for f in fields}
    return pa.table(arrays, schema=pa.schema([(f.name, f.kind) for f in fields]))
