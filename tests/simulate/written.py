"""A written campaign, read back the way a careful reader would."""

from __future__ import annotations

import csv
import gzip
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

ACCOUNTS, SEED = 800, 171
"""A campaign with nearly every kind of group."""
TABLES = ("transactions", "receipts", "traces", "token_transfers", "blocks")
Row = dict[str, Any]


class Files:
    """A campaign's folder, read back once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for table in TABLES:
            rows = pq.read_table(folder / f"{table}.parquet").to_pylist()
            setattr(self, table, rows)
        self.transactions: list[Row]
        self.receipts: list[Row]
        self.traces: list[Row]
        self.token_transfers: list[Row]
        self.blocks: list[Row]
        self.campaign: dict[str, Any] = tomllib.loads((folder / "campaign.toml").read_text())
        self.participation = read_csv(folder / "participation.csv.gz")
        self.truth = {row["account"]: row for row in read_csv(folder / "truth.csv")}
        self.labels = {row["address"]: row["label"] for row in read_csv(folder / "labels.csv")}
        self.by_hash: dict[str, Row] = {row["hash"]: row for row in self.transactions}

    def groups(self) -> dict[str, list[str]]:
        members = defaultdict(list)
        for account, row in self.truth.items():
            if row["group_id"]:
                members[row["group_id"]].append(account)
        return members

    def kind(self, members: list[str]) -> str:
        return str(self.truth[members[0]]["group_kind"])

    def level(self, members: list[str]) -> str:
        return str(self.truth[members[0]]["level"])

    def native(self) -> list[Row]:
        """Movements of coins in chain order, as a careful reader would take them."""
        moved = [t for t in self.traces if t["status"] == 1 and t["call_type"] == "call" and t["value"] != "0"]
        return sorted(moved, key=lambda t: (t["block_number"], t["transaction_index"], t["trace_address"]))

    def first_gas(self) -> dict[str, Row]:
        first: dict[str, Row] = {}
        for move in self.native():
            if int(move["value"]) >= 2 * 10**14:
                first.setdefault(move["to_address"], move)
        return first


def read_csv(path: Path) -> list[Row]:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(text.decode().splitlines()))
