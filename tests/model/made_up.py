"""A made-up dataset: two dozen features that tell farms from others, a little, and some that tell nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from abuse.model.rows import FARM_KINDS, LOOK_ALIKES, FeatureList, Rows, read_rows

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "time": ("median_gap_s", "median_gap_upper_s", "hour_spread"),
    "behaviour": ("actions_mean", "same_order_share", "noise_a"),
    "funding": ("same_funder_share", "funding_iqr_s", "noise_b"),
    "sink": ("same_sink_share", "sink_wait_s"),
    "structure": ("size", "density"),
}
FEATURES = FeatureList(names=tuple(n for names in FAMILIES.values() for n in names), families=FAMILIES)


def campaign_table(name: str, num: int, rng: np.random.Generator, strength: float) -> pa.Table:
    """One campaign; `strength` is how far apart farms and others lie, in standard deviations."""
    farm = rng.random(num) < rng.uniform(0.25, 0.45)
    level = np.where(farm, rng.integers(0, 4, num), -1)
    pull = np.where(farm, strength * (1.3 - 0.25 * level), 0.0)
    size = 2 + np.floor(rng.pareto(1.2, num) * 6).clip(0, 400)
    gap_s = np.exp(10.5 - pull + rng.normal(0, 1.2, num))
    columns = {
        "median_gap_s": gap_s,
        "median_gap_upper_s": gap_s * 1.5,
        "hour_spread": rng.random(num),
        "actions_mean": rng.lognormal(2, 1, num),
        "same_order_share": 1 / (1 + np.exp(-(rng.normal(0, 1, num) + 0.5 * pull - 1))),
        "noise_a": rng.normal(0, 1, num),
        "same_funder_share": 1 / (1 + np.exp(-(rng.normal(0, 1, num) + 0.7 * pull - 1))),
        "funding_iqr_s": np.exp(9 - 0.6 * pull + rng.normal(0, 1.5, num)),
        "noise_b": rng.normal(0, 1, num),
        "same_sink_share": rng.random(num),
        "sink_wait_s": rng.lognormal(8, 2, num),
        "size": size,
        "density": rng.random(num),
    }
    for unknown in ("same_sink_share", "sink_wait_s", "funding_iqr_s"):
        columns[unknown] = np.where(rng.random(num) < 0.2, np.nan, columns[unknown])
    kinds = np.where(farm, rng.choice(FARM_KINDS[:4], num), rng.choice((*LOOK_ALIKES[:4], "found"), num))
    known = {
        "campaign": [name] * num,
        "cluster_id": [f"{int(n):012x}" for n in rng.integers(0, 2**48, num)],
        "is_farm": farm,
        "kind": kinds,
        "level": pa.array([int(v) if v >= 0 else None for v in level], pa.int64()),
        "size": size.astype(np.int64),
        "num_farm": np.where(farm, np.ceil(size * rng.uniform(0.6, 1.0, num)), 0).astype(np.int64),
    }
    features = {n: pa.array(v, from_pandas=True) for n, v in columns.items() if n != "size"}
    return pa.table(known | features)


def dataset(folder: Path, seed: int = 1, num_campaigns: int = 8, num: int = 40, strength: float = 1.0) -> Path:
    """A folder of campaigns."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    for at in range(num_campaigns):
        name = f"campaign{seed}-{at:02d}"
        pq.write_table(campaign_table(name, num, rng, strength), folder / f"{name}.parquet")
    return folder


def rows(folder: Path, seed: int = 1, num_campaigns: int = 8, num: int = 40, strength: float = 1.0) -> Rows:
    """The same, read."""
    return read_rows(dataset(folder, seed, num_campaigns, num, strength), FEATURES)
