"""`poe bench trails`: the first funder of every address, then four hops for 100,000 participants, ours and DuckDB's.

Both read the same parquet files and write parquet. DuckDB gets its best form: the least time by hashing, then the exact
order among rows of that time (a struct in arg_min over all rows took it twelve times as long).
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from abuse import settings
from tests.bench.chain import write_transfers
from tests.bench.measure import Measured, exponent, measured

SIZES = (2_000_000, 6_000_000, 20_000_000)
HOPS = 4
WARM = 1_000_000
"""Transfers before the clock starts: the JVM compiles what it runs often."""


def ours(folder: Path) -> float:
    from pyspark.sql import functions as F

    from abuse.lake.delta import Lake
    from abuse.lake.session import start_session
    from abuse.steps.funders import first_funders
    from abuse.steps.trails import walked
    from abuse.tables import Services, Trails

    spark = start_session(settings.Settings())
    chains = settings.Settings().chains

    def run(where: Path, out: Path) -> None:
        with Lake(str(out), spark).spiller("bench") as spill:
            transfers = spark.read.parquet(str(where / "transfers"))
            first_funders(transfers, chains, spill).write.mode("overwrite").parquet(str(out / "funders"))
            known = spark.read.parquet(str(out / "funders"))
            people = spark.read.parquet(str(where / "participants.parquet"))
            always = {name: F.lit(None).cast("timestamp") for name in ("valid_from", "valid_to")}
            people = people.withColumns({"chain": F.lit("ethereum"), "on_every_chain": F.lit(True)} | always)
            nobody = spark.createDataFrame([], Services.schema()).select(F.col(Services.address).alias(Trails.reached))
            nobody = nobody.withColumn("_served", F.lit(True))
            walked(people, known, nobody, HOPS, spill).write.mode("overwrite").parquet(str(out / "trails"))

    run(folder.parent / "warm", folder.parent / "warm-out")
    started = time.monotonic()
    run(folder, folder / "ours")
    return time.monotonic() - started


def duckdb(folder: Path) -> float:
    import duckdb as engine

    started = time.monotonic()
    db = engine.connect()
    db.execute("set threads = 2; set memory_limit = '8GB'; set enable_progress_bar = false")
    out = folder / "duckdb"
    out.mkdir()
    rows = f"'{folder}/transfers/*.parquet'"
    paid = f"""from {rows} where kind in ('native', 'internal') and amount >= 0.0005 and sender <> recipient"""
    funded = _earliest(paid, "recipient", "sender, amount, asset, source")
    acted = _earliest(f"from {rows} where initiator is not null", "initiator", "")
    db.execute(
        f"""copy (with paid as ({funded}), acted as ({acted})
        select coalesce(p.address, a.address) address, p.least paid, a.least acted
        from paid p full join acted a on p.address = a.address) to '{out}/funders.parquet' (format parquet)"""  # noqa: S608
    )
    first = f"""(select address as funded, paid.sender as reached, paid.* from '{out}/funders.parquet'
        where paid is not null and (acted is null or (paid.t, paid.b, paid.c) < (acted.t, acted.b, acted.c)))"""  # noqa: S608
    hop = f"select p.address, 1 as hop, [p.address] as path, f.* from '{folder}/participants.parquet' p join {first} f on f.funded = p.address"  # noqa: S608, E501
    db.execute(f"create table hop1 as {hop}")
    for n in range(2, HOPS + 1):
        onward = f"select h.address, {n} as hop, list_append(h.path, h.reached) as path, f.* from hop{n - 1} h"  # noqa: S608
        where = "not list_contains(h.path, h.reached)"
        db.execute(f"create table hop{n} as {onward} join {first} f on f.funded = h.reached where {where}")
    every = " union all ".join(f"select * exclude path from hop{n}" for n in range(1, HOPS + 1))  # noqa: S608
    db.execute(f"copy ({every}) to '{out}/trails.parquet' (format parquet)")
    return time.monotonic() - started


def _earliest(rows: str, address: str, rest: str) -> str:
    """address, and the least row by the exact order, of the rows at its least time."""
    more = ", ".join(f"{name}: r.{name}" for name in rest.split(", ") if name)
    row = '{t: r."at", b: r.block_number, c: r.tx_index, d: r.position, e: r.tx_hash' + (f", {more}}}" if more else "}")
    return f"""select r.address, min({row}) least
        from (select *, {address} as address {rows}) r
        join (select {address} as address, min("at") least {rows} group by 1) m
        on m.address = r.address and m.least = r."at" group by 1"""  # noqa: S608


def same_answer(folder: Path) -> bool:
    """Whether both found the same hops."""
    import duckdb as engine

    ours = f"select address, hop, reached, tx_hash from '{folder}/ours/trails/*.parquet'"  # noqa: S608
    theirs = f"select address, hop, reached, e as tx_hash from '{folder}/duckdb/trails.parquet'"  # noqa: S608
    query = f"select count(*) from (({ours} except {theirs}) union all ({theirs} except {ours}))"  # noqa: S608
    return bool(engine.connect().execute(query).fetchall() == [(0,)])


def bench(sizes: list[int]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="bench-trails-"))
    write_transfers(folder / "warm", WARM)
    took: dict[tuple[str, int], Measured] = {}
    for size in sizes:
        write_transfers(folder / str(size), size)
        for name in ("duckdb", "ours"):
            took[name, size] = measured(
                ["tests.bench.trails", "child", name, str(folder / str(size))], says_seconds=True
            )
            now, peer = took[name, size], took["duckdb", size]
            ratio = "" if name == "duckdb" else f"  {now.seconds / peer.seconds:5.2f}x DuckDB"
            print(f"{size:>11,} transfers  {name:<7} {now.seconds:7.1f} s  {now.peak_gib:5.2f} GiB{ratio}", flush=True)
        verdict = "the same hops" if same_answer(folder / str(size)) else "OTHER HOPS"
        print(f"{size:>11,} transfers  {verdict}", flush=True)
        shutil.rmtree(folder / str(size))
    for name in ("duckdb", "ours") if len(sizes) > 1 else ():
        small, large = sizes[-2:]
        grows = exponent((small, took[name, small].seconds), (large, took[name, large].seconds))
        print(f"{name:<7} growth exponent {grows:.2f}")
    shutil.rmtree(folder)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="poe bench trails", description=__doc__)
    parser.add_argument("--size", type=float, nargs="*", default=[float(s) for s in SIZES], help="transfers; several")
    bench(sorted(int(s) for s in parser.parse_args(arguments).size))


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        print(f"{ {'ours': ours, 'duckdb': duckdb}[sys.argv[2]](Path(sys.argv[3])):.3f}", flush=True)
    else:
        main(sys.argv[1:])
