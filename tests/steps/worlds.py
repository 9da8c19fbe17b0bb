"""Many small worlds in one frame: every name in a row carries its world, so one job answers a whole table of cases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from pyspark.sql import Row

Fact = dict[str, object]

START = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = (
    *("account", "address", "sender", "recipient", "initiator", "tx_hash", "reached", "funded", "src", "dst", "via"),
    "first_tx_hash",
)


def hour(n: float) -> datetime:
    return START + timedelta(hours=n)


def placed(world: str, row: Mapping[str, object]) -> Fact:
    """The row with every name in it made the world's own."""
    return {key: f"{world}/{value}" if key in NAMES and value is not None else value for key, value in row.items()}


def placed_all(worlds: Mapping[str, Iterable[Mapping[str, object]]]) -> list[Fact]:
    return [placed(world, row) for world, rows in worlds.items() for row in rows]


def by_world(rows: Iterable[Row], column: str) -> Mapping[str, list[Fact]]:
    """world -> its rows, their names bare again; `column` says whose name tells the world."""
    found: defaultdict[str, list[Fact]] = defaultdict(list)
    for row in rows:
        fact = row.asDict(recursive=True)
        found[str(fact[column]).split("/")[0]].append({key: bare(value) for key, value in fact.items()})
    return found


def bare(value: object) -> object:
    if isinstance(value, str):
        return value.split("/")[-1]
    if isinstance(value, list):
        return [bare(item) for item in value]
    if isinstance(value, dict):
        return {key: bare(item) for key, item in value.items()}
    return value


def paid(sender: str, recipient: str, amount: float = 1.0, at: float = 0.0, **rest: object) -> Fact:
    """One movement, a coin paid by who signed it unless `rest` says otherwise."""
    row: Fact = {"source": "moves", "file_digest": "d", "chain": "ethereum", "kind": "native", "asset": "native"}
    row |= {"tx_hash": f"{sender}>{recipient}@{at}", "position": "0", "num_transfers": 1}
    return row | {"sender": sender, "recipient": recipient, "amount": amount, "at": hour(at)} | rest


def token(sender: str, recipient: str, usd: float | None = 5.0, at: float = 0.0, **rest: object) -> Fact:
    """A token movement of the campaign's asset `usdc`; nobody is known to have signed it."""
    row = paid(sender, recipient, 1.0, at, kind="token", asset="usdc", position="2:0000000001", amount_usd=usd)
    return row | {"tx_hash": f"{sender}>{recipient}@{at}t"} | rest


def pair(sender: str, recipient: str, n: int = 1) -> Fact:
    """A row of a pair-only source: no hash, time, asset or amount."""
    unknown = {"tx_hash": None, "at": None, "asset": None, "amount": None}
    return paid(sender, recipient, position=f"{sender}|{recipient}", num_transfers=n) | unknown


def each(names: str) -> Iterator[tuple[int, str]]:
    return enumerate(names.split())
