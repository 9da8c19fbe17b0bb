"""Funding-like graphs: forests of stars, chains and trees, sizes heavy-tailed, ids permuted, a few lone vertices."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

Ints = np.ndarray[tuple[int], np.dtype[np.int64]]
LARGEST, EXPONENT, EXTRA, ALONE = 10_000, 1.22, 0.02, 0.05
LONGEST_CHAIN = 150
"""Larger groups are no chains: GraphX needs a round for every link of the longest."""


def funding_graph(num_edges: int, seed: int = 11) -> tuple[pa.Table, pa.Table]:
    """(id) and (src, dst) with src < dst, no edge twice; about as many vertices as edges."""
    rng = np.random.default_rng(seed)
    sizes = cluster_sizes(rng, int(num_edges / (1 + EXTRA)))
    starts = np.cumsum(sizes) - sizes
    num = int(sizes.sum())
    first = np.repeat(starts, sizes)
    place = np.arange(num) - first
    shapes = rng.choice(3, len(sizes), p=[0.45, 0.15, 0.4])
    kind = np.repeat(np.where((shapes == 1) & (sizes > LONGEST_CHAIN), 2, shapes), sizes)
    tree = (rng.random(num) * place).astype(np.int64)  # recursive tree: a payer among those before
    parent = first + np.choose(kind, [np.zeros(num, dtype=np.int64), np.maximum(place - 1, 0), tree])
    child = np.flatnonzero(place > 0)
    more = rng.choice(child, num_edges - len(child))
    src = np.concatenate([parent[child], first[more]])
    dst = np.concatenate([child, more])
    ids = np.unique(rng.integers(-(2**62), 2**62, int(num * (1 + ALONE)) + 16))
    ids = rng.permutation(ids)
    a, b = ids[src], ids[dst]
    low, high = np.minimum(a, b), np.maximum(a, b)
    once = np.unique(np.stack([low, high], axis=1)[low != high], axis=0)
    once = once[rng.permutation(len(once))]
    return pa.table({"id": ids}), pa.table({"src": once[:, 0].copy(), "dst": once[:, 1].copy()})


def cluster_sizes(rng: np.random.Generator, num: int) -> Ints:
    """Sizes from 2 on whose members less one add up to `num`; the exponent is that of published claim clusters."""
    drawn = 2 * (1 - rng.random(num)) ** (-1 / EXPONENT)
    sizes = np.minimum(drawn, LARGEST).astype(np.int64)
    upto = np.searchsorted(np.cumsum(sizes - 1), num)
    return sizes[:upto]
