"""From a dataset to a report, and what the judge refuses."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow.parquet as pq
import pytest

from abuse.errors import InputError
from abuse.model.boosted import FIXED, BoostedTrees, CoordinationTrees, tuned
from abuse.model.coordination import DIRECTIONS
from abuse.model.evaluate import FOLDS, SCORES, Evaluation, evaluate
from abuse.model.leaks import leak_checks
from abuse.model.logistic import Logistic
from abuse.model.rows import Reals, Rows
from abuse.model.rules import SizeAndFunder, TimeGap
from abuse.model.saved import read_scores, write_scores
from abuse.model.scorer import Scorer
from abuse.tables import CLUSTER_FEATURES
from tests.model.made_up import FEATURES, dataset, rows

NUM_DRAWS = 100


class Coin(Scorer):
    """Knows nothing."""

    name: ClassVar[str] = "coin"

    def fit(self, train: Rows, seed: int) -> None:
        self.seed = seed

    def scores(self, rows: Rows) -> Reals:
        return np.random.default_rng([self.seed, len(rows)]).random(len(rows))


class PlainTrees(BoostedTrees):
    """LightGBM without the search, which has its own test."""

    def tune(self, rows: Rows, seed: int) -> None:
        self.tuned = {"num_iterations": 30, "num_leaves": 7}


MAKERS = {kind.name: kind for kind in (SizeAndFunder, TimeGap, Coin, PlainTrees)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("evaluate")
    dataset(root / "dataset")
    dataset(root / "hard", seed=2, num_campaigns=6)
    return root


@pytest.fixture(scope="module")
def found(folder: Path) -> Evaluation:
    said: list[tuple[int, int]] = []
    result = evaluate(
        folder / "dataset",
        folder / "hard",
        folder / "out",
        FEATURES,
        makers=MAKERS,
        num_draws=NUM_DRAWS,
        on_progress=lambda what, done, total: said.append((done, total)),
    )
    assert all(0 <= done <= total for done, total in said)
    return result


def test_the_report_leads_with_the_hard_set_and_names_every_scorer(found: Evaluation) -> None:
    text = found.report.read_text()
    headline = text[text.index("## Headline") : text.index("## Is there a leak?")]
    assert headline.index("**hard.**") < headline.index("(the worst split)")
    for name in MAKERS:
        assert headline.count(f"| {name} |") == 2
    for split in found.figures["splits"]:
        assert f"## Split {split}\n" in text
    assert all(path.stat().st_size > 10_000 for path in found.plots)
    assert len(found.plots) == 10


def test_knowledge_beats_a_coin_and_a_coin_gets_one_half(found: Evaluation) -> None:
    of_split = found.figures["splits"]
    for split in ("hard", "campaign"):
        coin, trees = of_split[split]["coin"], of_split[split]["lightgbm"]
        assert coin["figures"]["roc_auc"][1] <= 0.5 <= coin["figures"]["roc_auc"][2]
        assert trees["figures"]["roc_auc"][1] > 0.5
        assert coin["less_lightgbm"]["roc_auc"][2] < 0


def test_a_second_run_in_two_processes_writes_the_same_bytes(found: Evaluation, folder: Path, tmp_path: Path) -> None:
    options = {"makers": MAKERS, "num_draws": NUM_DRAWS, "num_workers": 2}
    evaluate(folder / "dataset", folder / "hard", tmp_path, FEATURES, **options)  # type: ignore[arg-type]
    for name in (SCORES, FOLDS, "report.md", "figures.json", "plots/hard_precision_recall.png"):
        assert (tmp_path / name).read_bytes() == (folder / "out" / name).read_bytes(), name


def test_figures_are_plain_json(found: Evaluation, folder: Path) -> None:
    text = (folder / "out" / "figures.json").read_text()
    assert "NaN" not in text
    assert json.loads(text)["about"]["scorers"] == sorted(MAKERS)


def test_scores_from_elsewhere_are_judged_beside_ours(found: Evaluation, folder: Path, tmp_path: Path) -> None:
    """An oracle that reads folds.parquet, scores the tested rows and writes a file."""
    tested = pq.read_table(folder / "out" / FOLDS).to_pandas().query("part == 'test' and split == 'hard'")
    oracle = tested[["split", "fold", "campaign", "cluster_id"]].assign(
        scorer="oracle", score=tested.is_farm * 0.8 + 0.1
    )
    oracle.to_parquet(tmp_path / "oracle.parquet")
    options = {"makers": {"time_gap": TimeGap}, "num_draws": NUM_DRAWS, "more_scores": [tmp_path / "oracle.parquet"]}
    judged = evaluate(folder / "dataset", folder / "hard", tmp_path / "out", FEATURES, **options)  # type: ignore[arg-type]
    assert judged.figures["splits"]["hard"]["oracle"]["figures"]["roc_auc"] == [1, 1, 1]
    assert "oracle" not in judged.figures["splits"]["campaign"]


def test_scores_of_other_rows_are_refused(found: Evaluation, folder: Path, tmp_path: Path) -> None:
    ours = read_scores(folder / "out" / SCORES)
    part = ours.take((ours.split == "hard") & (ours.scorer == "coin"))
    other = dataclasses.replace(part.take(np.arange(5)), scorer=np.full(5, "other"))
    write_scores(other, tmp_path / "other.parquet")
    options = {"makers": {"time_gap": TimeGap}, "num_draws": NUM_DRAWS, "more_scores": [tmp_path / "other.parquet"]}
    with pytest.raises(InputError, match=r"5 rows of other|unlike the 5 of other"):
        evaluate(folder / "dataset", folder / "hard", tmp_path / "out", FEATURES, **options)  # type: ignore[arg-type]


def test_scores_that_are_no_probabilities_are_refused(found: Evaluation, folder: Path, tmp_path: Path) -> None:
    ours = read_scores(folder / "out" / SCORES)
    write_scores(dataclasses.replace(ours, score=ours.score + 1), tmp_path / "raw.parquet")
    with pytest.raises(InputError, match="a score outside 0 to 1"):
        read_scores(tmp_path / "raw.parquet")


def test_the_search_is_the_same_twice_and_learns(tmp_path: Path) -> None:
    made_up = rows(tmp_path, num_campaigns=4)
    assert tuned(made_up, 0, FIXED) == tuned(made_up, 0, FIXED)
    for scorer in (BoostedTrees(), CoordinationTrees(), Logistic()):
        scorer.fit(made_up.take(made_up.campaign != "campaign1-00"), 0)
        test = made_up.take(made_up.campaign == "campaign1-00")
        scores = scorer.scores(test)
        assert scores[test.is_farm].mean() > scores[~test.is_farm].mean()


def test_to_coordination_trees_nothing_but_coordination_counts_and_more_of_it_never_clears(tmp_path: Path) -> None:
    made_up = rows(tmp_path, num_campaigns=4)
    scorer = CoordinationTrees()
    scorer.fit(made_up, 0)
    before = scorer.scores(made_up)

    def moved(name: str, to: float) -> np.ndarray:
        values = made_up.values.copy()
        values[:, made_up.features.place(name)] = to
        return scorer.scores(dataclasses.replace(made_up, values=values)) - before

    for name in ("size", "density", "actions_mean", "noise_a", "sink_wait_s"):
        assert (moved(name, 1e6) == 0).all(), f"{name} says nothing of coordination"
    for name, most in (("same_order_share", 1.0), ("same_funder_share", 1.0), ("median_gap_s", 0.0)):
        changes = moved(name, most)
        assert (changes >= -1e-9).all(), f"more coordination in {name} clears somebody"
        assert changes.any()
    assert set(DIRECTIONS) <= set(CLUSTER_FEATURES)


def test_a_label_hidden_in_the_order_of_rows_is_a_leak(tmp_path: Path) -> None:
    made_up = rows(tmp_path, num=60)
    sound = {check.what: check for check in leak_checks(made_up, None, 0, lambda *_: None)}
    assert all(check.holds() for check in sound.values())
    assert sound["all features"].roc_auc.low > 0.5
    told = dataclasses.replace(made_up, position=np.where(made_up.is_farm, 0.5, 0.0))
    leaking = {check.what: check for check in leak_checks(told, told, 0, lambda *_: None)}
    assert not leaking["ids and order of rows only"].holds()
    assert not leaking["members shuffled across clusters"].holds()
