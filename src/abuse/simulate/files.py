"""Tables -> the files of a campaign, a chunk of rows at a time. No clock, machine or order of writing shows in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from abuse.simulate.world import ENDS_AT, NATIVE_USD, SECOND_USD, STABLE_USD, Ints, World

CHUNK = 131_072
"""Rows made and written at once: some 100 MB of text."""
SOURCES = (
    ("participation", "participation", "participation.csv.gz"),
    ("ethereum_etl", "transactions", "transactions.parquet"),
    ("ethereum_etl", "receipts", "receipts.parquet"),
    ("ethereum_etl", "traces", "traces.parquet"),
    ("ethereum_etl", "token_transfers", "token_transfers.parquet"),
    ("ethereum_etl", "blocks", "blocks.parquet"),
    ("ethereum_etl", "contracts", "contracts.csv"),
    ("tokens", "tokens", "tokens.csv"),
    ("address_labels", "labels", "labels.csv"),
)

Row = tuple[object, ...]
Progress = Callable[[str, int, int], None]
"""what, done, total"""


def write_csv(path: Path, header: str, rows: Iterable[Row]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode())


def write_rows(path: Path, order: Ints, make: Callable[[Ints], pa.Table], told: Progress) -> None:
    """The rows in that order, as .parquet, .csv or .csv.gz."""
    name, first = path.name.split(".")[0], make(order[:CHUNK])
    packing = "gzip" if path.suffix == ".gz" else None
    with pa.output_stream(path, compression=packing) as stream, _writer(path, stream, first.schema) as writer:
        for start in range(0, max(len(order), 1), CHUNK):
            rows = order[start : start + CHUNK]
            writer.write_table(make(rows) if start else first)
            told(name, start + len(rows), len(order))


def _writer(path: Path, stream: pa.NativeFile, schema: pa.Schema) -> pq.ParquetWriter | pa_csv.CSVWriter:
    if path.suffix == ".parquet":
        return pq.ParquetWriter(stream, schema, compression="zstd")
    plain = pa_csv.WriteOptions(quoting_style="none", quoting_header="none")
    return pa_csv.CSVWriter(stream, schema, write_options=plain)


def shuffled(rng: np.random.Generator, n: int, twice: float = 0.0) -> Ints:
    """0 .. n - 1 in an order that says nothing; a share of them stands there twice, as exports have them."""
    order = np.arange(n, dtype=np.int32)
    repeated = rng.choice(n, int(n * twice), replace=False).astype(np.int32)
    return np.asarray(rng.permutation(np.append(order, repeated)))


def tokens(world: World, address: Callable[[int], str]) -> list[Row]:
    """The attacker's token is on no list."""
    return [
        ("native", "ETH", 18, NATIVE_USD),
        (address(world.stable), "USDS", 6, STABLE_USD),
        (address(world.second), "CAMP", 18, SECOND_USD),
    ]


def labels(world: World, address: Callable[[int], str]) -> list[Row]:
    """What a public list knows; the campaign's contracts, the refuel service and one exchange are on none."""
    named = [(int(wallet), f"Exchange {n}: hot wallet", "exchange") for n, wallet in enumerate(world.exchanges, 1)]
    named += [
        (world.bridge, "Bridge", "bridge"),
        (world.router, "DEX: router", "dex"),
        (world.disperse, "Disperse", "disperse"),
        (world.mixer, "Mixer", "mixer"),
    ]
    return [("ethereum", address(place), name, label) for place, name, label in named]


def contracts(world: World, address: Callable[[int], str], first_block: int) -> list[Row]:
    erc20 = (world.stable, world.second, world.attacker_token)
    others = (world.bridge, world.refuel, world.mixer, world.router, world.disperse, world.campaign)
    made = (*erc20, *others, world.campaign_code, *world.task_contracts.tolist())
    rows = [(address(place), str(place in erc20).lower(), "false", first_block) for place in made]
    return sorted(rows)


def campaign_toml(name: str, world: World, stable: str, second: str) -> str:
    lines = [
        f'id = "{name}"',
        f'name = "Simulated campaign {name}"',
        'chain = "ethereum"',
        f"starts_at = {ENDS_AT - timedelta(days=world.priors.length_days):%Y-%m-%dT%H:%M:%SZ}",
        f"ends_at = {ENDS_AT:%Y-%m-%dT%H:%M:%SZ}",
        f'assets = ["native", "{stable}", "{second}"]',
    ]
    for form, table, path in SOURCES:
        lines += ["", "[[sources]]", f'format = "{form}"', f'table = "{table}"', f'path = "{path}"']
    return "\n".join(lines) + "\n"
