"""truth.csv of a simulated campaign -> its candidate groups."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from abuse.errors import InputError

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
