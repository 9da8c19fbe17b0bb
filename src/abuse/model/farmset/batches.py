"""Corpus -> batches that a step reads: seeded, cut by a budget of tokens, cropped and spoiled for training.

Shapes: B clusters, N members, T tokens, K event fields, G member fields, F hand features.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from abuse.model.farmset.corpus import KIND, OWN_ROW, Corpus, Whole, joined, ranges
from abuse.model.farmset.fields import EVENT_FIELDS, MASKED, MEMBER_FIELDS, Small
from abuse.model.farmset.layout import STEP
from abuse.model.farmset.reading import Described
from abuse.model.farmset.recipe import Fit
from abuse.model.rows import Flags, Reals


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """What the network reads of some clusters."""

    tokens: Small
    """T by K, members one after the other."""
    lengths: Whole
    """Tokens of each member (N)."""
    members: Small
    """N by G."""
    cluster: Whole
    """Place in the batch of each member's cluster, never falling (N)."""
    parent: Whole
    """Place in the batch of who paid a member first; -1 (N)."""
    payer: Whole
    """Number of the shared payer, 0 to N - 1; -1 (N)."""
    sink: Whole
    hand: Reals
    """B by F, NaN where unknown."""
    size: Whole
    """Members of each cluster, those cropped away too (B)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Labels:
    """What the clusters of a batch are."""

    is_farm: Flags
    farm_type: Whole
    """-1 where it is none (B)."""
    member_is_farm: Flags
    weight: Reals
    """How much each cluster counts (B)."""


def batch_of(corpus: Corpus, hand: Reals, size: Whole) -> Batch:
    """All clusters of a corpus as one batch."""
    return Batch(
        tokens=corpus.tokens,
        lengths=corpus.num_tokens,
        members=corpus.members,
        cluster=np.repeat(np.arange(len(corpus)), corpus.num_members),
        parent=corpus.parent,
        payer=corpus.payer,
        sink=corpus.sink,
        hand=hand,
        size=size,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Clusters to draw batches from, each twice: whole, and as a pair-only source shows it."""

    corpus: Corpus
    first: Whole
    """First member of each cluster (2 C)."""
    hand: Reals
    labels: Labels
    """Of the clusters and members, once each as well."""

    @property
    def num(self) -> int:
        """Clusters, their poorer views not counted."""
        return len(self.labels.is_farm) // 2


def source_of(clusters: Described, fit: Fit) -> Source:
    """All clusters."""
    poor = clusters.pair_only()
    corpus = joined([clusters.corpus, poor.corpus])
    size = clusters.rows.size
    weight = np.minimum(np.sqrt(size / max(float(size.min(initial=np.inf)), 1.0)), fit.max_size_weight)
    labels = Labels(
        is_farm=np.tile(clusters.rows.is_farm, 2),
        farm_type=np.tile(clusters.farm_type(), 2),
        member_is_farm=np.tile(clusters.member_is_farm, 2),
        weight=np.tile(weight / weight.mean(), 2),
    )
    hand = np.concatenate([clusters.rows.values, poor.rows.values])
    return Source(corpus=corpus, first=corpus.member_starts(), hand=hand, labels=labels)


def training_batches(source: Source, fit: Fit, num_tokens: int, seed: int) -> Iterator[tuple[Batch, Labels]]:
    """Endless: every cluster once, in another order, then again. The same seed gives the same batches."""
    for epoch in itertools.count():
        rng = np.random.default_rng([seed, epoch])
        order = rng.permutation(source.num)
        shown = order + np.where(rng.random(len(order)) < fit.pair_only_chance, source.num, 0)
        kept = [_crop(source, int(cluster), fit, rng) for cluster in shown]
        for part in budgeted([int(source.corpus.num_tokens[members].sum()) for members in kept], num_tokens):
            yield _spoiled(source, shown[part], [kept[place] for place in part], fit, rng)


def budgeted(tokens: list[int], budget: int) -> list[Whole]:
    """Places in a row, cut so that each part holds at most the budget, or one that alone exceeds it."""
    parts: list[list[int]] = []
    left = 0
    for place, num in enumerate(tokens):
        if num > left or not parts:
            parts.append([])
            left = budget
        parts[-1].append(place)
        left -= num
    return [np.array(part, dtype=np.int64) for part in parts]


def _crop(source: Source, cluster: int, fit: Fit, rng: np.random.Generator) -> Whole:
    """Members of a cluster that are seen, in their order."""
    num = int(source.corpus.num_members[cluster])
    share = rng.uniform(fit.min_crop, 1.0) if rng.random() < fit.crop_chance else 1.0
    kept = min(max(round(share * num), 2), num, fit.crop_members)
    return int(source.first[cluster]) + np.sort(rng.permutation(num)[:kept])


def _spoiled(
    source: Source, clusters: Whole, kept: list[Whole], fit: Fit, rng: np.random.Generator
) -> tuple[Batch, Labels]:
    """The batch of these members, some fields of each cluster masked, and its labels."""
    corpus, labels = source.corpus, source.labels
    members, counts = np.concatenate(kept), np.array([len(one) for one in kept], dtype=np.int64)
    own = corpus.take_members(members, counts, corpus.cluster_id[clusters])
    told = Labels(
        is_farm=labels.is_farm[clusters],
        farm_type=labels.farm_type[clusters],
        member_is_farm=labels.member_is_farm[members],
        weight=labels.weight[clusters],
    )
    found = batch_of(own, source.hand[clusters], corpus.num_members[clusters])
    return with_hidden_fields(found, fit.hidden_fields, rng), told


def with_hidden_fields(batch: Batch, chance: float, rng: np.random.Generator) -> Batch:
    """Each field of each cluster masked at that chance, in all of its tokens and members alike."""
    num = len(batch.size)
    of_events = rng.random((num, len(EVENT_FIELDS))) < chance
    of_members = rng.random((num, len(MEMBER_FIELDS))) < chance
    of_events[:, KIND] = False  # a member's own row must stay known as that
    of_token = np.repeat(batch.cluster, batch.lengths)
    tokens = np.where(of_events[of_token] & (batch.tokens > 0), MASKED, batch.tokens).astype(np.uint8)
    members = np.where(of_members[batch.cluster] & (batch.members > 0), MASKED, batch.members).astype(np.uint8)
    values = {name: getattr(batch, name) for name in Batch.__slots__}
    return Batch(**values | {"tokens": tokens, "members": members})


def event_rows(batch: Batch) -> npt.NDArray[np.bool_]:
    """Which tokens are events (T)."""
    return np.asarray(batch.tokens[:, KIND] != OWN_ROW)


def member_blocks(lengths: Whole, budget: int) -> list[Whole]:
    """Members by length, cut into blocks whose padded tokens fit the budget."""
    order = np.argsort(lengths, kind="stable")
    room = -(-lengths[order] // STEP) * STEP
    return [order[part] for part in budgeted(room.tolist(), budget)]


def tokens_of(corpus: Corpus, members: Whole) -> Small:
    """Tokens of these members, one member after the other."""
    return corpus.tokens[ranges(corpus.token_starts()[members], corpus.num_tokens[members])]
