"""truth.csv of a simulated campaign -> its candidate groups, and what they are beside their figures."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa

from abuse.campaign import Campaign
from abuse.errors import InputError
from abuse.tables import CLUSTER_FEATURES, ClusterMembers

MIN_CANDIDATE = 5
"""Smaller groups are families; the policy leaves them alone."""
YES = {"1": "1", "true": "1", "0": "0", "false": "0"}
TRUTH = ("account", "is_farm", "group_id", "group_kind", "level")


def groups(truth_file: Path) -> list[dict[str, str]]:
    """Rows of the truth whose group is large enough, by group and account."""
    if not truth_file.exists():
        raise InputError(f"truth {truth_file}", "no such file", "truth.csv beside the campaign file", "Simulate one.")
    with truth_file.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = [row for row in reader if row["group_id"]]
        if missing := [name for name in TRUTH if name not in (reader.fieldnames or ())]:
            raise InputError(f"truth {truth_file}", f"no column {missing[0]}", ", ".join(TRUTH), "Simulate it again.")
    sizes: dict[str, int] = {}
    for row in rows:
        if row["is_farm"] not in YES:
            wanted, fix = f"one of: {', '.join(YES)}", "Simulate it again."
            raise InputError(f"truth {truth_file}: is_farm of {row['account']}", repr(row["is_farm"]), wanted, fix)
        row["is_farm"] = YES[row["is_farm"]]
        sizes[row["group_id"]] = sizes.get(row["group_id"], 0) + 1
    large = [row for row in rows if sizes[row["group_id"]] >= MIN_CANDIDATE]
    return sorted(large, key=lambda row: (row["group_id"], row["account"]))


def shuffled(truth: list[dict[str, str]], seed: int) -> list[dict[str, str]]:
    """The same groups with each other's members."""
    accounts = np.random.default_rng(seed).permutation([row["account"] for row in truth]).tolist()
    return [row | {"account": account} for row, account in zip(truth, accounts, strict=True)]


def labelled(rows: pa.Table, truth: list[dict[str, str]], campaign: Campaign) -> pa.Table:
    """The figures behind campaign, cluster_id, is_farm (most members are), kind, level, num_farm and starts_at."""
    of: dict[str, list[dict[str, str]]] = {}
    for row in truth:
        of.setdefault(row["group_id"], []).append(row)
    said = [of[name] for name in rows[ClusterMembers.cluster_id].to_pylist()]
    num_farm = [sum(row["is_farm"] == "1" for row in group) for group in said]
    levels = [[int(row["level"]) for row in group if row["level"] != ""] for group in said]
    columns = {
        "campaign": pa.array([campaign.id] * len(said)),
        "cluster_id": rows[ClusterMembers.cluster_id],
        "is_farm": pa.array([2 * n > len(group) for n, group in zip(num_farm, said, strict=True)]),
        "kind": pa.array([group[0]["group_kind"] for group in said]),
        "level": pa.array([max(found) if found else None for found in levels], pa.int64()),
        "num_farm": pa.array(num_farm, pa.int64()),
        "starts_at": pa.array([campaign.starts_at] * len(said), pa.timestamp("us", tz="UTC")),
    }
    return pa.table(columns | {name: rows[name] for name in CLUSTER_FEATURES})
