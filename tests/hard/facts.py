"""A campaign folder -> what its files say of each account, read without the engine's own arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv as pc
import pyarrow.parquet as pq

from tests.hard.laws import Floats, Ints

TEXT = pa.string()


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """One row per account, in the order of truth.csv."""

    group: Ints
    """-1: lone"""
    kind: list[str]
    is_farm: Ints
    level: Ints
    """-1: honest"""
    address: list[str]
    rows: Ints
    """where the account first stands in participation.csv.gz"""
    columns: dict[str, Floats]


def truth_table(folder: Path) -> pa.Table:
    options = pc.ConvertOptions(
        column_types=dict.fromkeys(("account", "is_farm", "group_id", "group_kind", "level"), TEXT)
    )
    return pc.read_csv(folder / "truth.csv", convert_options=options)


def numbered(accounts: pa.Array, column: pa.ChunkedArray) -> Ints:
    """Place of each value among the accounts; -1 for others."""
    found = pa.compute.index_in(column, accounts)
    return np.asarray(found.fill_null(-1).to_numpy(), np.int64)


def codes(column: pa.ChunkedArray) -> Ints:
    return np.asarray(column.combine_chunks().dictionary_encode().indices.to_numpy(), np.int64)


def first_of(owner: Ints, at: Ints) -> Ints:
    """Row of each owner's earliest event, by owner number; owners without one are absent."""
    order = np.lexsort((at, owner))
    return np.asarray(order[np.flatnonzero(np.diff(owner[order], prepend=-2))])


def seconds(column: pa.ChunkedArray) -> Ints:
    return np.asarray(column.cast(pa.timestamp("s", tz="UTC")).cast(pa.int64()).to_numpy())


def payments(folder: Path, accounts: pa.Array) -> dict[str, Floats]:
    """First coins in, last coins out, and what the account signed."""
    calls = pq.read_table(folder / "transactions.parquet")
    _, once = np.unique(codes(calls["hash"]), return_index=True)
    calls = calls.take(pa.array(once))
    traces = pq.read_table(folder / "traces.parquet").join(
        calls.select(["hash", "block_timestamp"]), "transaction_hash", "hash"
    )
    n = len(accounts)
    value = np.asarray(traces["value"].cast(pa.float64()).to_numpy()) / 1e18
    at, block_order = seconds(traces["block_timestamp"]), np.asarray(traces["block_number"].to_numpy())
    to, sender = numbered(accounts, traces["to_address"]), numbered(accounts, traces["from_address"])
    everyone = codes(pa.chunked_array([*traces["from_address"].chunks, *traces["to_address"].chunks]))
    payer, payee = everyone[: len(at)], everyone[len(at) :]
    money_in = np.flatnonzero((to >= 0) & (value > 0))
    first = money_in[first_of(to[money_in], block_order[money_in])]
    columns = {name: np.full(n, np.nan) for name in ("funded_at", "fund", "funder", "left_at", "left", "sink")}
    columns["funded_at"][to[first]], columns["fund"][to[first]] = at[first], value[first]
    columns["funder"][to[first]] = payer[first]
    plain = numbered(pa.array(["0x"]), calls["input"])
    is_bare = np.isin(codes_in(traces["transaction_hash"], calls["hash"]), np.flatnonzero(plain == 0))
    money_out = np.flatnonzero((sender >= 0) & (value > 0) & is_bare)
    last = money_out[first_of(sender[money_out], -block_order[money_out])]
    columns["left_at"][sender[last]], columns["left"][sender[last]] = at[last], value[last]
    columns["sink"][sender[last]] = payee[last]
    return columns | signed(calls, accounts)


def codes_in(column: pa.ChunkedArray, values: pa.ChunkedArray) -> Ints:
    return np.asarray(pa.compute.index_in(column, values.combine_chunks()).to_numpy(), np.int64)


def signed(calls: pa.Table, accounts: pa.Array) -> dict[str, Floats]:
    who = numbered(accounts, calls["from_address"])
    is_own = who >= 0
    n, who = len(accounts), who[is_own]
    tips = np.asarray(calls["max_priority_fee_per_gas"].to_numpy())[is_own] / 1e9
    price = np.asarray(calls["gas_price"].to_numpy())[is_own] / 1e9
    count = np.bincount(who, minlength=n).astype(np.float64)
    return {
        "num_signed": count,
        "tip": np.bincount(who, weights=tips, minlength=n) / count,
        "price": np.bincount(who, weights=np.log(price), minlength=n) / count,
    }


def actions(folder: Path, accounts: pa.Array) -> tuple[dict[str, Floats], Ints]:
    table = pc.read_csv(folder / "participation.csv.gz")
    who, at = numbered(accounts, table["account"]), seconds(table["at"])
    usd = np.asarray(table["volume_usd"].to_numpy(), np.float64)
    task = np.asarray([int(name[5:]) for name in table["action"].to_pylist()])
    order = np.lexsort((at, who))
    who, at, usd, task, rows = who[order], at[order], usd[order], task[order], order
    starts = np.flatnonzero(np.diff(who, prepend=-1))
    count = np.diff(starts, append=len(who))
    n = len(accounts)
    mask = np.bincount(who, weights=2.0**task, minlength=n)
    place = np.arange(len(who)) - np.repeat(starts, count)
    listed = np.bincount(who, weights=(task + 1) * 16.0**place, minlength=n)
    angle = at % 86_400 * (2 * np.pi / 86_400)
    second = np.where(count > 1, at[np.minimum(starts + 1, len(at) - 1)] - at[starts], -1)
    top = np.maximum.reduceat(usd, starts)
    columns = {
        "acted_at": at[starts], "num_actions": count, "usd": np.add.reduceat(usd, starts), "top_usd": top,
        "task_mask": mask, "task_list": listed, "first_task": task[starts], "hour": at[starts] % 86_400 / 3600,
        "cos": np.bincount(who, weights=np.cos(angle)) / count, "sin": np.bincount(who, weights=np.sin(angle)) / count,
        "second_gap": second, "pace": (at[starts + count - 1] - at[starts]) / np.maximum(count - 1, 1),
    }  # fmt: skip
    return {name: np.asarray(column, np.float64) for name, column in columns.items()}, np.minimum.reduceat(rows, starts)


def digits(amount: Floats) -> Floats:
    """Significant decimal digits."""
    return np.array(
        [len(f"{value:.8e}".split("e")[0].replace(".", "").rstrip("0")) for value in amount.tolist()], float
    )


def facts(folder: Path) -> Facts:
    truth = truth_table(folder)
    accounts = truth["account"].combine_chunks()
    columns = payments(folder, accounts)
    acted, rows = actions(folder, accounts)
    columns |= acted
    columns["digits"] = digits(columns["fund"])
    columns["age"] = columns["acted_at"] - columns["funded_at"]
    names = truth["group_id"].to_pylist()
    return Facts(
        group=np.array([int(name[1:]) if name else -1 for name in names]),
        kind=truth["group_kind"].to_pylist(),
        is_farm=np.array([word == "true" for word in truth["is_farm"].to_pylist()]).astype(np.int64),
        level=np.array([int(word) if word else -1 for word in truth["level"].to_pylist()]),
        address=accounts.to_pylist(),
        rows=rows,
        columns=columns,
    )
