"""`poe bench hard`: the frozen hard set, made again from its seed, and the gates it must pass.

On the job's own features: members shuffled among clusters say nothing, no single feature says nearly all, trees find
much but not all; on single accounts and on bare addresses there is nothing to find.
--data takes a dataset that is there.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from abuse.edge.context import quiet
from abuse.edge.training import described
from abuse.model.rows import JOB_FEATURES, Rows, read_rows
from abuse.settings import load_settings
from abuse.tables import CLUSTER_FEATURES
from tests.hard import gates
from tests.hard.facts import facts
from tests.hard.hard_set import digest

FROZEN = Path(__file__).parent.parent / "hard" / "frozen.json"
SHUFFLE_SEED = 1


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="poe bench hard", description=__doc__)
    parser.add_argument("--data", type=Path, help="what this bench wrote before, to judge it again")
    parser.add_argument("--keep", type=Path, help="where to leave the files")
    parser.add_argument("--events", action="store_true", help="with --keep: members' acts as well, for farmset")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as work:
        folder = given.data or given.keep or Path(work)
        if not given.data:
            frozen = json.loads(FROZEN.read_text())
            made = written(folder / "hard", frozen["seed"])
            print(f"sha256 {'as frozen' if digest(made) == frozen['sha256'] else 'NOT as frozen'}")
            described(made, folder / "rows", load_settings(None), quiet, SHUFFLE_SEED, with_events=given.events)
        for name, value, wanted in found(folder):
            print(f"{name:<58} {value:6.3f}  {wanted}")


def written(folder: Path, seed: int) -> list[Path]:
    """The campaign folders, written by a process of its own: numpy's rounding is set before it is loaded."""
    subprocess.run([sys.executable, "-m", "tests.hard", str(folder), "--seed", str(seed)], check=True)
    return sorted(folder.iterdir())


def found(folder: Path) -> list[tuple[str, float, str]]:
    """Every gate: what it is, its figure, what is wanted."""
    rows, shuffled = (read_rows(folder / name, JOB_FEATURES) for name in ("rows", "rows/shuffled"))
    score, _, fold = judged(rows)
    label = rows.is_farm.astype(np.int64)
    dealt = judged(shuffled)[0]
    single = gates.single_aucs(list(CLUSTER_FEATURES), rows.values, label)
    best = max(single, key=lambda name: single[name])
    sets = [facts(path) for path in sorted((folder / "hard").iterdir())]
    return [
        ("clusters", float(len(rows)), "5000"),
        ("members shuffled: AUC of trees", gates.auc(label, dealt), ".48 to .52"),
        ("  within campaigns", gates.within(label, dealt, fold), ".48 to .52"),
        (f"best single feature ({best}): AUC", single[best], "at most .85"),
        ("trees: PR-AUC", gates.average_precision(label, score), ".60 to .90"),
        ("trees: AUC", gates.auc(label, score), ""),
        ("farm accounts of level 2 and 3 one by one: AUC", gates.account_auc(sets), "at most .6"),
        ("addresses and order of rows alone: AUC", gates.name_auc(sets), ".5"),
    ]


def judged(rows: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores of trees, each campaign by trees of the others; labels; campaigns as numbers."""
    label = rows.is_farm.astype(np.int64)
    fold = np.unique(rows.campaign, return_inverse=True)[1].astype(np.int64)
    return gates.fold_scores(rows.values, label, fold), label, fold
