"""Rows in Arrow become small whole numbers, the same whatever comes with them and in whatever order."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abuse.errors import InputError
from abuse.model.farmset import fields
from abuse.model.farmset.codec import coded
from abuse.model.farmset.corpus import ACT, KIND, OWN_ROW, Corpus, joined, pair_only
from abuse.model.farmset.fields import EVENT_FIELDS, MEMBER_FIELDS, UNKNOWN, Field, codec_digest, place_of
from abuse.model.farmset.reading import Described
from abuse.model.farmset.tokenised import corpus_of, rows_of
from abuse.tables import Events, MemberTies
from tests.model.farmset.made_up import START, event, tables, tie

EVERY = (*EVENT_FIELDS, *MEMBER_FIELDS)


@pytest.mark.parametrize("field", [field for field in EVERY if field.edges], ids=lambda field: field.name)
def test_a_number_lies_in_the_bin_it_is_coded_as(field: Field) -> None:
    edges = np.array([-np.inf, *field.edges, np.inf])
    assert (np.diff(field.edges) > 0).all()
    numbers = np.concatenate([field.edges, np.array(field.edges) + 1e-7, [-1e12, 1e12, np.inf, -np.inf]])
    found = field.binned(numbers).astype(int) - fields.FIRST
    assert ((edges[found] <= numbers) & ((numbers < edges[found + 1]) | np.isinf(numbers))).all()
    assert field.binned(np.array([np.nan])) == UNKNOWN
    assert found.max() + fields.FIRST == field.size - 1 < 256


@pytest.mark.parametrize("field", [field for field in EVERY if field.words], ids=lambda field: field.name)
def test_a_word_comes_back_and_one_never_seen_is_unknown(field: Field) -> None:
    found = field.placed([*field.words, "0xdeadbeef", None])
    assert [field.words[value - fields.FIRST] for value in found[:-2]] == list(field.words)
    assert found[-2:].tolist() == [UNKNOWN, UNKNOWN]
    assert found.max() == field.size - 1 < 256


def test_the_codec_is_named_by_every_edge_and_word(monkeypatch: pytest.MonkeyPatch) -> None:
    before = codec_digest()
    monkeypatch.setattr(fields, "MEMBER_FIELDS", (*MEMBER_FIELDS[:-1], Field("depth", (0.5,))))
    assert codec_digest() != before


ACTS = [
    event("c", "a", 0, 0.0, kind="paid", what="native", counterparty="0xboss", role="funder", amount=0.1),
    event("c", "a", 1, 100.0, gap_s=100.0, sibling_lag_s=3.0, siblings_near=1),
    event("c", "a", 2, 200.0, what="stake", counterparty="0xdex", is_ok=False),
    event("c", "b", 0, 0.0, kind="paid", what="native", counterparty="0xboss", role="funder", amount=0.2),
    event("c", "b", 1, 50.0, kind="call", what="0xa9059cbb", counterparty=None, role="none", nonce=4),
    event("c", "b", 2, 60.0, what="swap"),
]
TIES = [
    tie("c", "a", payer="0xboss", sink="0xtill", num_neighbours=2, hops=1.0),
    tie("c", "b", payer="0xboss", parent="a"),
    tie("c", "d", parent="b", payer="0xb"),
]


def values(corpus: Corpus, name: str) -> list[int]:
    return [int(value) for value in corpus.tokens[:, place_of(name, EVENT_FIELDS)]]


def member_values(corpus: Corpus, name: str) -> list[int]:
    return [int(value) for value in corpus.members[:, place_of(name, MEMBER_FIELDS)]]


@pytest.fixture(scope="module")
def small() -> Corpus:
    return coded(tables(ACTS, Events), tables(TIES, MemberTies))


def test_every_member_has_a_row_of_its_own_before_its_acts(small: Corpus) -> None:
    assert small.num_tokens.tolist() == [4, 4, 1]
    assert [value == OWN_ROW for value in values(small, "kind")] == [True, *[False] * 3, True, *[False] * 3, True]
    assert small.account.tolist() == ["a", "b", "d"]
    assert small.parent.tolist() == [-1, 0, 1]
    assert small.payer[0] == small.payer[1] != small.payer[2]
    assert small.sink.tolist() == [0, -1, -1]


def test_words_and_counterparties_are_ranked_within_the_cluster(small: Corpus) -> None:
    """Native payments and swaps are everybody's, the payments came first; the stake came later than the transfer."""
    first = fields.FIRST
    assert values(small, "word_rank") == [0, first, first + 1, first + 3, 0, first, first + 2, first + 1, 0]
    assert values(small, "party_rank") == [0, first, first + 1, first + 2, 0, first, 0, first + 1, 0]
    share = EVENT_FIELDS[place_of("word_share", EVENT_FIELDS)]
    half, nobody = int(share.binned(np.array([0.5]))[0]), int(share.binned(np.array([0.0]))[0])
    assert values(small, "word_share") == [0, half, half, nobody, 0, half, nobody, half, 0]
    assert values(small, "method")[6] == first + fields.METHODS.index("0xa9059cbb")
    assert values(small, "hour")[1] == first + int(START // 3600 % 24)


def test_amounts_are_compared_with_the_clusters_middle_one(small: Corpus) -> None:
    ratio = EVENT_FIELDS[place_of("amount_ratio", EVENT_FIELDS)]
    wanted = ratio.binned(np.array([0.1, 0.2]) / 0.15).tolist()
    found = values(small, "amount_ratio")
    assert [found[1], found[5]] == wanted
    assert found[2] == UNKNOWN


def test_depth_and_children_follow_the_payments_even_in_a_circle(small: Corpus) -> None:
    assert member_values(small, "depth") == [2, 3, 4]
    assert member_values(small, "num_children") == [3, 3, 2]
    circle = coded(tables([], Events), tables([tie("c", "a", parent="b"), tie("c", "b", parent="a")], MemberTies))
    assert member_values(circle, "depth") == [fields.FIRST + 6] * 2


def of_cluster(corpus: Corpus, name: str) -> tuple[bytes, ...]:
    one = corpus.take(np.flatnonzero(corpus.cluster_id == name))
    shared = [np.unique(number, return_inverse=True)[1] for number in (one.payer, one.sink)]
    parts: list[np.ndarray] = [one.tokens, one.members, one.num_tokens, one.parent, one.account, *shared]
    return tuple(part.tobytes() for part in parts)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_neither_the_order_of_rows_nor_other_clusters_change_a_cluster(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rename = {"c": "e", "a": "z", "b": "y", "d": "x"}
    others = [row | {"cluster_id": "e", "account": rename[row["account"]]} for row in ACTS]
    more = [row | {"cluster_id": "e", "account": rename[row["account"]], "parent": None} for row in TIES]
    acts, ties = [*ACTS, *others], [*TIES, *more]
    shuffled = coded(
        tables([acts[place] for place in rng.permutation(len(acts))], Events),
        tables([ties[place] for place in rng.permutation(len(ties))], MemberTies),
    )
    assert of_cluster(shuffled, "c") == of_cluster(coded(tables(ACTS, Events), tables(TIES, MemberTies)), "c")


def test_clusters_are_coded_alike_alone_and_together(clusters: Described) -> None:
    corpus = clusters.corpus
    parts = [corpus.take(np.array([place])) for place in range(len(corpus))]
    whole = joined(parts)
    for name in ("cluster_id", "account", "num_members", "num_tokens", "tokens", "members", "parent"):
        assert (getattr(whole, name) == getattr(corpus, name)).all(), name
    assert corpus.cluster_tokens().sum() == len(corpus.tokens)


def test_a_part_of_a_cluster_keeps_its_ties(small: Corpus) -> None:
    part = small.take_members(np.array([1, 2]), np.array([2]), small.cluster_id)
    assert part.parent.tolist() == [-1, 0]
    assert (part.tokens == small.tokens[4:]).all()


def test_a_pair_only_source_tells_acts_and_nothing_of_money(small: Corpus) -> None:
    poor = pair_only(small)
    assert set(values(poor, "kind")) == {OWN_ROW, ACT}
    assert poor.num_tokens.tolist() == [3, 2, 1]
    assert (poor.parent == -1).all() and (poor.payer == -1).all() and (poor.sink == -1).all()
    assert set(member_values(poor, "depth")) == set(values(poor, "party_rank")) == {UNKNOWN}
    assert (small.tokens[:, KIND] != UNKNOWN).all()


def test_strangers_acts_and_missing_columns_are_refused() -> None:
    ties = tables(TIES, MemberTies)
    with pytest.raises(InputError, match="one of ghost, in no cluster"):
        coded(tables([event("c", "ghost", 0, 0.0)], Events), ties)
    with pytest.raises(InputError, match="no column gap_s"):
        coded(tables(ACTS, Events).drop_columns(["gap_s"]), ties)


def test_what_is_broken_is_unknown() -> None:
    odd = {"amount": float("nan"), "what": None, "counterparty": None, "gap_s": float("inf"), "tip_wei": -5}
    found = coded(tables([event("c", "a", 0, 0.0, **odd)], Events), tables([tie("c", "a")], MemberTies))
    assert found.tokens.shape == (2, len(EVENT_FIELDS))
    assert values(found, "amount")[1] == values(found, "amount_ratio")[1] == UNKNOWN
    names = pa.table({"x": [1]})
    with pytest.raises(InputError, match="no column cluster_id"):
        coded(tables([], Events), names)


def test_a_corpus_comes_back_from_its_stored_rows_in_whatever_order_they_lie(clusters: Described) -> None:
    rows = pa.Table.from_batches([rows_of(clusters.corpus)])
    order = np.random.default_rng(0).permutation(len(rows))
    back, wanted = corpus_of(rows.take(order)), clusters.corpus.take(order)
    for name in ("cluster_id", "account", "num_members", "num_tokens", "tokens", "members", "parent"):
        assert (getattr(back, name) == getattr(wanted, name)).all(), name
    for name in ("payer", "sink"):  # numbered otherwise, the same groups
        ours, theirs = getattr(back, name), getattr(wanted, name)
        assert len(set(zip(ours.tolist(), theirs.tolist(), strict=True))) == len(set(ours.tolist()))
    digests = rows["content_digest"].to_pylist()
    assert len(set(digests)) == len(digests)


def test_rows_coded_by_another_version_are_refused(clusters: Described) -> None:
    rows = pa.Table.from_batches([rows_of(clusters.corpus)])
    place = rows.column_names.index("codec")
    strange = rows.set_column(place, "codec", pa.array(["0" * 16] * len(rows)))
    with pytest.raises(InputError, match="Run step features again"):
        corpus_of(strange)
