"""Ledger -> blocks, hashes and the tables an ethereum-etl export has. No order, hash or address says anything."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from tests.hard.clock import hour_of
from tests.hard.laws import Ints, Law
from tests.hard.ledger import Ledger

BLOCK_S = 12
GENESIS_S = 1_663_224_179
"""block 15537394, from which blocks are 12 s apart"""
GENESIS_BLOCK = 15_537_394
GAS = 21_000
METHOD_GAS = 60_000
PAYMENT_GAS = 9_000


def hexes(rng: np.random.Generator, count: int, num_bytes: int) -> pa.Array:
    """Random 0x strings."""
    raw = np.frombuffer(rng.bytes(count * num_bytes).hex().encode(), np.uint8).reshape(count, 2 * num_bytes)
    text = np.empty((count, 2 + 2 * num_bytes), np.uint8)
    text[:, 0], text[:, 1], text[:, 2:] = ord("0"), ord("x"), raw
    offsets = (np.arange(count + 1) * text.shape[1]).astype(np.int32)
    return pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(offsets), pa.py_buffer(text)])


def wei(gwei: Ints) -> pa.Array:
    """Text, as a uint256 fits no number type."""
    return pa.array([f"{amount}000000000" if amount else "0" for amount in gwei.tolist()], pa.string())


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A ledger put in blocks. Rows of every array are the ledger's calls, in block order."""

    rng: np.random.Generator
    ledger: Ledger
    law: Law
    address: pa.Array
    selectors: list[str]

    @cached_property
    def order(self) -> Ints:
        at = self.ledger.calls.column("at")
        return np.lexsort((self.rng.random(len(at)), (at - GENESIS_S) // BLOCK_S))

    def call(self, name: str) -> Ints:
        return np.asarray(self.ledger.calls.column(name)[self.order])

    @cached_property
    def row_of_call(self) -> Ints:
        """Where a call of the ledger stands in block order."""
        row = np.empty(len(self.order), np.int64)
        row[self.order] = np.arange(len(self.order))
        return row

    @cached_property
    def block(self) -> Ints:
        return GENESIS_BLOCK + (self.call("at") - GENESIS_S) // BLOCK_S

    @cached_property
    def at(self) -> Ints:
        return GENESIS_S + (self.block - GENESIS_BLOCK) * BLOCK_S

    @cached_property
    def index(self) -> Ints:
        """Place within the block."""
        starts = np.flatnonzero(np.diff(self.block, prepend=-1))
        return np.arange(len(self.block)) - np.repeat(starts, np.diff(starts, append=len(self.block)))

    @cached_property
    def nonce(self) -> Ints:
        """Transactions the sender sent before."""
        sender = self.call("sender")
        by_sender = np.argsort(sender, kind="stable")
        starts = np.flatnonzero(np.diff(sender[by_sender], prepend=-1))
        count = np.arange(len(sender)) - np.repeat(starts, np.diff(starts, append=len(sender)))
        nonce = np.empty(len(sender), np.int64)
        nonce[by_sender] = count
        return nonce

    @cached_property
    def hash(self) -> pa.Array:
        return hexes(self.rng, len(self.order), 32)

    @cached_property
    def blocks(self) -> tuple[Ints, Ints, pa.Array, Ints]:
        """number, transaction count, hash, and the row of each call's block."""
        number, row, count = np.unique(self.block, return_inverse=True, return_counts=True)
        return number, count, hexes(self.rng, len(number), 32), row

    @cached_property
    def base_fee_wei(self) -> Ints:
        return np.rint(self.law.base_fee[hour_of(self.law, self.at.astype(np.float64))] * 1e9).astype(np.int64)

    @cached_property
    def gas_used(self) -> Ints:
        jitter = self.rng.integers(-8_000, 8_000, len(self.order))
        inner = np.bincount(self.ledger.inner.column("call"), minlength=len(self.order))[self.order]
        return np.where(self.call("method") > 0, METHOD_GAS + PAYMENT_GAS * inner + jitter, GAS)

    def named(self, actor: Ints) -> pa.Array:
        return self.address.take(pa.array(actor))


def moments(at: Ints) -> pa.Array:
    return pa.array(at * 1_000_000, pa.timestamp("us", tz="UTC"))


def transactions(chain: Chain) -> pa.Table:
    tip = chain.call("tip_milli") * 1_000_000
    _, _, block_hash, block_row = chain.blocks
    method = chain.call("method")
    limit = np.where(method > 0, chain.gas_used * 5 // 4, GAS)
    return pa.table({
        "hash": chain.hash,
        "nonce": chain.nonce,
        "block_hash": block_hash.take(pa.array(block_row)),
        "block_number": chain.block,
        "transaction_index": chain.index,
        "from_address": chain.named(chain.call("sender")),
        "to_address": chain.named(chain.call("to")),
        "value": wei(chain.call("gwei")),
        "gas": limit,
        "gas_price": chain.base_fee_wei + tip,
        "input": pa.array(chain.selectors).take(pa.array(method)),
        "block_timestamp": moments(chain.at),
        "max_fee_per_gas": 2 * chain.base_fee_wei + tip,
        "max_priority_fee_per_gas": tip,
        "transaction_type": np.full(len(method), 2),
    })  # fmt: skip


def receipts(chain: Chain) -> pa.Table:
    n = len(chain.order)
    return pa.table({
        "transaction_hash": chain.hash,
        "transaction_index": chain.index,
        "block_number": chain.block,
        "status": np.ones(n, np.int64),
        "gas_used": chain.gas_used,
        "effective_gas_price": chain.base_fee_wei + chain.call("tip_milli") * 1_000_000,
        "contract_address": pa.nulls(n, pa.string()),
    })  # fmt: skip


def traces(chain: Chain) -> pa.Table:
    """Each transaction's own call, then what its contract paid, in the order the contract paid it."""
    inner = {name: chain.ledger.inner.column(name) for name in chain.ledger.inner.names}
    row = chain.row_of_call[inner["call"]]
    order = np.lexsort((chain.rng.random(len(row)), row))
    sorted_row = row[order]
    starts = np.flatnonzero(np.diff(sorted_row, prepend=-1))
    place = np.arange(len(row)) - np.repeat(starts, np.diff(starts, append=len(row)))
    all_rows = np.concatenate([np.arange(len(chain.order)), sorted_row])
    path = [""] * len(chain.order) + [str(nth) for nth in place.tolist()]
    return pa.table({
        "block_number": chain.block[all_rows],
        "transaction_hash": chain.hash.take(pa.array(all_rows)),
        "transaction_index": chain.index[all_rows],
        "from_address": chain.named(np.concatenate([chain.call("sender"), inner["sender"][order]])),
        "to_address": chain.named(np.concatenate([chain.call("to"), inner["to"][order]])),
        "value": wei(np.concatenate([chain.call("gwei"), inner["gwei"][order]])),
        "trace_type": pa.array(["call"] * len(all_rows)),
        "call_type": pa.array(["call"] * len(all_rows)),
        "trace_address": pa.array(path),
        "status": np.ones(len(all_rows), np.int64),
        "error": pa.nulls(len(all_rows), pa.string()),
    })  # fmt: skip


def token_transfers(chain: Chain, tokens: Ints) -> pa.Table:
    column = chain.ledger.tokens.column
    row = chain.row_of_call[column("call")]
    zeros = ["" if token == tokens[0] else "000000000000" for token in column("token").tolist()]
    return pa.table({
        "token_address": chain.named(column("token")),
        "from_address": chain.named(column("sender")),
        "to_address": chain.named(column("to")),
        "value": pa.array([f"{raw}{more}" for raw, more in zip(column("raw").tolist(), zeros, strict=True)]),
        "transaction_hash": chain.hash.take(pa.array(row)),
        "log_index": chain.index[row],
        "block_number": chain.block[row],
        "block_timestamp": moments(chain.at[row]),
    })  # fmt: skip


def blocks(chain: Chain) -> pa.Table:
    number, count, block_hash, _ = chain.blocks
    at = GENESIS_S + (number - GENESIS_BLOCK) * BLOCK_S
    return pa.table({"number": number, "hash": block_hash, "timestamp": moments(at), "transaction_count": count})
