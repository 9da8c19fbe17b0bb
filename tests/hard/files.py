"""Tables -> the files of one campaign folder, the same bytes for the same tables."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from tests.hard.laws import Law

REPEATED = {"transactions.parquet": 0.02, "token_transfers.parquet": 0.02}
"""Share of rows that exports hold twice."""
SOURCES = (
    ("participation.csv.gz", "participation", "participation"),
    ("transactions.parquet", "ethereum_etl", "transactions"),
    ("receipts.parquet", "ethereum_etl", "receipts"),
    ("traces.parquet", "ethereum_etl", "traces"),
    ("token_transfers.parquet", "ethereum_etl", "token_transfers"),
    ("blocks.parquet", "ethereum_etl", "blocks"),
    ("contracts.csv", "ethereum_etl", "contracts"),
    ("tokens.csv", "tokens", "tokens"),
    ("labels.csv", "address_labels", "labels"),
)


def shuffled(rng: np.random.Generator, table: pa.Table, repeated: float) -> pa.Table:
    rows = np.arange(table.num_rows)
    twice = rng.choice(rows, int(repeated * len(rows)), replace=False)
    return table.take(pa.array(rng.permutation(np.concatenate([rows, twice]))))


def csv_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pc.write_csv(table, sink, pc.WriteOptions(quoting_style="needed"))
    return bytes(sink.getvalue().to_pybytes())


def write_table(rng: np.random.Generator, path: Path, table: pa.Table) -> None:
    rows = shuffled(rng, table, REPEATED.get(path.name, 0.0))
    if path.suffix == ".parquet":
        pq.write_table(rows, path, compression="zstd")
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(csv_bytes(rows), 6, mtime=0))
    else:
        path.write_bytes(csv_bytes(rows))


def campaign_toml(name: str, law: Law, tokens: list[str]) -> str:
    begins, ends = (
        datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for at in (law.starts_at, law.ends_at)
    )
    assets = ", ".join(f'"{asset}"' for asset in ("native", *tokens))
    head = f'id = "{name}"\nname = "Hard set, {name}"\nchain = "ethereum"\nstarts_at = {begins}\nends_at = {ends}\n'
    parts = [f'[[sources]]\npath = "{path}"\nformat = "{form}"\ntable = "{table}"\n' for path, form, table in SOURCES]
    return "\n".join([f"{head}assets = [{assets}]\n", *parts])
