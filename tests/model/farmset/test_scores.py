"""Folds of an evaluation are scored, kept, gone on with, and judged beside the other scorers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from abuse.cli import main
from abuse.errors import InputError
from abuse.model.evaluate import write_folds_of
from abuse.model.farmset.ensemble import version_of
from abuse.model.farmset.fit import NETWORK
from abuse.model.farmset.reading import Described, read_described
from abuse.model.farmset.recipe import Fit, Pretrain
from abuse.model.farmset.scores import FoldRun, OddsOf, farmset_scores, fold_scores, network_fitter, read_folds
from abuse.model.farmset.train import train
from abuse.model.farmset.weights import WEIGHTS
from abuse.model.judge import verdicts
from abuse.model.rows import Reals
from abuse.model.saved import read_scores
from abuse.model.tournament import OnProgress
from tests.model.farmset.conftest import TINY
from tests.model.farmset.made_up import FEATURES, dataset

RECIPE = dataclasses.replace(TINY, seeds=(0, 1), pretrain=Pretrain(tokens=1_024), fit=Fit(tokens=2_048))


def quiet(what: str, done: int, total: int) -> None:
    """Nobody watches."""


class Oracle:
    """Knows the labels; counts how often it is fitted."""

    def __init__(self) -> None:
        self.fits: list[tuple[str, int, int]] = []

    def __call__(self, clusters: Described, seed: int, folder: Path, on_progress: OnProgress) -> OddsOf:
        self.fits.append((clusters.rows.digest(), seed, len(clusters)))
        folder.mkdir(parents=True, exist_ok=True)

        def odds(asked: Described) -> Reals:
            noise = np.random.default_rng([seed, len(asked)]).normal(size=len(asked))
            return np.asarray(3.0 * asked.rows.is_farm - 1.5 + noise)

        return odds


@pytest.fixture(scope="module")
def evaluated(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("evaluated")
    dataset(out / "hard", seed=2, num_campaigns=2)
    write_folds_of(folder, out / "hard", out, FEATURES, 0)
    return out


def run_of(folder: Path, evaluated: Path, out: Path, oracle: Oracle) -> FoldRun:
    hard = read_described(evaluated / "hard", FEATURES)
    data = read_described(folder, FEATURES)
    return FoldRun(dataset=data, hard=hard, recipe=RECIPE, out=out, on_progress=quiet, fit=oracle)


def test_the_splits_that_matter_come_first(evaluated: Path) -> None:
    folds = read_folds(evaluated / "folds.parquet")
    splits = list(dict.fromkeys(fold.split for fold in folds))
    assert splits[:4] == ["campaign", "farm_type", "hard", "hard_pair_only"]
    assert {fold.split for fold in read_folds(evaluated / "folds.parquet", ("time", "hard"))} == {"time", "hard"}
    with pytest.raises(InputError, match="no such file"):
        read_folds(evaluated / "none.parquet")


def test_every_test_row_is_scored_once_and_judged(folder: Path, evaluated: Path, tmp_path: Path) -> None:
    oracle = Oracle()
    run = run_of(folder, evaluated, tmp_path, oracle)
    folds = read_folds(evaluated / "folds.parquet", ("campaign", "hard", "hard_pair_only"))
    path = fold_scores(folds, run)
    saved = read_scores(path)
    assert len(saved.score) == sum(len(fold.test) for fold in folds)
    assert (saved.score_lower <= saved.score).all()
    found = verdicts(
        saved, run.dataset.rows, run.hard.rows if run.hard else None,
        threshold=0.5, seed=0, on_progress=quiet, num_draws=50,
    )  # fmt: skip
    assert {verdict.split for verdict in found} == {"campaign", "hard", "hard_pair_only"}
    assert all(verdict.estimates["roc_auc"].value > 0.9 for verdict in found)
    digests = {digest for digest, _, _ in oracle.fits}
    assert len(oracle.fits) > len(digests) * 2 - 1  # both seeds


def test_a_second_run_fits_nothing_again(folder: Path, evaluated: Path, tmp_path: Path) -> None:
    folds = read_folds(evaluated / "folds.parquet", ("campaign",))
    first = read_scores(fold_scores(folds[:2], run_of(folder, evaluated, tmp_path, Oracle())))
    again = Oracle()
    whole = read_scores(fold_scores(folds, run_of(folder, evaluated, tmp_path, again)))
    assert len(again.fits) == 2 * (len(folds) - 2)
    assert (whole.score[: len(first.score)] == first.score).all()


def test_labels_that_a_split_spoils_reach_the_training(folder: Path, evaluated: Path, tmp_path: Path) -> None:
    clean, spoiled = (read_folds(evaluated / "folds.parquet", (split,))[0] for split in ("noise_00", "noise_20"))
    assert (clean.fit == spoiled.fit).all()
    assert 0.02 < (clean.fit_is_farm != spoiled.fit_is_farm).mean() < 0.5
    oracle = Oracle()
    fold_scores([clean, spoiled], run_of(folder, evaluated, tmp_path, oracle))
    assert len({digest for digest, _, _ in oracle.fits}) == 2


def test_networks_are_shared_by_folds_that_learn_from_the_same(folder: Path, evaluated: Path, tmp_path: Path) -> None:
    run = dataclasses.replace(run_of(folder, evaluated, tmp_path, Oracle()), fit=network_fitter(RECIPE))
    fold_scores(read_folds(evaluated / "folds.parquet", ("hard", "hard_pair_only")), run)
    assert len(list((tmp_path / "fits").glob(f"*/{NETWORK}"))) == len(RECIPE.seeds)


def test_an_evaluation_from_files_alone(folder: Path, evaluated: Path) -> None:
    path = farmset_scores(folder, evaluated / "hard", evaluated, FEATURES, RECIPE, splits=("time",), on_progress=quiet)
    assert path == evaluated / "farmset" / "scores.parquet"
    assert set(read_scores(path).scorer.tolist()) == {"farmset"}


def test_training_twice_gives_the_same_scorer_and_its_card(folder: Path, evaluated: Path, tmp_path: Path) -> None:
    versions = []
    for name in ("one", "two"):
        model = train(folder, tmp_path / name, FEATURES, RECIPE, hard=evaluated / "hard")
        versions.append(model.version)
    assert versions[0] == versions[1]
    card = (tmp_path / "one" / "README.md").read_text()
    assert model.version in card
    assert "| average precision |" in card and "with 95 % confidence" in card
    assert card == (tmp_path / "two" / "README.md").read_text()


def test_the_command_line_trains_by_a_recipe(folder: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        'size = "tiny"\nseeds = [3]\nthreads = 1\n[fit]\ntokens = 2000\n[ablation]\npretraining = false\n'
    )
    given = ["--scorer", "farmset", "--out", str(tmp_path / "out"), "--data", str(folder), "--recipe", str(recipe)]
    done = CliRunner().invoke(main, ["train", *given])
    assert done.exit_code == 0, done.output
    assert version_of(tmp_path / "out") in done.output
    assert (tmp_path / "out" / "seed-3" / WEIGHTS).is_file()
    recipe.write_text("seeds = []")
    done = CliRunner().invoke(main, ["train", *given])
    assert done.exit_code == 1
    assert "recipe: seeds: is [], wanted one seed or more" in done.output


def test_a_dataset_without_acts_is_refused(folder: Path, tmp_path: Path) -> None:
    from tests.model.made_up import FEATURES as PLAIN
    from tests.model.made_up import dataset as plain

    with pytest.raises(InputError, match="abuse dataset --events"):
        read_described(plain(tmp_path / "plain", num_campaigns=1), PLAIN)
