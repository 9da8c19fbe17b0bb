"""Movements, in any order -> transactions, inner calls and token logs in blocks: who, what, where in the chain.

Columns are as narrow as their numbers: some 30 bytes a transaction, 20 an inner call, 30 a log, so that ten million
movements fit into a small machine's memory.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from abuse.simulate.methods import PAY
from abuse.simulate.world import Floats, Ints

BLOCK_S = 12
FIRST_BLOCK = 24_000_000
"""Block at the campaign's start; the chain's real height of that spring is near."""
GWEI = 9
RETURNED = -1
"""Path of the call that the code behind a proxy makes, instead of the place of a first call."""

Columns = dict[str, NDArray[np.generic]]
WIDTHS = {
    "at": np.int32, "signer": np.int32, "to": np.int32, "amount": np.int64, "method": np.int8, "ok": np.bool_,
    "zeros": np.int8, "tx": np.int32, "sender": np.int32, "recipient": np.int32, "path": np.int16,
    "delegates": np.bool_, "returns": np.bool_, "token": np.int32,
}  # fmt: skip


@dataclass(frozen=True)
class Sealed:
    """Every row has its place. `calls` are transactions in chain order; `tx` of the others points into them."""

    calls: Columns
    inner: Columns
    logs: Columns
    place_of: NDArray[np.int32]
    """The row in `calls` of a transaction number handed out by the ledger."""

    @property
    def num_calls(self) -> int:
        return len(self.calls["at"])

    @property
    def num_transfers(self) -> int:
        """Movements of value that did not fail."""
        coins = np.count_nonzero((self.calls["amount"] != 0) & self.calls["ok"])
        passed = np.count_nonzero((self.inner["amount"] != 0) & (self.inner["delegates"] == 0))
        return int(coins + passed) + len(self.logs["tx"])

    @property
    def num_bytes(self) -> int:
        held = [*self.calls.values(), *self.inner.values(), *self.logs.values(), self.place_of]
        return sum(column.nbytes for column in held)


class Ledger:
    """Collects movements. Amounts are whole numbers with `zeros` more zeros in the files."""

    def __init__(self) -> None:
        self._calls: dict[str, list[NDArray[np.generic]]] = defaultdict(list)
        self._inner: dict[str, list[NDArray[np.generic]]] = defaultdict(list)
        self._logs: dict[str, list[NDArray[np.generic]]] = defaultdict(list)
        self._num_calls = 0

    def call(
        self,
        at: Floats,
        signer: ArrayLike,
        to: ArrayLike,
        amount: ArrayLike = 0,
        *,
        method: ArrayLike = PAY,
        ok: bool = True,
        zeros: int = GWEI,
    ) -> Ints:
        """Transactions, one per time. Their numbers, to hang inner calls and logs on."""
        n = len(at)
        _add(self._calls, n, at=np.floor(at), signer=signer, to=to, amount=amount, method=method, ok=ok, zeros=zeros)
        first, self._num_calls = self._num_calls, self._num_calls + n
        return np.arange(first, self._num_calls, dtype=np.int64)

    def inner(
        self,
        tx: Ints,
        sender: ArrayLike,
        recipient: ArrayLike,
        amount: ArrayLike,
        *,
        path: ArrayLike = 0,
        delegates: bool = False,
        returns: ArrayLike = False,
    ) -> None:
        """Calls that contracts made in transactions; only traces show them. `returns`: the call holds one more."""
        _add(self._inner, len(tx), tx=tx, sender=sender, recipient=recipient, amount=amount)
        _add(self._inner, len(tx), path=path, delegates=delegates, returns=returns)

    def log(
        self, tx: Ints, token: int, sender: ArrayLike, recipient: ArrayLike, amount: ArrayLike, *, zeros: int = 0
    ) -> None:
        """Token movements as the token's contract tells them."""
        _add(self._logs, len(tx), tx=tx, token=token, sender=sender, recipient=recipient)
        _add(self._logs, len(tx), amount=amount, zeros=zeros)

    def sealed(self, rng: np.random.Generator, usual_gas: NDArray[np.int32]) -> Sealed:
        """Puts everything into blocks by time; what is equal in time stays in the order it came. Empties the ledger."""
        calls = _joined(self._calls)
        order = np.argsort(calls["at"], kind="stable")
        place_of = np.empty(len(order), dtype=np.int32)
        place_of[order] = np.arange(len(order), dtype=np.int32)
        for name in calls:
            calls[name] = calls[name][order]
        del order
        calls["index"] = _rank(blocks_of(calls["at"]))
        calls["nonce"] = _nonces(calls["signer"])
        usual = usual_gas[calls["method"].astype(np.int64)]
        extra = np.where(calls["method"] == PAY, 0, rng.random(len(usual), dtype=np.float32) * 0.3)
        calls["gas_used"] = (usual * (1 + extra)).astype(np.int32)
        calls["gas_so_far"] = _running(longs(calls["gas_used"]), longs(calls["index"]))
        inner, logs = _joined(self._inner), _joined(self._logs)
        inner["tx"], logs["tx"] = place_of[inner["tx"]], place_of[logs["tx"]]
        is_child = inner["path"] != RETURNED
        calls["children"] = np.bincount(inner["tx"][is_child], minlength=len(usual)).astype(np.int16)
        in_order = np.argsort(logs["tx"], kind="stable")
        for name in logs:
            logs[name] = logs[name][in_order]
        logs["index"] = _rank(blocks_of(calls["at"][logs["tx"].astype(np.int64)]))
        return Sealed(calls, inner, logs, place_of)


def blocks_of(at: NDArray[np.generic]) -> NDArray[np.int32]:
    """The block that holds what was sent at that second: the next one."""
    return -(-at.astype(np.int32) // BLOCK_S) + FIRST_BLOCK


def seconds_of(block: NDArray[np.int32]) -> Ints:
    """Seconds after the campaign's start."""
    return (block.astype(np.int64) - FIRST_BLOCK) * BLOCK_S


def longs(column: NDArray[np.generic]) -> Ints:
    return column.astype(np.int64)


def _add(columns: dict[str, list[NDArray[np.generic]]], n: int, **values: ArrayLike) -> None:
    for name, value in values.items():
        narrow: NDArray[np.generic] = np.asarray(value).astype(WIDTHS[name])
        columns[name].append(np.broadcast_to(narrow, (n,)))


def _joined(parts: dict[str, list[NDArray[np.generic]]]) -> Columns:
    """Each column in one piece; the pieces are let go one column at a time."""
    return {name: np.concatenate(parts.pop(name)) for name in list(parts)}


def _rank(sorted_keys: NDArray[np.int32]) -> NDArray[np.int32]:
    """0, 1, 2 ... within each run of equal keys."""
    places = np.arange(len(sorted_keys), dtype=np.int32)
    is_first = np.append(True, sorted_keys[1:] != sorted_keys[:-1])[: len(sorted_keys)]
    return places - np.maximum.accumulate(np.where(is_first, places, 0).astype(np.int32))


def _nonces(signer: NDArray[np.generic]) -> NDArray[np.int32]:
    """How many transactions the signer had before."""
    order = np.argsort(signer, kind="stable")
    nonces = np.empty(len(signer), dtype=np.int32)
    nonces[order] = _rank(signer[order].astype(np.int32))
    return nonces


def _running(used: Ints, index: Ints) -> NDArray[np.int32]:
    """The sum so far within each block, the row's own included."""
    total = np.cumsum(used)
    first = np.arange(len(used)) - index
    running: NDArray[np.int32] = (total - total[first] + used[first]).astype(np.int32)
    return running
