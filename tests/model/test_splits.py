"""What is tested was never learnt from."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from abuse.errors import InputError
from abuse.model.held_out import is_calibration
from abuse.model.rows import FeatureList, Rows, read_rows
from abuse.model.splits import FLATTERING, Fold, campaigns_by_start, folds
from abuse.model.tournament import runnable, set_aside
from abuse.model.views import hidden_places, is_pair_only, pair_only, with_poor_views
from tests.model.made_up import FAMILIES, FEATURES, dataset, rows

SEED = 3


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    return rows(tmp_path_factory.mktemp("rows"))


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    return rows(tmp_path_factory.mktemp("hard"), seed=2, num_campaigns=3)


@pytest.fixture(scope="module")
def made(made_up: Rows, hard: Rows) -> list[Fold]:
    return folds(made_up, hard, SEED)


def test_every_split_is_there(made: list[Fold]) -> None:
    wanted = {"hard", "hard_pair_only", "campaign", "farm_type", "look_alike", "time", "level", "random"}
    wanted |= {"noise_00", "noise_05", "noise_10", "noise_20", "farms_missing_30"}
    assert {fold.split for fold in made} == wanted


def test_no_campaign_is_on_both_sides_but_in_the_random_split(made: list[Fold], made_up: Rows, hard: Rows) -> None:
    for fold in made:
        shared = set(fold.training(made_up).campaign) & set(fold.tested(made_up, hard).campaign)
        assert bool(shared) == (fold.split == FLATTERING), (fold.split, fold.name)


def test_no_cluster_is_on_both_sides_even_in_the_random_split(made: list[Fold], made_up: Rows, hard: Rows) -> None:
    for fold in made:
        assert not set(fold.training(made_up).cluster_id) & set(fold.tested(made_up, hard).cluster_id)


@pytest.mark.parametrize("split", ["farm_type", "look_alike"])
def test_a_left_out_kind_is_not_learnt_and_all_of_it_is_tested(split: str, made: list[Fold], made_up: Rows) -> None:
    tested: dict[str, set[str]] = {}
    for fold in (fold for fold in made if fold.split == split):
        for kind in fold.name.split("/")[0].split("+"):
            assert kind not in fold.training(made_up).kind
            rows_of_kind = fold.tested(made_up, None)
            tested.setdefault(kind, set()).update(rows_of_kind.cluster_id[rows_of_kind.kind == kind].tolist())
    assert len(tested) == 4
    for kind, clusters in tested.items():
        assert clusters == set(made_up.cluster_id[made_up.kind == kind].tolist())


def test_levels_two_and_three_are_never_learnt(made: list[Fold], made_up: Rows) -> None:
    for fold in (fold for fold in made if fold.split == "level"):
        train, test = fold.training(made_up), fold.tested(made_up, None)
        assert set(train.level[train.is_farm]) == {0.0, 1.0}
        assert set(test.level[test.is_farm]) == {2.0, 3.0}


def test_time_goes_by_the_start_where_it_is_known(made_up: Rows) -> None:
    backwards = dataclasses.replace(made_up, starts_at=np.array([-float(c[-2:]) for c in made_up.campaign]))
    assert campaigns_by_start(backwards) == list(reversed(campaigns_by_start(made_up)))
    (fold,) = (fold for fold in folds(backwards, None, SEED) if fold.split == "time")
    assert max(fold.tested(backwards, None).campaign) < min(fold.training(backwards).campaign)


def test_labels_are_spoiled_for_learning_only(made: list[Fold], made_up: Rows) -> None:
    for fold in made:
        train, truth = fold.training(made_up), made_up.take(fold.train)
        flipped = float((train.is_farm != truth.is_farm).mean())
        share = {"noise_05": 0.05, "noise_10": 0.1, "noise_20": 0.2}.get(fold.split, 0.0)
        if fold.split == "farms_missing_30":
            assert not (train.is_farm & ~truth.is_farm).any()
            assert float(train.is_farm.sum() / truth.is_farm.sum()) == pytest.approx(0.7, abs=0.15)
        else:
            assert flipped == pytest.approx(share, abs=0.06)
            assert (flipped > 0) == (share > 0)
        if not fold.is_hard:
            np.testing.assert_array_equal(fold.tested(made_up, None).is_farm, made_up.is_farm[fold.test])


def test_calibration_campaigns_are_not_fitted_on(made: list[Fold], made_up: Rows) -> None:
    for fold in made:
        train, aside = fold.training(made_up), set_aside(fold, made_up, SEED)
        assert not set(train.campaign[aside]) & set(train.campaign[~aside])
        for side in (aside, ~aside):
            assert set(train.is_farm[side]) == {False, True}


def test_rows_shared_by_a_group_hold_nothing_that_one_of_it_tests(made: list[Fold], made_up: Rows) -> None:
    from abuse.model.tournament import _shared

    for group in {fold.group for fold in made}:
        own = [fold for fold in made if fold.group == group]
        shared = _shared(own, made_up, SEED)
        assert shared is not None, group
        for fold in own:
            fitted = fold.training(made_up).take(~set_aside(fold, made_up, SEED))
            assert set(shared.cluster_id) <= set(fitted.cluster_id)


def test_one_campaign_is_too_few_and_says_so(tmp_path: Path) -> None:
    one = rows(tmp_path, num_campaigns=1)
    with pytest.raises(InputError, match="1 training campaign, wanted farms and honest groups in two or more"):
        is_calibration(one, one.campaign.tolist(), SEED)
    kept, left = runnable(folds(one, None, SEED), one, SEED)
    assert not kept
    assert {fold.split for fold in left} == {"random"}


def test_a_pair_only_view_hides_all_but_time_and_structure(made_up: Rows) -> None:
    poor = pair_only(made_up)
    for name in FEATURES.names:
        is_kept = name in (*FAMILIES["time"], *FAMILIES["structure"])
        assert np.isnan(poor.column(name)).all() == (not is_kept)
    assert is_pair_only(poor.values, FEATURES).all()
    assert not is_pair_only(made_up.values, FEATURES).any()
    assert len(with_poor_views(made_up)) == 2 * len(made_up)
    assert len(hidden_places(FEATURES)) == 8


def test_a_dataset_that_lacks_a_column_says_which(tmp_path: Path) -> None:
    more = FeatureList(names=(*FEATURES.names, "tip_cv"), families=FAMILIES)
    with pytest.raises(InputError, match="no column tip_cv"):
        read_rows(dataset(tmp_path / "d"), more)
    with pytest.raises(InputError, match="no parquet file"):
        read_rows(tmp_path / "empty", FEATURES)


def test_a_cluster_given_twice_is_an_error(tmp_path: Path) -> None:
    folder = dataset(tmp_path / "d", num_campaigns=1)
    (file,) = folder.glob("*.parquet")
    (folder / "again.parquet").write_bytes(file.read_bytes())
    with pytest.raises(InputError, match="twice in campaign1-00"):
        read_rows(folder, FEATURES)


def test_names_of_files_do_not_matter(tmp_path: Path, made_up: Rows) -> None:
    folder = dataset(tmp_path / "d")
    for at, file in enumerate(sorted(folder.glob("*.parquet"))):
        file.rename(folder / f"{99 - at}.parquet")
    assert read_rows(folder, FEATURES).digest() == made_up.digest()
