"""Why a network said what it said: parts that sum up, evidence that is hidden, members who carry a score."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from abuse.model.farmset import explain
from abuse.model.farmset.calibrate import calibrations
from abuse.model.farmset.corpus import KIND, NONE, OWN_ROW
from abuse.model.farmset.ensemble import Ensemble
from abuse.model.farmset.explain import Explainer, Why
from abuse.model.farmset.families import FAMILIES, KINDS, MEMBER_FAMILIES, TIMES, hidden
from abuse.model.farmset.fields import EVENT_FIELDS, MASKED, MEMBER_FIELDS, UNKNOWN, place_of
from abuse.model.farmset.network import FarmSetTransformer
from abuse.model.farmset.predict import Reader
from abuse.model.farmset.reading import Described
from tests.model.farmset.made_up import FEATURES


@pytest.fixture(scope="module")
def model(network: FarmSetTransformer, reader: Reader, clusters: Described) -> Ensemble:
    odds = reader.odds(clusters.corpus, clusters.rows.values).cluster
    fitted = calibrations(odds, odds, clusters.rows)
    return Ensemble(version="v", features=FEATURES, networks=(network,), calibrations=fitted, member_heat=1.0, about={})


def explained(model: Ensemble, reader: Reader, one: Described, threshold: float = 0.5) -> Why:
    return Explainer(model, (reader,), threshold).why(one.corpus, one.rows.values)


@pytest.mark.parametrize("place", [0, 3, 9])
def test_what_the_families_moved_sums_to_the_score(
    place: int, model: Ensemble, reader: Reader, clusters: Described
) -> None:
    one = clusters.take(np.array([place]))
    found = explained(model, reader, one)
    odds = reader.odds(one.corpus, one.rows.values).cluster[0]
    assert found.base + sum(found.moved.values()) == pytest.approx(odds, abs=1e-9)
    assert set(found.moved) == set(FAMILIES)


def test_the_values_are_those_of_all_orders(model: Ensemble, reader: Reader, clusters: Described) -> None:
    """Shapley's definition: the mean over all orders of what a family adds to those before it."""
    one = clusters.take(np.array([5]))
    odds = {}
    for num in range(len(FAMILIES) + 1):
        for shown in itertools.combinations(FAMILIES, num):
            left = [family for family in FAMILIES if family not in shown]
            corpus, hand = hidden(one.corpus, one.rows.values, FEATURES, left)
            odds[frozenset(shown)] = reader.odds(corpus, hand).cluster[0]
    wanted = dict.fromkeys(FAMILIES, 0.0)
    orders = list(itertools.permutations(FAMILIES))
    for order in orders:
        for at, family in enumerate(order):
            before = frozenset(order[:at])
            wanted[family] += (odds[before | {family}] - odds[before]) / len(orders)
    assert explained(model, reader, one).moved == pytest.approx(wanted, abs=1e-9)


def test_hidden_evidence_is_hidden_everywhere(clusters: Described) -> None:
    corpus, hand = hidden(clusters.corpus, clusters.rows.values, FEATURES, FAMILIES)
    told = corpus.tokens[corpus.tokens[:, KIND] != OWN_ROW]
    assert set(np.unique(told).tolist()) <= {UNKNOWN, MASKED}
    assert set(np.unique(corpus.members).tolist()) <= {UNKNOWN, MASKED}
    assert (corpus.parent == NONE).all() and (corpus.payer == NONE).all() and (corpus.sink == NONE).all()
    assert np.isnan(np.delete(hand, FEATURES.place("size"), axis=1)).all()
    assert (hand[:, FEATURES.place("size")] == clusters.rows.size).all()


def test_one_family_hides_its_own_alone(clusters: Described) -> None:
    corpus, hand = hidden(clusters.corpus, clusters.rows.values, FEATURES, ["time"])
    times = [place_of(name, EVENT_FIELDS) for name in TIMES]
    others = [place for place in range(len(EVENT_FIELDS)) if place not in times]
    assert (corpus.tokens[:, others] == clusters.corpus.tokens[:, others]).all()
    assert (corpus.tokens[:, times] <= MASKED).all()
    assert (corpus.parent == clusters.corpus.parent).all()
    assert np.isnan(hand[:, FEATURES.place("gap_cv")]).all()
    nothing, same = hidden(clusters.corpus, clusters.rows.values, FEATURES, [])
    assert (nothing.tokens == clusters.corpus.tokens).all()
    assert np.array_equal(same, clusters.rows.values, equal_nan=True)


def test_every_field_belongs_to_one_family() -> None:
    named = [name for names in MEMBER_FAMILIES.values() for name in names]
    assert sorted(named) == sorted(field.name for field in MEMBER_FIELDS)
    assert len({kind for kinds in KINDS.values() for kind in kinds}) == 6


def test_leaving_a_member_out_is_scoring_the_others(model: Ensemble, reader: Reader, clusters: Described) -> None:
    """With the cluster's figures and size as they were."""
    one = clusters.take(np.array([int(np.argmax(clusters.rows.size))]))
    found = explained(model, reader, one)
    whole = model.judged((reader,), one.corpus, one.rows.values).score[0]
    assert all(value < whole for value in found.lowering.values())
    assert all(value > whole for value in found.raising.values())
    assert len(found.lowering) + len(found.raising) <= len(one.corpus.account)
    assert list(found.lowering.values()) == sorted(found.lowering.values())
    name, said = next(iter((found.lowering | found.raising).items()))
    kept = np.flatnonzero(one.corpus.account != name)
    odds = reader.of_parts(one.corpus, one.rows.values, [kept], reader.vectors(one.corpus))
    assert model.calibrations.judged(odds, one.rows.values, FEATURES)[0][0] == pytest.approx(said)


def test_the_core_is_who_must_go_for_the_cluster_to_be_cleared(
    model: Ensemble, reader: Reader, clusters: Described
) -> None:
    cores = 0
    for place in range(12):
        one = clusters.take(np.array([place]))
        lower = float(model.judged((reader,), one.corpus, one.rows.values).lower[0])
        found = explained(model, reader, one, lower)  # the whole cluster is just held
        if not found.core:
            continue
        cores += 1
        everyone = one.corpus.account
        for num, is_cleared in ((len(found.core), True), (len(found.core) - 1, False)):
            kept = np.flatnonzero(~np.isin(everyone, found.core[:num]))
            odds = reader.of_parts(one.corpus, one.rows.values, [kept], reader.vectors(one.corpus))
            assert (model.calibrations.judged(odds, one.rows.values, FEATURES)[1][0] < lower) == is_cleared
    assert cores > 0


def test_a_large_cluster_is_explained_by_some_of_its_members(
    model: Ensemble, reader: Reader, clusters: Described, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explain, "MAX_READ", 4)
    monkeypatch.setattr(explain, "MAX_DROPS", 2)
    one = clusters.take(np.array([int(np.argmax(clusters.rows.size))]))
    found = explained(model, reader, one)
    assert len(found.lowering) + len(found.raising) <= 2
    assert np.isfinite(list(found.moved.values())).all()
