"""A network and a corpus -> log-odds of clusters and members that no other cluster, no order and no padding changes.

Members are read in blocks of a fixed number of rows: a matrix product sums in an order that its shape decides. Clusters
are judged in float64, where what is left of such differences is far below the decimals that are stored.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from abuse.errors import SetupError
from abuse.model.farmset.batches import batch_of, member_blocks, tokens_of
from abuse.model.farmset.corpus import Corpus, Whole, joined, ranges
from abuse.model.farmset.network import FarmSetTransformer, Said
from abuse.model.farmset.tensors import Place, clusters, rows, tensor
from abuse.model.rows import Reals

CPU_TOKENS, GPU_TOKENS = 4_096, 262_144
"""Rows of a block: 4k keep a core's cache warm, a GPU wants many."""
MIN_TOKENS = 1_024
DECIMALS = 6
"""Of log-odds: what is left of differences between batches lies far below, and a lower bound is made of steps."""
PLACES = 16_384
"""Members, padding included, judged at once: float64 of width 256 takes 32 MB a layer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Odds:
    """Log-odds before calibration."""

    cluster: Reals
    member: Reals


class Reader:
    """A network ready to score."""

    def __init__(self, model: FarmSetTransformer, where: Place, say: Callable[[str], None] = lambda text: None) -> None:
        self.where, self.say = where, say
        self.encoder = copy.deepcopy(model.encoder).to(where.device, where.dtype).eval()
        self.judge = copy.deepcopy(model.judge).to(where.device, torch.float64).eval()
        self.num_tokens = GPU_TOKENS if where.device.type == "cuda" else CPU_TOKENS

    def with_tokens(self, num_tokens: int) -> Reader:
        """The same, with blocks of so many rows."""
        found = copy.copy(self)
        found.num_tokens = num_tokens
        return found

    @torch.inference_mode()
    def odds(self, corpus: Corpus, hand: Reals) -> Odds:
        """Of all clusters and all members of a corpus; `hand` has a row per cluster."""
        return self.judged(corpus, hand, self.vectors(corpus))

    @torch.inference_mode()
    def vectors(self, corpus: Corpus) -> Tensor:
        """A vector per member, in half precision where that is what it was computed in (M by D)."""
        width = self.encoder.norm.weight.shape[0]
        found = torch.empty(len(corpus.num_tokens), width, dtype=self.where.dtype, device=self.where.device)
        pending = deque(member_blocks(corpus.num_tokens, self.num_tokens))
        while pending:
            block = pending.popleft()
            try:
                found[tensor(block, self.where)] = self._encoded(corpus, block)
            except torch.OutOfMemoryError:
                self._halve()
                left = np.concatenate([block, *pending])
                pending = deque(left[part] for part in member_blocks(corpus.num_tokens[left], self.num_tokens))
        return found

    def _encoded(self, corpus: Corpus, members: Whole) -> Tensor:
        """Members that fit one block."""
        laid = rows(corpus.num_tokens[members], self.where, self.num_tokens)
        tokens = tensor(tokens_of(corpus, members), self.where)
        h_RD = self.encoder(tokens, tensor(corpus.members[members], self.where), laid)
        return self.encoder.members(h_RD, laid)

    def _halve(self) -> None:
        """A GPU whose memory is too small gets half as many tokens at once, and says so."""
        torch.cuda.empty_cache()
        self.num_tokens //= 2
        if self.num_tokens < MIN_TOKENS:
            found = f"no room for {MIN_TOKENS:,} tokens"
            raise SetupError("device cuda", found, "a GPU with memory left", "Set score.device to cpu.")
        self.say(f"the GPU's memory is too small: {self.num_tokens:,} tokens at once from now on")

    @torch.inference_mode()
    def judged(self, corpus: Corpus, hand: Reals, vectors: Tensor) -> Odds:
        """The second half: what `vectors` say of clusters and members."""
        cluster, member = np.empty(len(corpus)), np.empty(len(corpus.num_tokens))
        first = corpus.member_starts()
        for part in cluster_blocks(corpus.num_members):
            chosen = ranges(first[part], corpus.num_members[part])
            own = corpus.take_members(chosen, corpus.num_members[part], corpus.cluster_id[part])
            found = self._said(own, hand[part], corpus.num_members[part], vectors[tensor(chosen, self.where)])
            cluster[part] = found.cluster_B.cpu().numpy()
            member[chosen] = found.member_N.cpu().numpy()
        return Odds(cluster=cluster.round(DECIMALS), member=member.round(DECIMALS))

    @torch.inference_mode()
    def of_parts(self, corpus: Corpus, hand: Reals, kept: list[Whole], vectors: Tensor) -> Reals:
        """Log-odds of one cluster with these of its members alone, its figures and size staying what they are."""
        found = np.empty(len(kept))
        for part in cluster_blocks(np.array([len(members) for members in kept], dtype=np.int64)):
            chosen = [kept[place] for place in part]
            views = joined([corpus.take_members(m, np.array([len(m)]), corpus.cluster_id) for m in chosen])
            whole = np.full(len(part), len(corpus.account))
            figures, own = np.repeat(hand, len(part), axis=0), np.concatenate(chosen)
            found[part] = self._said(views, figures, whole, vectors[tensor(own, self.where)]).cluster_B.cpu().numpy()
        return found.round(DECIMALS)

    def _said(self, corpus: Corpus, hand: Reals, size: Whole, vectors: Tensor) -> Said:
        batch = batch_of(corpus, hand, size)
        found: Said = self.judge(vectors.to(torch.float64), clusters(batch, self.where, torch.float64))
        return found


def cluster_blocks(num_members: Whole) -> list[Whole]:
    """Clusters by size, cut so that their padded members fit; one that does not is alone."""
    order = np.argsort(num_members, kind="stable")
    parts: list[list[int]] = [[]]
    for cluster in order.tolist():
        if parts[-1] and num_members[cluster] * (len(parts[-1]) + 1) > PLACES:
            parts.append([])
        parts[-1].append(cluster)
    return [np.array(part, dtype=np.int64) for part in parts if part]
