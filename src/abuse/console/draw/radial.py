"""A graph -> where its nodes lie: trees in rings around their root, side by side.

A function of the graph alone, without a draw, so that the same cluster has the same picture every night, and one more
member moves the others a little along their ring.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

WIDE = 1.7
"""A screen is wider than high, so rings are too."""
STEP = 120.0
"""From ring to ring."""
ROOM = 30.0
"""Along a ring, for one node."""
BETWEEN = 160.0


def positions(order: Sequence[str], near: Mapping[str, Sequence[str]]) -> dict[str, tuple[float, float]]:
    """node -> (x, y). `order`: nodes as they are to be placed, first as a root; `near`: neighbours, in order."""
    found: dict[str, tuple[float, float]] = {}
    right = 0.0
    for root in order:
        if root in found:
            continue
        children = spanning(root, near, found)
        tree = ringed(root, children)
        reach = max(math.hypot(x, y) for x, y in tree.values())
        shift = 0.0 if not found else right + BETWEEN + reach
        found |= {node: (round(WIDE * (x + shift), 1), round(y, 1)) for node, (x, y) in tree.items()}
        right = shift + reach
    return found


def spanning(root: str, near: Mapping[str, Sequence[str]], taken: Mapping[str, object]) -> dict[str, list[str]]:
    """parent -> children, breadth first, so that each node hangs as near to the root as it can."""
    children: dict[str, list[str]] = {root: []}
    queue = [root]
    for node in queue:
        for other in near.get(node, ()):
            if other not in children and other not in taken:
                children[other] = []
                children[node].append(other)
                queue.append(other)
    return children


def ringed(root: str, children: Mapping[str, Sequence[str]]) -> dict[str, tuple[float, float]]:
    """Each subtree gets a share of the circle by its leaves; each ring is wide enough for its nodes."""
    depth: dict[str, int] = {root: 0}
    leaves: dict[str, int] = {}
    for node, below in children.items():  # parents stand before their children
        depth |= dict.fromkeys(below, depth[node] + 1)
    for node in reversed(list(children)):
        leaves[node] = sum(leaves[child] for child in children[node]) or 1
    rings = [0.0]
    for level in range(1, max(depth.values()) + 1):
        crowded = max(leaves[root], sum(1 for d in depth.values() if d == level)) * ROOM / (2 * math.pi)
        rings.append(max(rings[-1] + STEP, crowded if level == 1 else 0.0))
    found, sector = {root: (0.0, 0.0)}, {root: (0.0, 2 * math.pi)}
    for node, below in children.items():
        start, end = sector[node]
        for child in below:
            width = (end - start) * leaves[child] / leaves[node]
            first = start + (end - start) * sum(leaves[c] for c in below[: below.index(child)]) / leaves[node]
            sector[child] = (first, first + width)
            angle, ring = first + width / 2, rings[depth[child]]
            found[child] = (ring * math.cos(angle), ring * math.sin(angle))
    return found
