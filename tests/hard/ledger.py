"""Who pays whom and when, before blocks and hashes. Actors are whole numbers, amounts gwei."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.hard.laws import Ints

ETH_GWEI = 1_000_000_000
PLAIN = 0
"""method of a bare transfer; others are the number of a contract's method"""


@dataclass(slots=True)
class Actors:
    """Hands out numbers for addresses."""

    num: int = 0

    def new(self, count: int) -> Ints:
        first = self.num
        self.num += int(count)
        return np.arange(first, self.num)


@dataclass(slots=True)
class Columns:
    """Columns that grow by batches."""

    names: tuple[str, ...]
    batches: list[dict[str, Ints]] = field(default_factory=list)
    num: int = 0

    def add(self, **columns: Ints | int) -> Ints:
        """The numbers of the new rows."""
        full = np.broadcast_arrays(*(np.asarray(columns[name], np.int64) for name in self.names))
        self.batches.append({name: np.atleast_1d(column) for name, column in zip(self.names, full, strict=True)})
        rows = np.arange(self.num, self.num + len(self.batches[-1][self.names[0]]))
        self.num += len(rows)
        return rows

    def column(self, name: str) -> Ints:
        return np.concatenate([batch[name] for batch in self.batches])


@dataclass(slots=True)
class Ledger:
    """Transactions, the payments contracts make inside them, and token movements."""

    calls: Columns = field(default_factory=lambda: Columns(("at", "sender", "to", "gwei", "method", "tip_milli")))
    inner: Columns = field(default_factory=lambda: Columns(("call", "sender", "to", "gwei")))
    tokens: Columns = field(default_factory=lambda: Columns(("call", "token", "sender", "to", "raw")))
    """token 0 has 6 decimals, token 1 has 18; `raw` is in 1e-6 of a token for both"""
    acts: Columns = field(default_factory=lambda: Columns(("call", "account", "task", "usd_cents")))


def gwei(eth: NDArray[np.floating[Any]]) -> Ints:
    return np.asarray(np.rint(eth * ETH_GWEI), np.int64)
