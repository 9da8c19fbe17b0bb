"""Sealed ledger -> tables in the ethereum-etl schema (see its documentation for each column)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from abuse.simulate.ledger import Columns, Sealed
from abuse.simulate.world import Ints

SELECTORS = {
    "": "0x",
    "swap": "0x7ff36ab5",
    "transfer": "0xa9059cbb",
    "approve": "0x095ea7b3",
    "act": "0x3ccfd60b",
    "relay": "0x8d80ff0a",
    "disperse": "0xe63d38ed",
    "airdrop": "0x67243482",
}
TIP_WEI = 10**9
PAYMENT_GAS = 21_000


@dataclass(frozen=True)
class Names:
    """The hex text of every number."""

    address: pa.Array
    tx_hash: pa.Array
    block_hash: pa.Array
    block_place: Ints
    """Place in `block_hash` of each transaction's block."""


def random_hex(rng: np.random.Generator, n: int, size: int) -> pa.Array:
    """`n` texts of `size` random bytes."""
    digits = np.frombuffer(rng.bytes(n * size).hex().encode(), dtype=f"S{2 * size}")
    return pc.binary_join_element_wise("0x", pa.array(digits, pa.binary()).cast(pa.string()), "")


def names(rng: np.random.Generator, num_addresses: int, sealed: Sealed) -> Names:
    blocks, place = np.unique(sealed.calls["block"], return_inverse=True)
    num_calls = len(sealed.calls["at"])
    address, tx_hash = random_hex(rng, num_addresses, 20), random_hex(rng, num_calls, 32)
    return Names(address, tx_hash, random_hex(rng, len(blocks), 32), place.astype(np.int64))


def raw_amounts(units: NDArray[np.generic], zeros: NDArray[np.generic]) -> pa.Array:
    """Whole numbers as text: an uint256 fits nothing else."""
    tails = pa.array(["0" * count for count in range(20)]).take(pa.array(zeros))
    text = pc.binary_join_element_wise(pa.array(units).cast(pa.string()), tails, "")
    return pc.if_else(pa.array(units == 0), "0", text)


def transactions(sealed: Sealed, names: Names) -> pa.Table:
    calls, price = sealed.calls, _gas_price(sealed)
    n = len(price)
    return pa.table(
        {
            "hash": names.tx_hash,
            "nonce": calls["nonce"],
            "block_hash": names.block_hash.take(pa.array(names.block_place)),
            "block_number": calls["block"],
            "transaction_index": calls["index"],
            "from_address": names.address.take(pa.array(calls["signer"])),
            "to_address": names.address.take(pa.array(calls["to"])),
            "value": raw_amounts(calls["amount"], calls["zeros"]),
            "gas": _gas_limit(calls),
            "gas_price": price,
            "input": _input(calls),
            "block_timestamp": calls["timestamp"],
            "max_fee_per_gas": price * 2,
            "max_priority_fee_per_gas": np.full(n, TIP_WEI),
            "transaction_type": np.full(n, 2),
        }
    )


def receipts(sealed: Sealed, names: Names) -> pa.Table:
    calls = sealed.calls
    used = calls["gas_used"].astype(np.int64)
    before_block = (np.cumsum(used) - used)[calls["index"] == 0]
    return pa.table(
        {
            "transaction_hash": names.tx_hash,
            "transaction_index": calls["index"],
            "block_hash": names.block_hash.take(pa.array(names.block_place)),
            "block_number": calls["block"],
            "cumulative_gas_used": np.cumsum(used) - before_block[names.block_place],
            "gas_used": used,
            "contract_address": pa.nulls(len(used), pa.string()),
            "root": pa.nulls(len(used), pa.string()),
            "status": calls["ok"].astype(np.int64),
            "effective_gas_price": _gas_price(sealed),
        }
    )


def traces(sealed: Sealed, names: Names) -> pa.Table:
    """Every transaction's own call, then the calls its contracts made."""
    calls, inner = sealed.calls, sealed.inner
    every = np.arange(len(calls["at"]))
    is_child = np.char.find(inner["path"].astype(str), ",") < 0
    children = np.bincount(inner["tx"][is_child].astype(np.int64), minlength=len(every))
    grand = np.isin(inner["tx"], inner["tx"][~is_child]) & is_child
    own = _traces(sealed, names, every, calls["signer"], calls["to"], calls, np.full(len(every), ""), "call", children)
    made = _traces(
        sealed, names, inner["tx"].astype(np.int64), inner["sender"], inner["recipient"],
        inner | {"zeros": np.full(len(grand), 9)}, inner["path"], inner["call_type"], grand.astype(np.int64),
    )  # fmt: skip
    return pa.concat_tables([own, made])


def _traces(
    sealed: Sealed,
    names: Names,
    tx: Ints,
    sender: NDArray[np.generic],
    recipient: NDArray[np.generic],
    money: Columns,
    path: NDArray[np.generic],
    call_type: NDArray[np.generic] | str,
    subtraces: Ints,
) -> pa.Table:
    calls, n = sealed.calls, len(tx)
    ok = pa.array(calls["ok"][tx])
    paths = pa.array(path.astype(object), pa.string())
    tx_hash = names.tx_hash.take(pa.array(tx))
    suffix = pc.replace_substring(paths, ",", "_")
    gas_used = np.where(path == "", calls["gas_used"][tx], 9_000)
    return pa.table(
        {
            "block_number": calls["block"][tx],
            "transaction_hash": tx_hash,
            "transaction_index": calls["index"][tx],
            "from_address": names.address.take(pa.array(sender)),
            "to_address": names.address.take(pa.array(recipient)),
            "value": raw_amounts(money["amount"], money["zeros"]),
            "input": _input({"method": calls["method"][tx]}),
            "output": pa.array(["0x"] * n),
            "trace_type": pa.array(["call"] * n),
            "call_type": pa.array(np.broadcast_to(np.asarray(call_type), (n,)).astype(object), pa.string()),
            "reward_type": pa.nulls(n, pa.string()),
            "gas": _gas_limit(calls)[tx],
            "gas_used": gas_used,
            "subtraces": subtraces,
            "trace_address": paths,
            "error": pc.if_else(ok, pa.scalar(None, pa.string()), "Reverted"),
            "status": calls["ok"][tx].astype(np.int64),
            "trace_id": pc.binary_join_element_wise("call", tx_hash, suffix, "_"),
        }
    )


def token_transfers(sealed: Sealed, names: Names) -> pa.Table:
    logs = sealed.logs
    tx = logs["tx"].astype(np.int64)
    return pa.table(
        {
            "token_address": names.address.take(pa.array(logs["token"])),
            "from_address": names.address.take(pa.array(logs["sender"])),
            "to_address": names.address.take(pa.array(logs["recipient"])),
            "value": raw_amounts(logs["amount"], logs["zeros"]),
            "transaction_hash": names.tx_hash.take(pa.array(tx)),
            "log_index": logs["index"],
            "block_number": sealed.calls["block"][tx],
        }
    )


def blocks(sealed: Sealed, names: Names) -> pa.Table:
    """The blocks that hold any of our transactions; empty ones say nothing."""
    number, first, count = np.unique(sealed.calls["block"], return_index=True, return_counts=True)
    timestamp = sealed.calls["timestamp"][first]
    return pa.table({"number": number, "hash": names.block_hash, "timestamp": timestamp, "transaction_count": count})


def _gas_price(sealed: Sealed) -> Ints:
    """Wei, the same for all in a block, swinging over the day."""
    day_part = sealed.calls["block"].astype(np.int64) % 7_200 / 7_200
    return ((8 + 6 * np.sin(2 * np.pi * day_part)) * TIP_WEI).astype(np.int64)


def _gas_limit(calls: Columns) -> Ints:
    used = calls["gas_used"].astype(np.int64)
    return np.where(used == PAYMENT_GAS, used, used * 6 // 5)


def _input(calls: Columns) -> pa.Array:
    methods, place = np.unique(calls["method"].astype(str), return_inverse=True)
    return pa.array([SELECTORS[method] for method in methods.tolist()]).take(pa.array(place))
