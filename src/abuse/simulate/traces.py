"""Some rows of a sealed ledger -> traces in the ethereum-etl schema: each transaction's own call, then those within."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from abuse.simulate.etl import Chain, gas_limit, raw_amounts
from abuse.simulate.ledger import GWEI, RETURNED, Columns, Sealed, blocks_of, longs
from abuse.simulate.world import Ints

INNER_GAS = 9_000
OWN = -2
"""Path of a transaction's own call."""


def num_traces(sealed: Sealed) -> int:
    return sealed.num_calls + len(sealed.inner["tx"])


def traces(chain: Chain, rows: Ints) -> pa.Table:
    """Rows below `num_calls` are transactions' own calls, those from there on are calls within."""
    of = chain.sealed.calls
    called = _calls(chain.sealed, rows)
    tx = longs(called["tx"])
    block, ok, used = blocks_of(of["at"][tx]), of["ok"][tx], longs(of["gas_used"][tx])
    paths, tx_hash = _paths(called["path"]), chain.hexes.tx_hashes(tx)
    n = len(rows)
    return pa.table(
        {
            "block_number": longs(block),
            "transaction_hash": tx_hash,
            "transaction_index": longs(of["index"][tx]),
            "from_address": chain.hexes.addresses(called["sender"]),
            "to_address": chain.hexes.addresses(called["recipient"]),
            "value": raw_amounts(called["amount"], called["zeros"]),
            "input": chain.input(of["method"][tx]),
            "output": pa.array(["0x"]).take(pa.array(np.zeros(n, dtype=np.int8))),
            "trace_type": pa.array(["call"]).take(pa.array(np.zeros(n, dtype=np.int8))),
            "call_type": pa.array(["call", "delegatecall"]).take(pa.array(called["delegates"].astype(np.int8))),
            "reward_type": pa.nulls(n, pa.string()),
            "gas": gas_limit(used, of["method"][tx]),
            "gas_used": np.where(called["path"] == OWN, used, INNER_GAS),
            "subtraces": longs(called["children"]),
            "trace_address": paths,
            "error": pa.array([None, "Reverted"], pa.string()).take(pa.array((1 - longs(ok)).astype(np.int8))),
            "status": longs(ok),
            "trace_id": pc.binary_join_element_wise("call", tx_hash, pc.replace_substring(paths, ",", "_"), "_"),
        }
    )


def _calls(sealed: Sealed, rows: Ints) -> Columns:
    """The rows in their own order, whichever of the two they come from."""
    is_own = rows < sealed.num_calls
    own, made = rows[is_own], rows[~is_own] - sealed.num_calls
    calls, inner = sealed.calls, sealed.inner
    pairs: dict[str, tuple[NDArray[np.generic] | int, NDArray[np.generic] | int]] = {
        "tx": (own.astype(np.int32), inner["tx"][made]),
        "sender": (calls["signer"][own], inner["sender"][made]),
        "recipient": (calls["to"][own], inner["recipient"][made]),
        "amount": (calls["amount"][own], inner["amount"][made]),
        "zeros": (calls["zeros"][own], GWEI),
        "path": (OWN, inner["path"][made]),
        "delegates": (0, inner["delegates"][made]),
        "children": (calls["children"][own], inner["returns"][made]),
    }
    mixed = {}
    for name, (of_own, of_made) in pairs.items():
        mixed[name] = np.empty(len(rows), dtype=np.int64)
        mixed[name][is_own], mixed[name][~is_own] = of_own, of_made
    return dict(mixed)


def _paths(path: NDArray[np.generic]) -> pa.Array:
    plain = pc.if_else(pa.array(path == RETURNED), "0,0", pa.array(path).cast(pa.string()))
    return pc.if_else(pa.array(path == OWN), "", plain)
