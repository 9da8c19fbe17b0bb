"""Training learns what only acts show, ends the same however often it was killed, and cuts batches by their tokens."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from abuse.errors import CheckError, InputError
from abuse.model.farmset.batches import budgeted, source_of, training_batches
from abuse.model.farmset.build import edges, fresh, shape
from abuse.model.farmset.corpus import KIND, NONE, OWN_ROW, Corpus
from abuse.model.farmset.fields import FIRST, MASKED, MEMBER_FIELDS, UNKNOWN, place_of
from abuse.model.farmset.fit import NETWORK, fitted
from abuse.model.farmset.network import FarmSetTransformer
from abuse.model.farmset.pretrain import GAP, masked
from abuse.model.farmset.reading import Described
from abuse.model.farmset.recipe import Ablation, Fit, Pretrain, Recipe, load_recipe
from abuse.model.farmset.weights import WEIGHTS
from abuse.model.logistic import Logistic
from abuse.model.ranking import roc_auc
from abuse.model.rows import Reals
from tests.model.farmset.conftest import TINY, shaken, small
from tests.model.farmset.made_up import FEATURES

SHORT = dataclasses.replace(TINY, pretrain=Pretrain(tokens=4_096), fit=Fit(tokens=8_192), checkpoint_s=0.0)


class Killed(Exception):  # noqa: N818 -- no error of ours
    pass


def quiet(what: str, done: int, total: int) -> None:
    """Nobody watches."""


def weights(folder: Path) -> bytes:
    return (folder / NETWORK / WEIGHTS).read_bytes()


@pytest.fixture(scope="module")
def undisturbed(clusters: Described, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    fitted(clusters, SHORT, 0, folder, quiet)
    return folder


@pytest.mark.parametrize("kills", [(1,), (3, 2), (1, 1, 4)])
def test_a_killed_training_ends_with_the_same_weights(
    kills: tuple[int, ...], clusters: Described, undisturbed: Path, tmp_path: Path
) -> None:
    for num_steps in kills:
        left = [num_steps]

        def dying(what: str, done: int, total: int, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Killed

        with pytest.raises(Killed):
            fitted(clusters, SHORT, 0, tmp_path, dying)
    fitted(clusters, SHORT, 0, tmp_path, quiet)
    assert weights(tmp_path) == weights(undisturbed)
    for name in ("pretrain.jsonl", "fit.jsonl"):
        steps = [json.loads(line)["step"] for line in (tmp_path / name).read_text().splitlines()]
        assert steps == sorted(set(steps)), name


def test_what_is_done_is_not_done_again(clusters: Described, undisturbed: Path) -> None:
    def never(what: str, done: int, total: int) -> None:
        raise Killed

    fitted(clusters, SHORT, 0, undisturbed, never)
    assert (undisturbed / "training.png").stat().st_size > 5_000
    assert not list(undisturbed.glob("*.pt"))


def test_another_seed_is_another_network(clusters: Described, undisturbed: Path, tmp_path: Path) -> None:
    fitted(clusters, SHORT, 1, tmp_path, quiet)
    assert weights(tmp_path) != weights(undisturbed)


@pytest.fixture(scope="module")
def learnt(clusters: Described, tmp_path_factory: pytest.TempPathFactory) -> FarmSetTransformer:
    recipe = dataclasses.replace(
        TINY, dropout=0.0, fit=Fit(tokens=90_000, rate=5e-3, pair_only_chance=0.0, hidden_fields=0.0, average=0.9)
    )
    own = clusters.take(np.flatnonzero(clusters.rows.campaign != clusters.rows.campaign[0]))
    return fitted(own, recipe, 0, tmp_path_factory.mktemp("learnt"), quiet)


def test_it_learns_what_no_figure_shows(clusters: Described, learnt: FarmSetTransformer) -> None:
    is_test = clusters.rows.campaign == clusters.rows.campaign[0]
    test, train = (clusters.take(np.flatnonzero(chosen)) for chosen in (is_test, ~is_test))
    found = small(learnt).odds(test.corpus, test.rows.values)
    once = np.ones((1, len(test)))
    assert roc_auc(found.cluster, test.rows.is_farm, once)[0] > 0.95
    assert roc_auc(found.member, test.member_is_farm, np.ones((1, len(found.member))))[0] > 0.9
    figures = Logistic()
    figures.fit(train.rows, 0)
    assert roc_auc(figures.scores(test.rows), test.rows.is_farm, once)[0] < 0.85


def changed(clusters: Described, what: str, hidden: tuple[int, ...]) -> tuple[Corpus, Reals]:
    """The clusters with something else in what an ablation leaves out."""
    corpus, hand = clusters.corpus, clusters.rows.values
    if what == "hand":
        return corpus, np.full(hand.shape, np.nan)
    if what == "absolute":
        busier = corpus.members.copy()
        busier[:, place_of("num_actions", MEMBER_FIELDS)] = FIRST + 5
        larger = np.where(np.arange(hand.shape[1]) == FEATURES.place("size"), 1e3, hand)
        return dataclasses.replace(corpus, members=busier), larger
    if what == "tree":
        nobody = np.full(len(corpus.num_tokens), NONE)
        return dataclasses.replace(corpus, parent=nobody, payer=nobody, sink=nobody), hand
    tokens = corpus.tokens.copy()
    tokens[:, list(hidden)] = UNKNOWN
    return dataclasses.replace(corpus, tokens=tokens), hand


@pytest.mark.parametrize("what", ["relations", "tree", "hand", "absolute"])
def test_what_is_left_out_cannot_be_read(what: str, clusters: Described) -> None:
    kept = Ablation(**{what: False})
    without = shaken(clusters, dataclasses.replace(SHORT, ablation=kept))
    relations = shape(dataclasses.replace(SHORT, ablation=Ablation(relations=False)), FEATURES).hidden_events
    for network, is_same in ((without, True), (shaken(clusters, SHORT), False)):
        reader = small(network)
        before = reader.odds(clusters.corpus, clusters.rows.values).cluster
        after = reader.odds(*changed(clusters, what, relations)).cluster
        assert np.array_equal(before, after) == is_same


def test_pretraining_is_left_out_where_the_recipe_says_so(clusters: Described, tmp_path: Path) -> None:
    recipe = dataclasses.replace(SHORT, fit=Fit(tokens=2_048), ablation=Ablation(pretraining=False))
    fitted(clusters, recipe, 0, tmp_path, quiet)
    assert not (tmp_path / "pretrain.jsonl").exists()
    assert recipe.fold_tokens() == 2_048


def test_batches_keep_the_budget_and_are_the_same_twice(clusters: Described) -> None:
    source, fit = source_of(clusters, Fit(crop_members=4)), Fit(crop_members=4)
    runs = []
    for _ in range(2):
        stream = training_batches(source, fit, 512, 3)
        runs.append([next(stream) for _ in range(30)])
    for (one, said), (other, told) in zip(*runs, strict=True):
        assert (one.tokens == other.tokens).all() and (said.is_farm == told.is_farm).all()
        assert len(one.tokens) <= 512 or len(one.size) == 1
        assert np.bincount(one.cluster).max() <= 4
        assert (one.size >= np.bincount(one.cluster)).all()
        assert len(said.member_is_farm) == len(one.lengths) == len(one.parent)
        assert one.parent.max() < len(one.lengths) and one.payer.max() < len(one.lengths)
    assert (runs[0][0][0].tokens[:, KIND] != MASKED).all()


def test_a_budget_cuts_in_a_row_and_lets_one_exceed_it() -> None:
    assert [part.tolist() for part in budgeted([5, 5, 5, 30, 1], 10)] == [[0, 1], [2], [3], [4]]
    assert budgeted([], 10) == []


def test_masked_events_say_nothing_and_their_gap_is_no_longer_told(clusters: Described) -> None:
    batch, _ = next(training_batches(source_of(clusters, Fit()), Fit(), 4_096, 0))
    found = masked(batch, Pretrain(), np.random.default_rng(0))
    assert (found.tokens[found.masked] == MASKED).all()
    assert (batch.tokens[found.masked, KIND] != OWN_ROW).all()
    share = len(found.masked) / (batch.tokens[:, KIND] != OWN_ROW).sum()
    assert 0.25 < share < 0.5
    after = found.masked[found.masked + 1 < len(found.tokens)] + 1
    same_member = batch.tokens[after, KIND] != OWN_ROW
    assert np.isin(found.tokens[after[same_member], GAP], [UNKNOWN, MASKED]).all()


def test_bins_hold_equally_many_and_a_figure_never_known_has_none() -> None:
    values = np.column_stack([np.arange(100.0), np.full(100, np.nan), np.zeros(100)])
    found = edges(values, 4)
    assert found[0].tolist() == [0.0, 24.75, 49.5, 74.25, 99.0]
    assert (found[1:] == 0).all()


def test_a_recipe_is_read_from_a_file_and_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text('name = "no_tree"\nsize = "tiny"\n[ablation]\ntree = false\n[fit]\ntokens = 1000\n')
    recipe = load_recipe(path)
    assert (recipe.name, recipe.ablation.tree, recipe.fit.tokens) == ("no_tree", False, 1000)
    assert recipe.digest() != Recipe(size="tiny").digest()
    assert dataclasses.replace(recipe, name="other", seeds=(4,)).digest() == recipe.digest()
    for text, said in {
        "sizes = 3": "is not a known key",
        'size = "huge"': "wanted one of: tiny, small, base",
        "max_fold_tokens = 5": "that its seeds read",
        "seeds = [1, 1]": "none twice",
    }.items():
        path.write_text(text)
        with pytest.raises(InputError, match=said):
            load_recipe(path)


def test_a_fresh_network_is_its_seeds_own_whatever_came_before(clusters: Described) -> None:
    torch.manual_seed(99)
    one, other = (fresh(TINY, clusters.rows, 5) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_a_loss_that_is_no_number_ends_the_training(clusters: Described, tmp_path: Path) -> None:
    wild = dataclasses.replace(SHORT, clip=1e30, pretrain=Pretrain(tokens=60_000, rate=1e30))
    with pytest.raises(CheckError, match="Lower its rate"):
        fitted(clusters, wild, 0, tmp_path, quiet)
