"""A fitted LightGBM as plain arrays: prediction and reasons in numpy alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from abuse.model.rows import Flags, Reals

if TYPE_CHECKING:
    from lightgbm import Booster

Places = npt.NDArray[np.int32]
CHUNK = 2048
"""Rows walked down all trees at once; bounds memory to some 20 MB at 300 trees."""
LEAF = -1


@dataclass(frozen=True, kw_only=True, slots=True)
class Trees:
    """All nodes of all trees, one after the other; `left` and `right` are places in the same arrays."""

    form: ClassVar[str] = "trees"
    roots: Places
    feature: Places
    threshold: Reals
    left: Places
    right: Places
    unknown_left: Flags
    unknown_is_zero: Flags
    """LightGBM reads NaN as 0 at a split on a feature that was never unknown in training."""
    value: Reals
    """Of a leaf, what it adds; of a split, the mean over the training rows that reached it."""

    def raw(self, values: Reals) -> Reals:
        """Log-odds: the sum of the leaves each row falls into."""
        found = np.zeros(len(values))
        for start in range(0, len(values), CHUNK):
            rows = values[start : start + CHUNK]
            at = self._start(rows)
            while (self.feature[at] != LEAF).any():
                at = self._next(rows, at)
            found[start : start + CHUNK] = self.value[at].sum(axis=1)
        return found

    def contributions(self, values: Reals) -> Reals:
        """Along each path, how much every split moved the mean, booked on its feature (Saabas 2014)."""
        found = np.zeros(values.shape)
        for start in range(0, len(values), CHUNK):
            found[start : start + CHUNK] = self._contributions(values[start : start + CHUNK])
        return found

    def base(self) -> float:
        """The raw score before any split; with the contributions it sums to the raw score."""
        return float(self.value[self.roots].sum())

    def arrays(self) -> dict[str, np.ndarray]:
        return {name: getattr(self, name) for name in Trees.__slots__}

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> Trees:
        return cls(**{name: arrays[name] for name in Trees.__slots__})

    def _start(self, rows: Reals) -> Places:
        return np.broadcast_to(self.roots, (len(rows), len(self.roots))).copy()

    def _next(self, rows: Reals, at: Places) -> Places:
        """One level down in every tree; a leaf stays where it is."""
        feature = self.feature[at]
        is_leaf = feature == LEAF
        value = np.take_along_axis(rows, np.where(is_leaf, 0, feature).astype(np.intp), axis=1)
        unknown = np.isnan(value)
        as_zero = unknown & self.unknown_is_zero[at]
        goes_left = np.where(as_zero, 0.0, value) <= self.threshold[at]
        goes_left = np.where(unknown & ~as_zero, self.unknown_left[at], goes_left)
        below = np.where(goes_left, self.left[at], self.right[at])
        return np.where(is_leaf, at, below).astype(np.int32)

    def _contributions(self, rows: Reals) -> Reals:
        num_rows, num_features = rows.shape
        own = np.arange(num_rows)[:, None] * num_features
        found = np.zeros(num_rows * num_features)
        at = self._start(rows)
        while (is_split := self.feature[at] != LEAF).any():
            below = self._next(rows, at)
            moved = (self.value[below] - self.value[at])[is_split]
            cells = (own + self.feature[at])[is_split]
            found += np.bincount(cells, weights=moved, minlength=len(found))
            at = below
        return found.reshape(rows.shape)


def trees(booster: Booster) -> Trees:
    """The arrays of a fitted booster."""
    nodes: list[dict[str, Any]] = []
    roots = [_add(tree["tree_structure"], nodes) for tree in booster.dump_model()["tree_info"]]

    def places(name: str, otherwise: int) -> Places:
        return np.array([node.get(name, otherwise) for node in nodes], dtype=np.int32)

    return Trees(
        roots=np.array(roots, dtype=np.int32),
        feature=places("split_feature", LEAF),
        threshold=np.array([node.get("threshold", 0.0) for node in nodes], dtype=np.float64),
        left=places("left", 0),
        right=places("right", 0),
        unknown_left=np.array([node.get("default_left", False) for node in nodes], dtype=np.bool_),
        unknown_is_zero=np.array([node.get("missing_type") != "NaN" for node in nodes], dtype=np.bool_),
        value=np.array([node["value"] for node in nodes], dtype=np.float64),
    )


def _add(node: dict[str, Any], nodes: list[dict[str, Any]]) -> int:
    """Place of the node, after it and all below it are in `nodes`."""
    if "split_feature" not in node:
        nodes.append({"value": node["leaf_value"], "count": node.get("leaf_count", 1)})
        return len(nodes) - 1
    left, right = _add(node["left_child"], nodes), _add(node["right_child"], nodes)
    counts = nodes[left]["count"], nodes[right]["count"]
    mean = (nodes[left]["value"] * counts[0] + nodes[right]["value"] * counts[1]) / sum(counts)
    nodes.append(node | {"left": left, "right": right, "value": mean, "count": sum(counts)})
    return len(nodes) - 1
