"""`poe bench hop-groups`: how well each scorer, which never saw Hop, ranks the groups that Hop's reviewers judged.

Groups of eight or more of the development half; AUC for "confirmed by the reviewer", and the paired difference from
the time-gap rule over groups drawn again. Hop has pairs without time or amount, so most figures are unknown.
"""

from __future__ import annotations

import argparse
import csv
import os
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from abuse.edge.dataset import BEFORE, Simulated, looked_up, written
from abuse.edge.training import training_set
from abuse.edge.truth import MIN_CANDIDATE
from abuse.lake.session import start_session
from abuse.model.bootstrap import draws, estimate
from abuse.model.ranking import curve
from abuse.model.registry import SCORERS
from abuse.model.rows import JOB_FEATURES, Reals, Rows, read_rows
from abuse.settings import Settings
from tests.bench.hop import AS_OF, CAMPAIGN, labels_of
from tests.night.lakes import night_of

MIN_SIZE = 8


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="poe bench hop-groups", description=__doc__)
    parser.add_argument("--data", type=Path, help="a training set that is there; made unless given")
    parser.add_argument("--model", type=Path, help="a trained farmset scorer, to be asked as well")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        spark_settings = Settings()
        data = given.data or training_set(Path(folder), spark_settings, lambda what, done, total: None)
        groups = described(Path(folder), spark_settings, with_events=given.model is not None)
        asked = {"farmset": farmset_scores(Path(folder) / "rows", given.model)} if given.model else {}
    train = read_rows(data, JOB_FEATURES)
    print(f"{len(groups)} groups, {int(groups.is_farm.sum())} confirmed; trained on {len(train)} simulated clusters")
    weights = np.concatenate(list(draws(groups.campaign, groups.cluster_id, given.seed).weights()))
    found = {name: aucs(name, train, groups, weights, given.seed) for name in SCORERS}
    found |= {name: curve(scores, groups.is_farm, weights).roc_auc() for name, scores in asked.items()}
    for name, values in found.items():
        own, gap = estimate(values), estimate(values - found["time_gap"])
        print(f"{name:<24} AUC {own.value:.3f} [{own.low:.3f}, {own.high:.3f}]", end="")
        print(f"   against the time-gap rule {gap.value:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]")


def aucs(name: str, train: Rows, groups: Rows, weights: np.ndarray, seed: int) -> np.ndarray:
    """AUC of one scorer in every draw."""
    scorer = SCORERS[name]()
    scorer.fit(train, seed)
    return curve(scorer.scores(groups), groups.is_farm, weights).roc_auc()


def farmset_scores(rows: Path, model: Path) -> Reals:
    """What a trained network, which never saw Hop either, says of the same groups."""
    from abuse.model.farmset.ensemble import load_ensemble
    from abuse.model.farmset.reading import read_described
    from abuse.model.farmset.tensors import place

    trained, groups = load_ensemble(model), read_described(rows, JOB_FEATURES)
    return trained.judged(trained.readers(place("auto")), groups.corpus, groups.rows.values).score


def reviewed() -> tuple[list[dict[str, str]], dict[str, bool]]:
    """Members of the groups, as a truth has them, and group -> confirmed. Participants only."""
    taking_part = set(labels_of())
    data = Path(os.environ.get("ABUSE_REAL_DATA") or Path(__file__).parents[2] / "../shared/data")
    with (data / "hop/groups_dev.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["address"] in taking_part]
    kind = {"group_kind": "found", "level": "", "is_farm": "0"}
    truth = [{"account": r["address"], "group_id": r["group_id"]} | kind for r in rows]
    sizes = {g: sum(t["group_id"] == g for t in truth) for g in {t["group_id"] for t in truth}}
    kept = [t for t in truth if sizes[t["group_id"]] >= max(MIN_SIZE, MIN_CANDIDATE)]
    return sorted(kept, key=lambda t: (t["group_id"], t["account"])), {
        r["group_id"]: r["confirmed_by_reviewer"] == "1" for r in rows
    }


def described(folder: Path, settings: Settings, *, with_events: bool) -> Rows:
    """The groups in figures, by the night's own steps."""
    spark = start_session(settings)
    night = night_of(spark, settings, CAMPAIGN, folder / "lake", AS_OF)
    for step in BEFORE:
        night.record[step.name] = step(night)
    truth, confirmed = reviewed()
    with night.lake.spiller("groups") as spill:
        every = looked_up(night, truth, spill, with_events=with_events)
        written(night, Simulated(night.campaign, truth), truth, every, folder / "rows", spill)
    path = folder / "rows" / f"{night.campaign.id}.parquet"
    table = pq.read_table(path)
    label = [confirmed[name] for name in table["cluster_id"].to_pylist()]
    pq.write_table(table.set_column(table.column_names.index("is_farm"), "is_farm", [label]), path)
    return read_rows(folder / "rows", JOB_FEATURES)
