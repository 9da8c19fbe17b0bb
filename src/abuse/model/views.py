"""Rows -> the same rows as a poorer source would show them."""

from __future__ import annotations

import dataclasses

import numpy as np

from abuse.model.rows import FeatureList, Flags, Reals, Rows, joined

PAIR_ONLY = ("time", "structure")
"""Families a source knows that says only who dealt with whom: participation gives the times, the pairs the graph."""


MONEY = ("funding", "sink")
"""Families of which such a source knows nothing, whatever participation says of behaviour."""


def hidden_places(features: FeatureList) -> list[int]:
    """Positions of the features that a pair-only source leaves unknown."""
    return _places(features, [family for family in features.families if family not in PAIR_ONLY])


def is_pair_only(values: Reals, features: FeatureList) -> Flags:
    """Rows of which nothing is known about money."""
    money = _places(features, [family for family in features.families if family in MONEY])
    if not money:
        return np.zeros(len(values), dtype=np.bool_)
    return np.asarray(np.isnan(values[:, money]).all(axis=1))


def _places(features: FeatureList, families: list[str]) -> list[int]:
    wanted = {name for family in families for name in features.families[family]}
    return [place for place, name in enumerate(features.names) if name in wanted]


def pair_only(rows: Rows) -> Rows:
    """The rows as a pair-only source shows them."""
    values = rows.values.copy()
    values[:, hidden_places(rows.features)] = np.nan
    return dataclasses.replace(rows, values=values)


def without(rows: Rows, names: tuple[str, ...]) -> Rows:
    """The rows with some features unknown."""
    values = rows.values.copy()
    values[:, [rows.features.place(name) for name in names]] = np.nan
    return dataclasses.replace(rows, values=values)


def with_poor_views(rows: Rows) -> Rows:
    """Every row twice, whole and pair-only, so that a scorer learns to live with missing families."""
    return joined([rows, pair_only(rows)])
