"""Numbers -> hex text that says nothing about them, the same for the same seed, without keeping any text.

The bytes are a bijective mix of the number and a drawn key (splitmix64, Steele, Lea and Flood 2014), so any row's hash
can be made when its chunk is written.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

WORD = 8
ADDRESS_BYTES, HASH_BYTES = 20, 32
PAIRS = np.frombuffer(bytes(range(256)).hex().encode(), dtype=np.uint16)
"""The two digits of each byte, as one number: one look-up gives both."""
PREFIX = np.frombuffer(b"0x", dtype=np.uint8)


class Hexes:
    """The chain's names. A lost hash is one of a transaction that no file holds."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._keys = rng.integers(0, 2**64, (4, HASH_BYTES // WORD), dtype=np.uint64)

    def addresses(self, numbers: NDArray[np.generic]) -> pa.Array:
        return _text(_mixed(numbers, self._keys[0])[:, :ADDRESS_BYTES])

    def tx_hashes(self, numbers: NDArray[np.generic]) -> pa.Array:
        return _text(_mixed(numbers, self._keys[1]))

    def block_hashes(self, numbers: NDArray[np.generic]) -> pa.Array:
        return _text(_mixed(numbers, self._keys[2]))

    def lost_hashes(self, numbers: NDArray[np.generic]) -> pa.Array:
        return _text(_mixed(numbers, self._keys[3]))


def _mixed(numbers: NDArray[np.generic], keys: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """One row of bytes per number."""
    words = np.empty((len(numbers), len(keys)), dtype="<u8")
    for place, key in enumerate(keys):
        mixed = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + key
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        words[:, place] = mixed ^ (mixed >> np.uint64(31))
    return words.view(np.uint8)


def _text(raw: NDArray[np.uint8]) -> pa.Array:
    """0x and two digits a byte."""
    n, size = raw.shape
    text = np.empty((n, 2 + 2 * size), dtype=np.uint8)
    text[:, :2] = PREFIX
    text[:, 2:] = PAIRS[raw].view(np.uint8)
    ends = np.arange(n + 1, dtype=np.int32) * (2 + 2 * size)
    return pa.StringArray.from_buffers(n, pa.py_buffer(ends), pa.py_buffer(text))
