"""Movements, in any order -> transactions, inner calls and token logs in blocks: who, what, where in the chain."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from abuse.simulate.world import STARTS_AT, Floats, Ints

BLOCK_S = 12
FIRST_BLOCK = 24_000_000
"""Block at the campaign's start; the chain's real height of that month is near."""
GWEI = 9

Columns = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class Sealed:
    """Every row has its place. `calls` are transactions in chain order; `tx` of the others points into them."""

    calls: Columns
    inner: Columns
    logs: Columns
    place_of: Ints
    """The row in `calls` of a transaction number handed out by the ledger."""


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
        method: str = "",
        ok: bool = True,
        zeros: int = GWEI,
    ) -> Ints:
        """Transactions, one per time. Their numbers, to hang inner calls and logs on."""
        n = len(at)
        _add(self._calls, n, at=at, signer=signer, to=to, amount=amount, method=method, ok=ok, zeros=zeros)
        first, self._num_calls = self._num_calls, self._num_calls + n
        return np.arange(first, self._num_calls, dtype=np.int64)

    def inner(
        self,
        tx: Ints,
        sender: ArrayLike,
        recipient: ArrayLike,
        amount: ArrayLike,
        *,
        path: ArrayLike = "0",
        call_type: str = "call",
    ) -> None:
        """Calls that contracts made within the transactions; only traces show them."""
        _add(self._inner, len(tx), tx=tx, sender=sender, recipient=recipient, amount=amount)
        _add(self._inner, len(tx), path=path, call_type=call_type)

    def log(
        self, tx: Ints, token: int, sender: ArrayLike, recipient: ArrayLike, amount: ArrayLike, *, zeros: int = 0
    ) -> None:
        """Token movements as the token's contract tells them."""
        _add(self._logs, len(tx), tx=tx, token=token, sender=sender, recipient=recipient)
        _add(self._logs, len(tx), amount=amount, zeros=zeros)

    def sealed(self, rng: np.random.Generator) -> Sealed:
        """Puts everything into blocks by time; what is equal in time stays in the order it came."""
        calls = {name: np.concatenate(parts) for name, parts in self._calls.items()}
        inner = {name: np.concatenate(parts) for name, parts in self._inner.items()}
        logs = {name: np.concatenate(parts) for name, parts in self._logs.items()}
        order = np.argsort(calls["at"], kind="stable")
        place_of = np.empty(len(order), dtype=np.int64)
        place_of[order] = np.arange(len(order))
        calls = {name: column[order] for name, column in calls.items()}
        block = np.ceil(calls["at"].astype(np.float64) / BLOCK_S).astype(np.int64)
        calls["block"] = block + FIRST_BLOCK
        calls["timestamp"] = block * BLOCK_S + int(STARTS_AT.timestamp())
        calls["index"] = _rank(block)
        calls["nonce"] = _nonces(calls["signer"].astype(np.int64))
        calls["gas_used"] = _gas_used(rng, calls)
        inner["tx"], logs["tx"] = place_of[inner["tx"].astype(np.int64)], place_of[logs["tx"].astype(np.int64)]
        in_order = np.argsort(logs["tx"], kind="stable")
        logs = {name: column[in_order] for name, column in logs.items()}
        logs["index"] = _rank(calls["block"][logs["tx"].astype(np.int64)].astype(np.int64))
        return Sealed(calls, inner, logs, place_of)


def _add(columns: dict[str, list[NDArray[np.generic]]], n: int, **values: ArrayLike) -> None:
    for name, value in values.items():
        columns[name].append(np.broadcast_to(np.asarray(value), (n,)))


def _rank(sorted_keys: Ints) -> Ints:
    """0, 1, 2 ... within each run of equal keys."""
    places = np.arange(len(sorted_keys))
    is_first = np.append(True, sorted_keys[1:] != sorted_keys[:-1])[: len(sorted_keys)]
    return places - np.maximum.accumulate(np.where(is_first, places, 0))


def _nonces(signer: Ints) -> Ints:
    """How many transactions the signer had before."""
    order = np.argsort(signer, kind="stable")
    nonces = np.empty(len(signer), dtype=np.int64)
    nonces[order] = _rank(signer[order])
    return nonces


def _gas_used(rng: np.random.Generator, calls: Columns) -> Ints:
    n = len(calls["method"])
    return np.where(calls["method"] == "", 21_000, rng.integers(45_000, 260_000, n)).astype(np.int64)
