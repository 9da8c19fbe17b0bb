"""A campaign of every format whose rows are good, bad, repeated, skipped or too late in known numbers."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.ingest.written import Row, address, tx, write

START = datetime(2026, 3, 1, tzinfo=UTC)
AS_OF = START + timedelta(days=30)
LATE_BLOCK = 5000
Maker = Callable[[int], Row]


def at(n: int) -> str:
    return (START + timedelta(minutes=n)).strftime("%Y-%m-%dT%H:%M:%SZ")


def late(n: int) -> str:
    """At as_of or after it."""
    return (AS_OF + timedelta(minutes=n)).strftime("%Y-%m-%d %H:%M:%S UTC")


@dataclass(frozen=True)
class Kind:
    """How the rows of one source come out; n tells them apart."""

    format: str
    file: str
    kept: Maker
    bad: Maker
    skipped: Maker | None = None
    after: Maker | None = None
    table: str = ""


def action(n: int) -> Row:
    return {"account": f"user-{n}", "at": at(n), "volume_usd": "1.5", "num_actions": "2"}


def transfer(n: int) -> Row:
    return {
        "tx_hash": tx(n), "at": at(n), "sender": address(n), "recipient": address(n + 1), "asset": "native",
        "amount_raw": str(10**15 + n), "initiator": address(n),
    }  # fmt: skip


def pair(n: int) -> Row:
    return {"from_address": address(n), "to_address": address(n + 1), "n_transfers": str(n + 1)}


def label(n: int) -> Row:
    return {"address": address(n), "label": "exchange|binance"}


def transaction(n: int) -> Row:
    return {
        "hash": tx(10_000 + n), "block_number": "1", "transaction_index": str(n), "from_address": address(n),
        "to_address": address(n + 1), "value": "5",
    }  # fmt: skip


def trace(n: int) -> Row:
    return {
        "transaction_hash": tx(20_000 + n), "block_number": "1", "from_address": address(n), "value": "5",
        "to_address": address(n + 1), "trace_type": "call", "call_type": "call", "trace_address": "0", "status": "1",
    }  # fmt: skip


def token(n: int) -> Row:
    return {
        "token_address": address(0xC0), "transaction_hash": tx(30_000 + n), "log_index": str(n), "block_number": "1",
        "from_address": address(n), "to_address": address(n + 1), "value": "5",
    }  # fmt: skip


ETL = "ethereum_etl"
KINDS = [
    Kind(
        "participation",
        "actions.csv",
        action,
        bad=lambda n: action(n) | {"at": f"never {n}", "volume_usd": "-1"},
        after=lambda n: action(n) | {"at": late(n)},
    ),
    Kind(
        "account_addresses",
        "owned.csv.gz",
        lambda n: {"account": f"user-{n}", "address": address(n), "valid_from": at(n)},
        bad=lambda n: {"account": f"user-{n}", "address": "nowhere", "valid_from": "never"},
        after=lambda n: {"account": f"user-{n}", "address": address(n), "valid_from": late(n)},
    ),
    Kind(
        "tokens",
        "prices.csv",
        lambda n: {"address": address(0xC0 + n), "decimals": "6", "usd": "1"},
        bad=lambda n: {"address": address(0xC0 + n), "decimals": "", "usd": "cheap"},
    ),
    Kind(
        "transfers",
        "moves.parquet",
        transfer,
        bad=lambda n: transfer(n) | {"sender": "", "amount_raw": str(2**256)},
        skipped=lambda n: transfer(n) | {"amount_raw": "0"},
        after=lambda n: transfer(n) | {"at": late(n)},
    ),
    Kind(
        "transfer_pairs",
        "pairs.csv",
        pair,
        bad=lambda n: pair(n) | {"from_address": "x"},
        skipped=lambda n: pair(n) | {"to_address": address(n)},
    ),
    Kind("address_labels", "listed.csv", label, bad=lambda n: label(n) | {"label": ""}),
    Kind(
        ETL,
        "contracts.csv",
        lambda n: {"address": address(n)},
        bad=lambda n: {"address": f"x{n}"},
        table="contracts",
    ),
    Kind(
        ETL,
        "transactions.csv",
        transaction,
        bad=lambda n: transaction(n) | {"from_address": "", "value": "1.5"},
        skipped=lambda n: transaction(n) | {"value": "0"},
        after=lambda n: transaction(n) | {"block_number": str(LATE_BLOCK)},
        table="transactions",
    ),
    Kind(
        ETL,
        "receipts.csv",
        lambda n: {"transaction_hash": tx(10_000 + n), "status": "1"},
        bad=lambda n: {"transaction_hash": "", "status": str(n)},
        table="receipts",
    ),
    Kind(
        ETL,
        "traces.csv",
        trace,
        bad=lambda n: trace(n) | {"to_address": "", "block_number": str(10**6 + n)},
        skipped=lambda n: trace(n) | {"call_type": "delegatecall"},
        after=lambda n: trace(n) | {"block_number": str(LATE_BLOCK)},
        table="traces",
    ),
    Kind(
        ETL,
        "token_transfers.csv",
        token,
        bad=lambda n: token(n) | {"log_index": "first"},
        skipped=lambda n: token(n) | {"value": "0"},
        after=lambda n: token(n) | {"block_number": str(LATE_BLOCK)},
        table="token_transfers",
    ),
    Kind(
        ETL,
        "blocks.csv",
        lambda n: {"number": {0: "1", 1: str(LATE_BLOCK)}.get(n, str(n)), "timestamp": late(n) if n == 1 else at(n)},
        bad=lambda n: {"number": str(n), "timestamp": "never"},
        table="blocks",
    ),
]
FATES = ("kept", "quarantined", "duplicates", "not_a_transfer", "after_as_of")
Mixture = dict[str, dict[str, int]]
"""source -> fate -> rows"""


def mixture(folder: Path, seed: int) -> tuple[Path, Mixture]:
    """The campaign file, and how many rows of each source must come out how."""
    rng = random.Random(seed)
    wanted: Mixture = {}
    text = 'id = "mixed"\nname = "Mixed"\nchain = "base"\n'
    text += "starts_at = 2026-03-01T00:00:00Z\nends_at = 2026-03-29T00:00:00Z\n"
    for kind in KINDS:
        rows, fates = mixed(kind, rng)
        path = write(folder / kind.file, rows)
        name = path.name.partition(".")[0]
        wanted[name] = {fate: fates[fate] for fate in FATES}
        text += f'\n[[sources]]\nformat = "{kind.format}"\npath = "{path.name}"\n'
        text += f'table = "{kind.table}"\n' if kind.table else ""
    file = folder / "campaign.toml"
    file.write_text(text)
    return file, wanted


def mixed(kind: Kind, rng: random.Random) -> tuple[list[Row], Counter[str]]:
    """Rows in any order. A repeated good or bad row is a duplicate; a repeated skipped one is skipped twice."""
    makers = {"kept": kind.kept, "quarantined": kind.bad, "not_a_transfer": kind.skipped, "after_as_of": kind.after}
    fates: Counter[str] = Counter()
    rows: list[Row] = []
    n = 0
    for fate, make in makers.items():
        for _ in range(rng.randint(2, 9) if make else 0):
            assert make
            row, times = make(n), rng.choice((1, 1, 1, 2, 3))
            rows += [row] * times
            n += 1
            again = fate if fate == "not_a_transfer" else "duplicates"
            fates.update({fate: 1})
            fates.update({again: times - 1})
    rng.shuffle(rows)
    return rows, fates
