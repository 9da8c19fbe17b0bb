"""Some rows of a sealed ledger -> tables in the ethereum-etl schema (see its documentation for each column)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from abuse.simulate.gas import Gas
from abuse.simulate.hexes import Hexes
from abuse.simulate.ledger import Columns, Sealed, blocks_of, longs, seconds_of
from abuse.simulate.methods import PAY
from abuse.simulate.world import Ints

ZEROS = pa.array(["0" * count for count in range(20)])


@dataclass(frozen=True)
class Chain:
    """What all five files are made of."""

    sealed: Sealed
    hexes: Hexes
    gas: Gas
    inputs: pa.Array
    """The input of each method."""
    starts_at_s: int
    """Unix time of the campaign's start."""

    def timestamps(self, block: NDArray[np.int32]) -> Ints:
        return seconds_of(block) + self.starts_at_s

    def input(self, method: NDArray[np.generic]) -> pa.Array:
        return self.inputs.take(pa.array(method.astype(np.int16)))


Maker = Callable[[Chain, Ints], pa.Table]


def raw_amounts(units: NDArray[np.generic], zeros: NDArray[np.generic]) -> pa.Array:
    """Whole numbers as text: an uint256 fits nothing else."""
    text = pc.binary_join_element_wise(pa.array(units).cast(pa.string()), ZEROS.take(pa.array(zeros)), "")
    return pc.if_else(pa.array(units == 0), "0", text)


def transactions(chain: Chain, rows: Ints) -> pa.Table:
    calls = taken(chain.sealed.calls, rows)
    block, tip = blocks_of(calls["at"]), chain.gas.tip_wei(calls["signer"])
    price = chain.gas.base_wei(block) + tip
    return pa.table(
        {
            "hash": chain.hexes.tx_hashes(rows),
            "nonce": longs(calls["nonce"]),
            "block_hash": chain.hexes.block_hashes(block),
            "block_number": longs(block),
            "transaction_index": longs(calls["index"]),
            "from_address": chain.hexes.addresses(calls["signer"]),
            "to_address": chain.hexes.addresses(calls["to"]),
            "value": raw_amounts(calls["amount"], calls["zeros"]),
            "gas": gas_limit(longs(calls["gas_used"]), calls["method"]),
            "gas_price": price,
            "input": chain.input(calls["method"]),
            "block_timestamp": chain.timestamps(block),
            "max_fee_per_gas": price * 2,
            "max_priority_fee_per_gas": tip,
            "transaction_type": np.full(len(rows), 2),
        }
    )


def receipts(chain: Chain, rows: Ints) -> pa.Table:
    calls = taken(chain.sealed.calls, rows)
    block, used = blocks_of(calls["at"]), longs(calls["gas_used"])
    return pa.table(
        {
            "transaction_hash": chain.hexes.tx_hashes(rows),
            "transaction_index": longs(calls["index"]),
            "block_hash": chain.hexes.block_hashes(block),
            "block_number": longs(block),
            "cumulative_gas_used": longs(calls["gas_so_far"]),
            "gas_used": used,
            "contract_address": pa.nulls(len(used), pa.string()),
            "root": pa.nulls(len(used), pa.string()),
            "status": longs(calls["ok"]),
            "effective_gas_price": chain.gas.base_wei(block) + chain.gas.tip_wei(calls["signer"]),
        }
    )


def token_transfers(chain: Chain, rows: Ints) -> pa.Table:
    logs = taken(chain.sealed.logs, rows)
    block = blocks_of(chain.sealed.calls["at"][logs["tx"].astype(np.int64)])
    return pa.table(
        {
            "token_address": chain.hexes.addresses(logs["token"]),
            "from_address": chain.hexes.addresses(logs["sender"]),
            "to_address": chain.hexes.addresses(logs["recipient"]),
            "value": raw_amounts(logs["amount"], logs["zeros"]),
            "transaction_hash": chain.hexes.tx_hashes(logs["tx"]),
            "log_index": longs(logs["index"]),
            "block_number": longs(block),
        }
    )


def blocks(chain: Chain, rows: Ints) -> pa.Table:
    """The blocks that hold any of our transactions; empty ones say nothing. `rows` are those that open a block."""
    at = chain.sealed.calls["at"]
    number = blocks_of(at[rows])
    last = np.searchsorted(at, seconds_of(number), side="right")
    return pa.table(
        {
            "number": longs(number),
            "hash": chain.hexes.block_hashes(number),
            "timestamp": chain.timestamps(number),
            "transaction_count": last - rows,
        }
    )


def taken(columns: Columns, rows: Ints) -> Columns:
    return {name: column[rows] for name, column in columns.items()}


def gas_limit(used: Ints, method: NDArray[np.generic]) -> Ints:
    return np.where(method == PAY, used, used * 6 // 5)
