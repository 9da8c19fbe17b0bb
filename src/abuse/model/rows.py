"""A folder of parquet files -> Rows: clusters described, with what is known of them."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from abuse.errors import InputError
from abuse.tables import CLUSTER_FEATURES, FEATURE_FAMILIES

if TYPE_CHECKING:
    import pyarrow as pa

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.str_]

KNOWN = ("campaign", "cluster_id", "is_farm", "kind", "level", "size", "num_farm")
FARM_KINDS = (
    "star",
    "chain",
    "tree",
    "disperse",
    "exchange_batch",
    "sink_only",
    "behaviour_only",
    "bridge_batch",
    "aged",
    "mixture",
)
LOOK_ALIKES = (
    "exchange_crowd",
    "payroll",
    "family",
    "one_person",
    "class",
    "quest_crowd",
    "guild",
    "relayer_crowd",
    "victims",
    "desk",
    "sponsored",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureList:
    """Which columns a scorer may read, in order, and which family each belongs to."""

    names: tuple[str, ...]
    families: Mapping[str, tuple[str, ...]]

    def place(self, name: str) -> int:
        """Position of a feature."""
        if name not in self.names:
            raise InputError("features", f"no {name}", "it among the features", "Add it or use another scorer.")
        return self.names.index(name)


JOB_FEATURES = FeatureList(names=CLUSTER_FEATURES, families=FEATURE_FAMILIES)
"""What the night describes clusters by."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """One row per cluster; `values` has a column per feature, NaN where it is unknown."""

    features: FeatureList
    campaign: Texts
    cluster_id: Texts
    is_farm: Flags
    kind: Texts
    level: Reals
    size: Reals
    num_farm: Reals
    starts_at: Reals
    position: Reals
    """Place in its file, 0 to 1: what a leak through the order of rows would show."""
    values: Reals

    def __len__(self) -> int:
        return len(self.is_farm)

    def take(self, chosen: Whole | Flags) -> Rows:
        """The chosen rows, in the order asked for."""
        parts = {f.name: getattr(self, f.name)[chosen] for f in dataclasses.fields(self) if f.name != "features"}
        return Rows(features=self.features, **parts)

    def column(self, name: str) -> Reals:
        """One feature of all rows."""
        found: Reals = self.values[:, self.features.place(name)]
        return found

    def digest(self) -> str:
        """Sixteen hex digits over names, ids, labels and values."""
        text = hashlib.sha256("\n".join(self.features.names).encode())
        for part in (self.campaign, self.cluster_id):
            text.update("\n".join(part.tolist()).encode())
        for figures in (self.is_farm, self.values):
            text.update(np.ascontiguousarray(figures).tobytes())
        return text.hexdigest()[:16]


def joined(parts: Sequence[Rows]) -> Rows:
    """All rows of all parts."""
    names = [f.name for f in dataclasses.fields(Rows) if f.name != "features"]
    return Rows(features=parts[0].features, **{n: np.concatenate([getattr(p, n) for p in parts]) for n in names})


def read_rows(folder: Path, features: FeatureList) -> Rows:
    """All clusters of a dataset folder, by campaign and cluster id whatever the files are called."""
    import pyarrow.parquet as pq

    files = sorted(folder.glob("*.parquet"))
    if not files:
        raise InputError(str(folder), "no parquet file", "one file per campaign", "Build the dataset first.")
    rows = joined([_rows(pq.read_table(file), features, file) for file in files])
    rows = rows.take(np.lexsort((rows.cluster_id, rows.campaign)))
    twice = (rows.campaign[1:] == rows.campaign[:-1]) & (rows.cluster_id[1:] == rows.cluster_id[:-1])
    if twice.any():
        place = int(np.flatnonzero(twice)[0])
        found = f"{rows.cluster_id[place]} twice in {rows.campaign[place]}"
        raise InputError(str(folder), found, "each cluster once", "Build the dataset again into an empty folder.")
    return rows


def _rows(table: pa.Table, features: FeatureList, file: Path) -> Rows:
    missing = [name for name in (*KNOWN, *features.names) if name not in table.column_names]
    if missing:
        raise InputError(str(file), f"no column {missing[0]}", "it", "Build the dataset with this version.")
    starts = "starts_at" if "starts_at" in table.column_names else None
    return Rows(
        features=features,
        campaign=_texts(table, "campaign"),
        cluster_id=_texts(table, "cluster_id"),
        is_farm=np.asarray(_reals(table, "is_farm") > 0),
        kind=_texts(table, "kind"),
        level=_reals(table, "level"),
        size=_reals(table, "size"),
        num_farm=_reals(table, "num_farm"),
        starts_at=_instants(table, starts) if starts else np.full(len(table), np.nan),
        position=np.linspace(0.0, 1.0, len(table)),
        values=np.column_stack([_reals(table, name) for name in features.names]),
    )


def _texts(table: pa.Table, name: str) -> Texts:
    return np.array(table[name].to_pylist(), dtype=np.str_)


def _instants(table: pa.Table, name: str) -> Reals:
    return np.array([v.timestamp() if v is not None else np.nan for v in table[name].to_pylist()], dtype=np.float64)


def _reals(table: pa.Table, name: str) -> Reals:
    """Null is NaN, and so is infinite: no scorer can add it up."""
    found = np.array([np.nan if v is None else float(v) for v in table[name].to_pylist()], dtype=np.float64)
    found[np.isinf(found)] = np.nan
    return found
