"""A score is a cluster's own: no other cluster, no padding, no order and no size of a block changes it."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import psutil
import pytest
import torch

from abuse.errors import SetupError
from abuse.lake.delta import SCORE_DECIMALS
from abuse.model.farmset.attention import Rows, rows_of
from abuse.model.farmset.batches import batch_of, member_blocks
from abuse.model.farmset.calibrate import probability
from abuse.model.farmset.corpus import Corpus, joined
from abuse.model.farmset.layout import padded
from abuse.model.farmset.network import SIZES, FarmSetTransformer
from abuse.model.farmset.predict import MIN_TOKENS, Odds, Reader
from abuse.model.farmset.reading import Described
from abuse.model.farmset.tensors import clusters as cluster_tensors
from abuse.model.farmset.tensors import place, said
from tests.model.farmset.conftest import small

CPU = place("cpu")
CLOSE = 1e-5


def stored(odds: np.ndarray) -> list[float]:
    """As the lake keeps probabilities."""
    return [round(float(value), SCORE_DECIMALS) for value in probability(odds, 1.0)]


@pytest.fixture(scope="module")
def odds(reader: Reader, clusters: Described) -> Odds:
    return reader.odds(clusters.corpus, clusters.rows.values)


def test_the_network_says_different_things_of_different_clusters(odds: Odds) -> None:
    assert len(set(stored(odds.cluster))) > len(odds.cluster) * 0.9
    assert np.isfinite(odds.cluster).all() and np.isfinite(odds.member).all()


def test_a_cluster_is_scored_alike_alone_and_among_others(reader: Reader, clusters: Described, odds: Odds) -> None:
    """Bit by bit but for the judge's float64, far below the decimals that are kept."""
    first = clusters.corpus.member_starts()
    for at in range(0, len(clusters), 7):
        one = clusters.take(np.array([at]))
        alone = reader.odds(one.corpus, one.rows.values)
        assert alone.cluster == pytest.approx(odds.cluster[[at]], abs=1e-10)
        assert alone.member == pytest.approx(odds.member[first[at] : first[at + 1]], abs=1e-10)


def test_the_order_of_clusters_changes_nothing(reader: Reader, clusters: Described, odds: Odds) -> None:
    order = np.random.default_rng(3).permutation(len(clusters))
    moved = clusters.take(order)
    found = reader.odds(moved.corpus, moved.rows.values)
    assert found.cluster == pytest.approx(odds.cluster[order], abs=1e-10)
    assert stored(found.cluster) == stored(odds.cluster[order])


def test_the_order_of_members_changes_nothing(reader: Reader, clusters: Described, odds: Odds) -> None:
    """The codec sorts members; even where nobody did, the set has no order."""
    first, rng = clusters.corpus.member_starts(), np.random.default_rng(4)
    order = np.concatenate([rng.permutation(np.arange(a, b)) for a, b in pairwise(first)])
    moved = clusters.corpus.take_members(order, clusters.corpus.num_members, clusters.corpus.cluster_id)
    found = reader.odds(moved, clusters.rows.values)
    assert stored(found.cluster) == stored(odds.cluster)
    assert found.member == pytest.approx(odds.member[order], abs=1e-9)


@pytest.mark.parametrize("num_tokens", [128, 333, 4096])
def test_the_size_of_a_block_changes_nothing_that_is_kept(
    network: FarmSetTransformer, clusters: Described, odds: Odds, num_tokens: int
) -> None:
    found = small(network, num_tokens).odds(clusters.corpus, clusters.rows.values)
    assert probability(found.cluster, 1.0) == pytest.approx(probability(odds.cluster, 1.0), abs=CLOSE)


@torch.inference_mode()
def test_packed_attention_says_what_padded_says(network: FarmSetTransformer, clusters: Described) -> None:
    """On a CPU the packed path is the reference that the GPU's kernel stands in for."""
    batch = batch_of(clusters.corpus, clusters.rows.values, clusters.corpus.num_members)
    tokens, members = torch.from_numpy(batch.tokens), torch.from_numpy(batch.members)
    found = []
    for is_packed, num_rows in ((False, 0), (True, 0), (True, 5_000)):
        rows = rows_of(batch.lengths, CPU.device, num_rows, is_packed=is_packed)
        found.append(network(tokens, members, rows, cluster_tensors(batch, CPU)))
    for name in ("cluster_B", "member_N"):
        one, *others = (getattr(each, name).sigmoid() for each in found)
        for other in others:
            torch.testing.assert_close(one, other, rtol=0, atol=CLOSE)


def test_training_and_scoring_read_the_same(network: FarmSetTransformer, clusters: Described, odds: Odds) -> None:
    with torch.inference_mode():
        batch = batch_of(clusters.corpus, clusters.rows.values, clusters.corpus.num_members)
        found = said(network, batch, CPU)
    assert probability(found.cluster_B.numpy(), 1.0) == pytest.approx(probability(odds.cluster, 1.0), abs=CLOSE)
    assert probability(found.member_N.numpy(), 1.0) == pytest.approx(probability(odds.member, 1.0), abs=CLOSE)


def test_unknown_figures_and_members_without_acts_are_scored(reader: Reader, clusters: Described) -> None:
    poor = clusters.pair_only()
    nothing = np.full(poor.rows.values.shape, np.nan)
    found = reader.odds(poor.corpus, nothing)
    assert np.isfinite(found.cluster).all() and np.isfinite(found.member).all()


def test_little_of_a_block_is_padding() -> None:
    lengths = np.random.default_rng(5).integers(1, 66, 5_000)
    blocks = member_blocks(lengths, 4_096)
    assert sorted(np.concatenate(blocks).tolist()) == list(range(5_000))
    rows = sum(padded(lengths[block]).num_rows for block in blocks)
    assert all(padded(lengths[block]).num_rows <= 4_096 for block in blocks)
    assert 1 - lengths.sum() / rows < 0.1
    assert 1 - lengths.sum() / (4_096 * len(blocks)) < 0.1


def large(corpus: Corpus, num_members: int) -> Corpus:
    """One cluster of so many members, made of a corpus's own again and again."""
    whole = joined([corpus] * -(-num_members // len(corpus.num_tokens)))
    everyone = np.arange(num_members)
    return whole.take_members(everyone, np.array([num_members]), whole.cluster_id[:1])


def test_ten_thousand_members_are_scored_whole(reader: Reader, clusters: Described) -> None:
    corpus = large(clusters.corpus, 10_000)
    reader = reader.with_tokens(4_096)
    began = time.monotonic()
    found = reader.odds(corpus, clusters.rows.values[:1])
    assert found.member.shape == (10_000,)
    assert np.isfinite(found.member).all() and np.isfinite(found.cluster).all()
    some = large(clusters.corpus, 9_000)
    assert reader.odds(some, clusters.rows.values[:1]).cluster != pytest.approx(found.cluster, abs=1e-6)
    print(f"{len(corpus.tokens):,} tokens in {time.monotonic() - began:.1f} s")


def test_memory_does_not_grow_with_the_number_of_clusters(reader: Reader, clusters: Described) -> None:
    process = psutil.Process()
    sizes = []
    for _ in range(40):
        reader.odds(clusters.corpus, clusters.rows.values)
        sizes.append(process.memory_info().rss)
    assert max(sizes[20:]) - max(sizes[:20]) < 20e6


def test_a_gpu_whose_memory_is_too_small_gets_half_and_says_so(
    network: FarmSetTransformer, clusters: Described, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    reader = Reader(network, CPU, said.append).with_tokens(4 * MIN_TOKENS)
    calm = reader.with_tokens(MIN_TOKENS).odds(clusters.corpus, clusters.rows.values)
    encode = reader.encoder.forward

    def crowded(tokens: torch.Tensor, members: torch.Tensor, rows: Rows) -> torch.Tensor:
        if rows.num_rows > room:
            raise torch.OutOfMemoryError
        return encode(tokens, members, rows)

    monkeypatch.setattr(reader.encoder, "forward", crowded)
    room = MIN_TOKENS
    assert reader.odds(clusters.corpus, clusters.rows.values).cluster == pytest.approx(calm.cluster, abs=1e-10)
    assert len(said) == 2 and "1,024 tokens at once" in said[-1]
    room = 0
    with pytest.raises(SetupError, match=r"Set score\.device to cpu"):
        reader.odds(clusters.corpus, clusters.rows.values)


@pytest.mark.parametrize("name", SIZES)
def test_every_size_has_heads_that_divide_its_width(name: str) -> None:
    size = SIZES[name]
    assert size["width"] % (2 * size["num_heads"]) == 0
