"""`poe bench clusters`: components of funding-like graphs, each engine from the same Delta tables to written Delta.

Each engine runs in a process of its own, on a warm session (a graph of a thousand edges first); the ratio is against
plain GraphFrames of the same size in the same run, and against scipy with its collect.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from pyspark.sql import DataFrame, SparkSession

from abuse import settings
from abuse.lake.delta import Lake
from abuse.lake.session import start_session
from abuse.steps.clusters.components import components
from abuse.steps.clusters.contraction import least_roots
from tests.bench.graphs import funding_graph
from tests.bench.measure import Measured, exponent, measured

SIZES = (1_000_000, 3_000_000, 10_000_000)
LIMIT_S = 1800.0
NETWORKX_MOST = 1_000_000
OURS_ALONE_FROM = 30_000_000
MEMORY = {"plain": "8g", "graphx": "8g"}


def read(lake: str, name: str, spark: SparkSession) -> DataFrame:
    return spark.read.format("delta").load(f"{lake}/{name}")


def ours(engine: str) -> Callable[[SparkSession, str], None]:
    def run(spark: SparkSession, lake: str) -> None:
        with Lake(lake, spark).spiller("bench") as spill:
            rules = settings.Clusters(engine=engine)
            found = components(read(lake, "vertices", spark), read(lake, "edges", spark), rules, spill)
            found.write.format("delta").mode("overwrite").save(f"{lake}/found-{engine}")

    return run


def plain(algorithm: str, name: str) -> Callable[[SparkSession, str], None]:
    def run(spark: SparkSession, lake: str) -> None:
        from graphframes import GraphFrame

        spark.sparkContext.setCheckpointDir(f"{lake}/checkpoints")
        graph = GraphFrame(read(lake, "vertices", spark), read(lake, "edges", spark))
        found = graph.connectedComponents(algorithm=algorithm, checkpointInterval=2).select("id", "component")
        found.write.format("delta").mode("overwrite").save(f"{lake}/found-{name}")

    return run


def scipy(spark: SparkSession, lake: str) -> None:
    vertices, edges = read(lake, "vertices", spark).toArrow(), read(lake, "edges", spark).toArrow()
    ids, roots = least_roots(edges["src"].to_numpy(), edges["dst"].to_numpy())
    alone = np.setdiff1d(vertices["id"].to_numpy(), ids, assume_unique=True)
    rows = {"id": np.concatenate([ids, alone]), "component": np.concatenate([roots, alone])}
    write_deltalake(f"{lake}/found-scipy", pa.table(rows), mode="overwrite")


def networkx(spark: SparkSession, lake: str) -> None:
    import networkx as nx

    vertices, edges = read(lake, "vertices", spark).toArrow(), read(lake, "edges", spark).toArrow()
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(vertices["id"].to_pylist())
    graph.add_edges_from(zip(edges["src"].to_pylist(), edges["dst"].to_pylist(), strict=True))
    parts = [(min(part), part) for part in nx.connected_components(graph)]
    rows = {"id": [v for _, part in parts for v in part], "component": [low for low, part in parts for _ in part]}
    write_deltalake(f"{lake}/found-networkx", pa.table(rows), mode="overwrite")


ENGINES: dict[str, Callable[[SparkSession, str], None]] = {
    "plain": plain("graphframes", "plain"),
    "graphx": plain("graphx", "graphx"),
    "graphframes": ours("graphframes"),
    "driver": ours("driver"),
    "scipy": scipy,
    "networkx": networkx,
}
NAMES = {
    "plain": "plain GraphFrames",
    "graphx": "GraphFrames' GraphX",
    "graphframes": "ours, GraphFrames finishing",
    "driver": "ours, one task finishing",
    "scipy": "scipy with its collect",
    "networkx": "networkx",
}


def write_graph(folder: Path, num_edges: int) -> str:
    lake = folder / str(num_edges)
    vertices, edges = funding_graph(num_edges)
    write_deltalake(str(lake / "vertices"), vertices)
    write_deltalake(str(lake / "edges"), edges)
    return str(lake)


def child(engine: str, lake: str, warm: str) -> None:
    """One engine on one graph; prints the seconds from Delta to Delta."""
    memory = MEMORY.get(engine, settings.Spark().driver_memory)
    spark = start_session(settings.Settings(spark=settings.Spark(driver_memory=memory)))
    ENGINES[engine](spark, warm)
    started = time.monotonic()
    ENGINES[engine](spark, lake)
    print(f"{time.monotonic() - started:.3f}", flush=True)
    spark.stop()


def canonical(lake: str, engine: str) -> pa.Table:
    """id and the least id of its component, sorted: what every engine must agree on."""
    found = DeltaTable(f"{lake}/found-{engine}").to_pyarrow_table()
    ids, names = found["id"].to_numpy(), found["component"].to_numpy()
    order = np.argsort(ids, kind="stable")
    ids, names = ids[order], names[order]
    _, first, places = np.unique(names, return_index=True, return_inverse=True)
    return pa.table({"id": ids, "component": ids[first][places]})


def bench(sizes: list[int], only: list[str]) -> None:
    took: dict[tuple[str, int], Measured] = {}
    folder = Path(tempfile.mkdtemp(prefix="bench-clusters-"))
    warm = write_graph(folder, 1_000)
    for size in sizes:
        lake = write_graph(folder, size)
        truth = None
        for engine in ("scipy", *only):
            gave_up = any(took[engine, s].ended != "ok" for s in sizes if (engine, s) in took)
            if gave_up or (engine == "networkx" and size > NETWORKX_MOST):
                continue
            arguments = ["tests.bench.clusters", "child", engine, lake, warm]
            is_peer = engine in MEMORY
            took[engine, size] = now = measured(arguments, limit_s=LIMIT_S, says_seconds=True, may_fail=is_peer)
            wrong = ""
            if now.ended == "ok":
                found = canonical(lake, engine)
                truth = truth or found
                wrong = "" if found.equals(truth) else "  WRONG COMPONENTS"
            print(line(engine, size, took) + wrong, flush=True)
        shutil.rmtree(lake)
    for engine, (small, large) in itertools.product(ENGINES, [tuple(sizes[-2:])] if len(sizes) > 1 else []):
        pair = took.get((engine, small)), took.get((engine, large))
        if pair[0] and pair[1] and pair[1].ended == "ok":
            grows = exponent((small, pair[0].seconds), (large, pair[1].seconds))
            print(f"{NAMES[engine]:<28} growth exponent {grows:.2f}")
    shutil.rmtree(folder)


def line(engine: str, size: int, took: dict[tuple[str, int], Measured]) -> str:
    now, plainly, floor = took[engine, size], took.get(("plain", size)), took.get(("scipy", size))
    more = "" if now.ended == "ok" else ">= "
    said = f"{size:>11,} edges  {NAMES[engine]:<28} {more}{now.seconds:8.1f} s  {now.peak_gib:5.2f} GiB"
    if plainly and engine != "plain":
        said += f"  {plainly.seconds / now.seconds:6.1f}x as fast as plain"
    if floor and engine != "scipy":
        said += f"  {now.seconds / floor.seconds:5.2f}x scipy"
    return said + ("" if now.ended == "ok" else f"  ({now.ended})")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="poe bench clusters", description=__doc__)
    parser.add_argument("--size", type=float, nargs="*", default=[float(s) for s in SIZES], help="edges; several")
    parser.add_argument("--engines", nargs="*", choices=list(ENGINES), help="all unless given; from 30M edges on, ours")
    asked = parser.parse_args(arguments)
    sizes = sorted(int(s) for s in asked.size)
    every = ["plain", "graphframes", "driver", "graphx", "networkx"]
    alone = ["graphframes", "driver"] if sizes[0] >= OURS_ALONE_FROM else every
    bench(sizes, asked.engines or alone)


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        child(*sys.argv[2:5])
    else:
        main(sys.argv[1:])
