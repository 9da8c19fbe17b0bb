"""`poe bench incremental`: a night that adds 1% of new transfers, against the same night from nothing.

Only ingest is timed: it reads the files, stores the facts, and keeps the first funders up. Both lakes must then hold
the same rows of first funders and of trails.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path

from pyspark.sql import SparkSession

from abuse.edge.funders import funders
from abuse.lake.session import start_session
from abuse.night import run_step
from abuse.settings import Settings
from abuse.steps.funders import merged
from abuse.tables import Trails
from tests.bench.chain import write_transfers
from tests.night.lakes import Silent, night_of

SIZES = (1_000_000, 3_000_000)
SHARE = 0.01
AS_OF = "2030-01-01T00:00:00Z"
CAMPAIGN = """id = "bench"
name = "Incremental"
chain = "ethereum"
starts_at = 2022-01-01T00:00:00Z
ends_at = 2029-01-01T00:00:00Z

[[sources]]
format = "participation"
path = "participation.csv"

[[sources]]
format = "transfers"
path = "moves_*.parquet"
columns = { amount_raw = "raw" }
"""


def write_campaign(folder: Path, size: int) -> Path:
    """`moves_1.parquet` holds all but the last hundredth, in the order of time; `new.parquet` the rest."""
    import duckdb

    write_transfers(folder, size)
    rows = f"select *, (amount * 1e6)::bigint::varchar || repeat('0', 12) as raw from '{folder}/transfers/*.parquet'"  # noqa: S608
    ((latest,),) = duckdb.connect().execute(f"select quantile_cont(block_number, {1 - SHARE}) from ({rows})").fetchall()  # noqa: S608
    for name, where in (("moves_1", f"block_number <= {latest}"), ("new", f"block_number > {latest}")):
        duckdb.connect().execute(f"copy (from ({rows}) where {where}) to '{folder}/{name}.parquet' (format parquet)")
    people = f"select address as account, '2024-01-01T00:00:00Z' as \"at\" from '{folder}/participants.parquet'"  # noqa: S608
    duckdb.connect().execute(f"copy ({people}) to '{folder}/participation.csv' (header)")
    file = folder / "campaign.toml"
    file.write_text(CAMPAIGN)
    return file


def ingested(spark: SparkSession, file: Path, lake: Path) -> float:
    night = night_of(spark, Settings(), file, lake, AS_OF)
    started = time.monotonic()
    run_step("ingest", night, Silent())
    return time.monotonic() - started


def same(spark: SparkSession, file: Path, one: Path, other: Path) -> bool:
    """First funders and trails of both lakes, row by row."""
    rows = []
    for lake in (one, other):
        night = night_of(spark, Settings(), file, lake, AS_OF)
        night.load(("ingest",))
        for step in ("services", "trails"):
            run_step(step, night, Silent())
        rows.append((merged(funders(night)), night.slice(Trails)))
    return all(a.exceptAll(b).isEmpty() and b.exceptAll(a).isEmpty() for a, b in zip(*rows, strict=True))


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="poe bench incremental", description=__doc__)
    parser.add_argument("--size", type=float, nargs="*", default=[float(s) for s in SIZES], help="transfers; several")
    spark = start_session(Settings())
    for size in sorted(int(s) for s in parser.parse_args(arguments).size):
        folder = Path(tempfile.mkdtemp(prefix="bench-incremental-"))
        file = write_campaign(folder, size)
        ingested(spark, file, folder / "kept")
        shutil.move(folder / "new.parquet", folder / "moves_2.parquet")
        more = ingested(spark, file, folder / "kept")
        full = ingested(spark, file, folder / "fresh")
        alike = "the same tables" if same(spark, file, folder / "kept", folder / "fresh") else "OTHER TABLES"
        said = f"{size:>11,} transfers  all {full:6.1f} s  1% more {more:6.1f} s  {more / full:.1%}  {alike}"
        print(said, flush=True)
        shutil.rmtree(folder)
    spark.stop()
