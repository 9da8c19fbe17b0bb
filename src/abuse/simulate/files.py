"""Tables -> the files of a campaign. No clock, machine or order of writing shows in them."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from abuse.simulate.world import LENGTH, NATIVE_USD, SECOND_USD, STABLE_USD, STARTS_AT, World

DUPLICATES = 0.01
"""Share of rows that stand twice in transactions and token_transfers, as exports have them."""
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
REPEATED = ("transactions", "token_transfers")

Row = tuple[object, ...]


def csv_text(header: str, rows: Iterable[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return text.getvalue().encode()


def write_csv(path: Path, header: str, rows: Iterable[Row]) -> None:
    path.write_bytes(csv_text(header, rows))


def write_csv_gz(path: Path, header: str, rows: Iterable[Row]) -> None:
    packed = gzip.compress(csv_text(header, rows), compresslevel=6, mtime=0)
    path.write_bytes(packed)


def write_parquet(rng: np.random.Generator, path: Path, table: pa.Table) -> None:
    """In an order that says nothing, some rows twice where exports have them twice."""
    n = table.num_rows
    order = np.arange(n)
    if path.stem in REPEATED:
        order = np.append(order, rng.choice(n, int(n * DUPLICATES), replace=False))
    pq.write_table(table.take(pa.array(rng.permutation(order))), path, compression="zstd")


def tokens(world: World, address: pa.Array) -> list[Row]:
    """The attacker's token is on no list."""
    return [
        ("native", "ETH", 18, NATIVE_USD),
        (address[world.stable].as_py(), "USDS", 6, STABLE_USD),
        (address[world.second].as_py(), "CAMP", 18, SECOND_USD),
    ]


def labels(world: World, address: pa.Array) -> list[Row]:
    """What a public list knows; the campaign's contract and one exchange are on none."""
    named = [(int(wallet), f"Exchange {n}: hot wallet", "exchange") for n, wallet in enumerate(world.exchanges, 1)]
    named += [
        (world.bridge, "Bridge", "bridge"),
        (world.router, "DEX: router", "dex"),
        (world.disperse, "Disperse", "disperse"),
        (world.mixer, "Mixer", "mixer"),
    ]
    return [("ethereum", address[place].as_py(), name, label) for place, name, label in named]


def contracts(world: World, address: pa.Array, first_block: int) -> list[Row]:
    erc20 = (world.stable, world.second, world.attacker_token)
    others = (world.bridge, world.mixer, world.router, world.disperse, world.campaign, world.campaign_code)
    return [
        (address[place].as_py(), str(place in erc20).lower(), "false", first_block)
        for place in sorted((*erc20, *others), key=lambda place: address[place].as_py())
    ]


def campaign_toml(name: str, stable: str, second: str) -> str:
    ends_at = STARTS_AT + timedelta(seconds=LENGTH)
    lines = [
        f'id = "{name}"',
        f'name = "Simulated campaign {name}"',
        'chain = "ethereum"',
        f"starts_at = {STARTS_AT:%Y-%m-%dT%H:%M:%SZ}",
        f"ends_at = {ends_at:%Y-%m-%dT%H:%M:%SZ}",
        f'assets = ["native", "{stable}", "{second}"]',
    ]
    for form, table, path in SOURCES:
        lines += ["", "[[sources]]", f'format = "{form}"', f'table = "{table}"', f'path = "{path}"']
    return "\n".join(lines) + "\n"
