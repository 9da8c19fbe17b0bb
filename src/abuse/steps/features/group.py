"""One cluster's members as arrays, from the Arrow rows of `facts`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from abuse.steps.features.statistics import Floats, known

MICROS = 1e6


@dataclass(frozen=True)
class Group:
    """`rows`: one dictionary per member, in the order of their accounts."""

    rows: list[dict[str, Any]]

    @classmethod
    def of(cls, table: pa.Table) -> Group:
        return cls(table.sort_by("account").to_pylist())

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> list[Any]:
        """What is known of it."""
        return [row[name] for row in self.rows if row[name] is not None]

    def numbers(self, name: str) -> Floats:
        """The known ones, as they are."""
        return known(row[name] for row in self.rows)

    def aligned(self, name: str) -> Floats:
        """One per member; NaN where unknown. Times come as microseconds and leave as seconds."""
        return np.array([np.nan if row[name] is None else row[name] for row in self.rows], dtype=np.float64)

    def seconds(self, name: str) -> Floats:
        return self.aligned(name) / MICROS

    @cached_property
    def words(self) -> list[list[str]]:
        """Each member's campaign actions, of unknown times too."""
        return [[act["word"] for act in row["acts"] or ()] for row in self.rows]

    @cached_property
    def acts(self) -> list[list[tuple[float, str]]]:
        """Those of known times in order: when, in seconds, and which."""
        timed = [[act for act in row["acts"] or () if act["at"] is not None] for row in self.rows]
        return [[(act["at"] / MICROS, act["word"]) for act in own] for own in timed]

    @cached_property
    def calls(self) -> list[list[dict[str, Any]]]:
        """Each member's transactions in order; empty where the chain files know none."""
        return [row["calls"] or [] for row in self.rows]

    @cached_property
    def addresses(self) -> set[str]:
        return {address for row in self.rows for address in row["addresses"] or ()}
