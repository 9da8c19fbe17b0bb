"""A stored model says what the trained one said, or nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from abuse.errors import InputError
from abuse.model.boosted import FIXED, BoostedTrees
from abuse.model.linear import Linear, scaling
from abuse.model.logistic import Logistic
from abuse.model.rows import Rows
from abuse.model.stored import CONFIG, WEIGHTS, load
from abuse.model.train import train
from abuse.model.trees import Trees, trees
from tests.model.made_up import FEATURES, dataset, rows


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    return rows(tmp_path_factory.mktemp("rows"))


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stored")
    train(
        dataset(folder / "dataset"), folder / "model", FEATURES, hard=dataset(folder / "hard", seed=2, num_campaigns=2)
    )
    return folder / "model"


def test_trees_in_numpy_equal_lightgbm_also_where_values_are_unknown() -> None:
    import lightgbm

    rng = np.random.default_rng(3)
    values = rng.normal(size=(800, 6))
    values[rng.random(values.shape) < 0.2] = np.nan
    values[:, 0] = np.nan_to_num(values[:, 0])  # never unknown when learning: LightGBM then reads NaN as 0
    values[:, 1] = np.round(values[:, 1])  # ties at thresholds
    label = (np.nan_to_num(values[:, 0] + values[:, 1]) + np.isnan(values[:, 2]) + rng.normal(size=800) > 0.5).astype(
        float
    )
    options = FIXED | {"num_leaves": 31, "min_data_in_leaf": 5}
    booster = lightgbm.train(options, lightgbm.Dataset(values, label, params=dict(FIXED)), num_boost_round=80)
    asked = np.vstack([values, rng.normal(size=(300, 6)), np.full((1, 6), np.nan), np.zeros((1, 6))])
    asked[900:1000, 0] = np.nan

    ours = trees(booster)
    np.testing.assert_allclose(ours.raw(asked), booster.predict(asked, raw_score=True), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(Trees.from_arrays(ours.arrays()).raw(asked), ours.raw(asked))
    np.testing.assert_allclose(ours.base() + ours.contributions(asked).sum(axis=1), ours.raw(asked), atol=1e-9)


def test_a_split_moves_the_score_only_on_its_own_feature() -> None:
    """One tree, one split at 0 on feature 1: left -1 (3 rows), right 2 (1 row), so the mean is -0.25."""
    one = Trees(
        roots=np.array([2], dtype=np.int32),
        feature=np.array([-1, -1, 1], dtype=np.int32),
        threshold=np.array([0.0, 0.0, 0.0]),
        left=np.array([0, 0, 0], dtype=np.int32),
        right=np.array([0, 0, 1], dtype=np.int32),
        unknown_left=np.array([False, False, False]),
        unknown_is_zero=np.array([False, False, False]),
        value=np.array([-1.0, 2.0, -0.25]),
    )
    asked = np.array([[9.0, -1.0], [9.0, 1.0], [9.0, np.nan]])
    np.testing.assert_array_equal(one.raw(asked), [-1.0, 2.0, 2.0])
    np.testing.assert_array_equal(one.contributions(asked), [[0.0, -0.75], [0.0, 2.25], [0.0, 2.25]])


def test_logistic_regression_in_numpy_equals_scikit_learn(made_up: Rows) -> None:
    from sklearn.linear_model import LogisticRegression

    scale = scaling(made_up.values)
    solved = LogisticRegression(C=0.3, solver="newton-cholesky").fit(scale.scaled(made_up.values), made_up.is_farm)
    ours = Linear(scale=scale, weights=solved.coef_[0], intercept=float(solved.intercept_[0]))
    theirs = solved.decision_function(scale.scaled(made_up.values))
    again = Linear.from_arrays(ours.arrays())
    np.testing.assert_allclose(again.raw(made_up.values), theirs, atol=1e-12)
    np.testing.assert_allclose(ours.contributions(made_up.values).sum(axis=1) + ours.intercept, theirs, atol=1e-9)


@pytest.mark.parametrize("make", [BoostedTrees, Logistic])
def test_a_row_gets_the_same_score_alone_and_among_others(make: type[BoostedTrees | Logistic], made_up: Rows) -> None:
    scorer = make()
    scorer.fit(made_up, 0)
    alone = np.concatenate([scorer.scores(made_up.take(np.array([at]))) for at in range(40)])
    np.testing.assert_array_equal(alone, scorer.scores(made_up)[:40])


def test_training_twice_gives_the_same_bytes(stored: Path, tmp_path: Path) -> None:
    train(
        dataset(tmp_path / "dataset"),
        tmp_path / "model",
        FEATURES,
        hard=dataset(tmp_path / "hard", seed=2, num_campaigns=2),
    )
    for name in (WEIGHTS, CONFIG, "README.md"):
        assert (tmp_path / "model" / name).read_bytes() == (stored / name).read_bytes(), name


def test_another_seed_is_another_version(stored: Path, tmp_path: Path) -> None:
    other = train(dataset(tmp_path / "dataset"), tmp_path / "model", FEATURES, seed=5)
    assert other.version != load(stored).version


def test_the_lower_bound_never_exceeds_the_probability(stored: Path, made_up: Rows) -> None:
    probability, lower = load(stored).predict(made_up.values)
    assert ((lower >= 0) & (lower <= probability) & (probability <= 1)).all()
    assert probability[made_up.is_farm].mean() > probability[~made_up.is_farm].mean() + 0.1


def test_columns_and_array_in_order_say_the_same(stored: Path, made_up: Rows) -> None:
    model = load(stored)
    columns = {name: made_up.column(name) for name in reversed(FEATURES.names)}
    np.testing.assert_array_equal(model.predict(columns), model.predict(made_up.values))


def test_reasons_are_the_three_features_that_moved_the_score_most(stored: Path, made_up: Rows) -> None:
    model = load(stored)
    parts = model.fitted.contributions(made_up.values)
    for row, reasons in zip(parts, model.top_reasons(made_up.values), strict=True):
        assert [abs(by) for _, by in reasons] == sorted(np.abs(row), reverse=True)[:3]
        assert all(row[FEATURES.names.index(name)] == by for name, by in reasons)


def _without_weights(folder: Path) -> None:
    (folder / WEIGHTS).unlink()


def _other_weights(folder: Path) -> None:
    weights = bytearray((folder / WEIGHTS).read_bytes())
    weights[-1] ^= 1
    (folder / WEIGHTS).write_bytes(bytes(weights))


def _without_config(folder: Path) -> None:
    (folder / CONFIG).unlink()


def _broken_config(folder: Path) -> None:
    (folder / CONFIG).write_text("{")


def _newer_format(folder: Path) -> None:
    (folder / CONFIG).write_text(json.dumps(json.loads((folder / CONFIG).read_text()) | {"format": 2}))


SPOILED = {
    "no weights": (_without_weights, "no such file"),
    "a bit flipped": (_other_weights, "other weights"),
    "no config": (_without_config, "no such file"),
    "half a config": (_broken_config, "no JSON"),
    "of a newer version": (_newer_format, "format 2"),
}


@pytest.mark.parametrize(("spoil", "said"), SPOILED.values(), ids=SPOILED)
def test_a_spoiled_model_is_an_error(spoil: Callable[[Path], None], said: str, stored: Path, tmp_path: Path) -> None:
    shutil.copytree(stored, tmp_path / "model")
    spoil(tmp_path / "model")
    with pytest.raises(InputError, match=said):
        load(tmp_path / "model")


def test_a_model_that_reads_unknown_features_is_refused(stored: Path, made_up: Rows) -> None:
    with pytest.raises(InputError, match="feature density"):
        load(stored, FEATURES.names[:-1])
    model = load(stored)
    with pytest.raises(InputError, match="no density"):
        model.predict({name: made_up.column(name) for name in FEATURES.names[:-1]})
    with pytest.raises(InputError, match="13 columns"):
        model.predict(made_up.values[:, :-1])


def test_a_rule_cannot_be_stored(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="time_gap, wanted one that can be stored"):
        train(dataset(tmp_path / "dataset"), tmp_path / "model", FEATURES, scorer="time_gap")


def test_scoring_needs_neither_lightgbm_nor_scikit_learn_nor_scipy(stored: Path) -> None:
    code = f"""
import sys, numpy, pathlib
from abuse.model.stored import load
model = load(pathlib.Path({str(stored)!r}))
values = numpy.zeros((2, {len(FEATURES.names)}))
model.predict(values), model.top_reasons(values)
loaded = {{"lightgbm", "sklearn", "scipy", "matplotlib", "pandas", "pyspark", "torch"}} & set(sys.modules)
sys.exit(f"loaded {{loaded}}" if loaded else 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
