"""A made-up dataset with acts: farms act within seconds of each other, honest groups do not, and figures say nothing.

So whoever tells them apart has read the acts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from abuse.model.farmset.fields import DAY
from abuse.model.farmset.reading import Described, read_described
from abuse.model.rows import FARM_KINDS, LOOK_ALIKES, FeatureList
from abuse.tables import CLUSTER_FEATURES, Events, MemberTies, PerRun

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "time": ("gap_cv",),
    "behaviour": ("actions_cv",),
    "funding": ("known_funder_share",),
    "sink": ("sink_cv",),
    "structure": ("size",),
}
FEATURES = FeatureList(names=tuple(n for names in FAMILIES.values() for n in names), families=FAMILIES)
START = datetime(2026, 3, 1, tzinfo=UTC).timestamp()
WORDS = ("swap", "stake", "claim", "lend")
Row = dict[str, Any]


def columns(table: type[Events] | type[MemberTies]) -> pa.Schema:
    return pa.schema([(f.name, f.kind) for f in table.fields() if f.name not in PerRun.columns()])


def tables(rows: list[Row], table: type[Events] | type[MemberTies]) -> pa.Table:
    """Rows from the columns that matter; the others are empty."""
    schema = columns(table)
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema=schema)


def tie(cluster: str, account: str, **known: Any) -> Row:
    counts = ("num_neighbours", "time_partners", "money_partners", "sink_partners", "sequence_partners")
    return {"cluster_id": cluster, "account": account, "num_actions": 3} | dict.fromkeys(counts, 1) | known


def event(cluster: str, account: str, position: int, at: float, **known: Any) -> Row:
    plain: Row = {"kind": "act", "what": "swap", "role": "contract", "counterparty": "0xc", "siblings_near": 0}
    where = {"cluster_id": cluster, "account": account, "position": position, "num_merged": 1}
    when = {"at": datetime.fromtimestamp(START + at, tz=UTC), "campaign_day": at / DAY}
    return where | when | plain | known


def member(cluster: str, number: int, is_farm: bool, rng: np.random.Generator) -> tuple[Row, list[Row]]:
    """A member and its acts. Of a farm: its siblings did the same within seconds."""
    account, num = f"{cluster}-a{number:03d}", int(rng.integers(2, 12))
    times = np.sort(rng.uniform(0, 20 * DAY, num))
    lags = rng.uniform(5, 60, num) if is_farm else rng.uniform(DAY, 5 * DAY, num)
    gaps = [None, *np.diff(times).tolist()]
    acts = [
        event(
            cluster,
            account,
            place,
            float(at),
            kind="paid" if place == 0 else "act",
            what="native" if place == 0 else WORDS[int(rng.integers(len(WORDS)))],
            amount=float(rng.uniform(0.01, 0.1)) if place == 0 else None,
            gap_s=gaps[place],
            sibling_lag_s=float(lags[place]),
        )
        for place, at in enumerate(times)
    ]
    own = tie(cluster, account, payer=f"{cluster}-boss" if rng.random() < 0.5 else None, hops=1.0)
    if number > 0 and rng.random() < 0.3:
        own["parent"] = f"{cluster}-a{int(rng.integers(number)):03d}"
    return own, acts


def campaign(name: str, num: int, rng: np.random.Generator) -> tuple[pa.Table, pa.Table, pa.Table]:
    """(figures, members, events) of one campaign."""
    clusters, members, events, is_farm_member = [], [], [], []
    for at in range(num):
        is_farm, size = bool(at % 2), int(rng.integers(3, 9))
        cluster = f"{name}-c{int(rng.integers(10**6)):06d}-{at}"
        kind = (FARM_KINDS if is_farm else LOOK_ALIKES)[at // 2 % 3]
        clusters.append(
            {"campaign": name, "cluster_id": cluster, "is_farm": is_farm, "kind": kind, "level": at % 4}
            | {"num_farm": size if is_farm else 0, "size": float(size)}
            | {noise: float(rng.normal()) if rng.random() < 0.8 else None for noise in FEATURES.names[:-1]}
        )
        for number in range(size):
            own, acts = member(cluster, number, is_farm, rng)
            members.append(own)
            events += acts
            is_farm_member.append(is_farm)
    ties = tables(members, MemberTies).append_column("is_farm", pa.array(is_farm_member))
    figures = pa.Table.from_pylist(clusters)
    for unknown in (name for name in CLUSTER_FEATURES if name not in FEATURES.names):
        figures = figures.append_column(unknown, pa.nulls(len(figures), pa.float64()))
    return figures, ties, tables(events, Events)


def dataset(folder: Path, seed: int = 1, num_campaigns: int = 4, num: int = 16) -> Path:
    """A folder as `abuse dataset --events` writes it."""
    rng = np.random.default_rng(seed)
    for name in ("", "events", "members"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for at in range(num_campaigns):
        name = f"made{seed}-{at:02d}"
        figures, members, events = campaign(name, num, rng)
        pq.write_table(figures, folder / f"{name}.parquet")
        pq.write_table(members, folder / "members" / f"{name}.parquet")
        pq.write_table(events, folder / "events" / f"{name}.parquet")
    return folder


def described(folder: Path, seed: int = 1, num_campaigns: int = 4, num: int = 16) -> Described:
    """The same, read."""
    return read_described(dataset(folder, seed, num_campaigns, num), FEATURES)
