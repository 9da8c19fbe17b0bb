"""FarmSetTransformer: what members of a cluster did -> how likely the cluster is a farm, and each member part of it.

Longer than 200 lines so that the whole model is read in one sitting. The choices:
- A token is one event: the sum of the embeddings of its small whole numbers. No address, no campaign's word has one.
- Each member is read by itself (pre-norm, rotary position, SwiGLU), a row of its own first: that row and the mean of
  all are the member.
- Members then hear of who paid them, whom they paid, and who shares their payer or destination.
- Induced set attention (Lee et al. 2019) over members: linear in their number, blind to their order, nothing cut off.
- The figures the boosted trees get join by piecewise-linear bins (Gorishniy et al. 2022) and a cross layer (DCNv2).

Shapes: B clusters, N members of all clusters, M members of one (padded), R rows of tokens, K event fields, G member
fields, F hand features, Q bins of one, D width, H heads, E width of a head, I inducing points, S seeds of the pool.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, embedding_bag, relu, scaled_dot_product_attention, silu

from abuse.model.farmset.attention import Rows, attend

SIZES: dict[str, dict[str, int]] = {
    "tiny": {"width": 32, "num_layers": 2, "num_heads": 2, "num_inducing": 8},
    "small": {"width": 64, "num_layers": 3, "num_heads": 4, "num_inducing": 16},
    "base": {"width": 256, "num_layers": 6, "num_heads": 8, "num_inducing": 32},
}
"""tiny is for tests, small for a CPU, base for a GPU. With width 128 two old cores learn from 8,000 tokens a second."""
ROPE_BASE = 1_000.0
"""Longest wavelength of a position, in events: members have 65 at most."""
NUM_RELATIONS = 4
EPSILON = 1e-6
VECTOR_STD = 0.05
"""Of vectors that are looked up and of the bins of hand features: small beside what a few steps can change."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """Sizes, and what is left out. `pretrained.py` carries the same as a transformers shape."""

    event_sizes: tuple[int, ...]
    """Values of each event field."""
    member_sizes: tuple[int, ...]
    num_hand: int
    num_types: int
    width: int
    num_layers: int
    num_heads: int
    num_inducing: int
    num_seeds: int = 4
    num_sets: int = 2
    num_rounds: int = 2
    hand_bins: int = 12
    hand_width: int = 8
    dropout: float = 0.1
    hidden_events: tuple[int, ...] = ()
    """Places of event fields that are not read."""
    hidden_members: tuple[int, ...] = ()
    hidden_hand: tuple[int, ...] = ()
    has_tree: bool = True
    has_hand: bool = True
    has_size: bool = True
    codec: str = ""
    """Digest of the fields the weights were learnt on."""

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Shape:
        """From JSON, whatever else stands in it; a list is a tuple again."""
        known = {field.name: config[field.name] for field in fields(cls) if field.name in config}
        values: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in known.items()}
        return cls(**values)


@dataclass(frozen=True, kw_only=True, slots=True)
class Clusters:
    """How the members of a batch make up its clusters."""

    cluster_N: Tensor
    parent_N: Tensor
    payer_N: Tensor
    sink_N: Tensor
    """-1 where there is none."""
    hand_BF: Tensor
    size_B: Tensor
    place_N: Tensor
    """Place of each member in its cluster."""
    num_places: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """Log-odds."""

    cluster_B: Tensor
    member_N: Tensor
    type_BC: Tensor


def norm(width: int) -> nn.LayerNorm:
    """Not RMSNorm, which torch computes in five passes on a CPU; this has a kernel of its own."""
    return nn.LayerNorm(width, EPSILON, bias=False)


class FieldSum(nn.Module):
    """The sum of a row's fields, each value with a vector of its own; hidden fields say nothing."""

    offset_K: Tensor
    seen_K: Tensor

    def __init__(self, sizes: tuple[int, ...], hidden: tuple[int, ...], width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(sum(sizes), width))
        seen = torch.ones(len(sizes), dtype=torch.long)
        seen[list(hidden)] = 0
        self.register_buffer("offset_K", torch.tensor([0, *sizes[:-1]]).cumsum(0))
        self.register_buffer("seen_K", seen)

    def forward(self, values_RK: Tensor) -> Tensor:
        return embedding_bag(values_RK.long() * self.seen_K + self.offset_K, self.weight, mode="sum")


class FeedForward(nn.Module):
    """SwiGLU without biases."""

    def __init__(self, width: int, share: float) -> None:
        super().__init__()
        inner = -(-width * 8 // 3) // 8 * 8
        self.up = nn.Linear(width, 2 * inner, bias=False)
        self.down = nn.Linear(inner, width, bias=False)
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        gate, up = self.up(x).chunk(2, dim=-1)
        return dropout(self.down(silu(gate) * up), self.share, self.training)


class EventLayer(nn.Module):
    """One layer of the member encoder."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.num_heads, self.share = shape.num_heads, shape.dropout
        self.norm, self.norm_forward = (norm(shape.width) for _ in range(2))
        self.inputs = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.output = nn.Linear(shape.width, shape.width, bias=False)
        self.forward_part = FeedForward(shape.width, shape.dropout)

    def forward(self, h_RD: Tensor, turn_RE: tuple[Tensor, Tensor], rows: Rows) -> Tensor:
        parts = self.inputs(self.norm(h_RD)).unflatten(-1, (3, self.num_heads, -1)).unbind(1)
        query_RHE, key_RHE = (_turned(part, *turn_RE) for part in parts[:2])
        seen_RHE = attend(query_RHE, key_RHE, parts[2], rows)
        h_RD = h_RD + dropout(self.output(seen_RHE.flatten(1)), self.share, self.training)
        added_RD: Tensor = h_RD + self.forward_part(self.norm_forward(h_RD))
        return added_RD


def _turned(x_RHE: Tensor, cos_RE: Tensor, sin_RE: Tensor) -> Tensor:
    """Rotary position (Su et al. 2021)."""
    low, high = x_RHE.chunk(2, dim=-1)
    return (x_RHE * cos_RE + torch.cat([-high, low], dim=-1) * sin_RE).to(x_RHE.dtype)


class MemberEncoder(nn.Module):
    """Tokens -> a vector per member, and one per token."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.event = FieldSum(shape.event_sizes, shape.hidden_events, shape.width)
        self.member = FieldSum(shape.member_sizes, shape.hidden_members, shape.width)
        self.layers = nn.ModuleList(EventLayer(shape) for _ in range(shape.num_layers))
        self.norm = norm(shape.width)
        self.head_width = shape.width // shape.num_heads

    def forward(self, tokens_TK: Tensor, members_NG: Tensor, rows: Rows) -> Tensor:
        """A vector per row (R by D)."""
        ids_RK = tokens_TK.new_zeros(rows.num_rows, tokens_TK.shape[1]).index_copy(0, rows.row, tokens_TK)
        h_RD = self.event(ids_RK).index_add(0, rows.first, self.member(members_NG))
        turn_RE = self._turns(rows.position, h_RD.dtype)
        for layer in self.layers:
            h_RD = layer(h_RD, turn_RE, rows)
        normed: Tensor = self.norm(h_RD)
        return normed

    def members(self, h_RD: Tensor, rows: Rows) -> Tensor:
        """A vector per member: what its own row has heard, and the mean of all its rows (N by D)."""
        mean_ND = torch.segment_reduce(h_RD[rows.row].float(), "mean", lengths=rows.lengths, unsafe=True)
        return h_RD[rows.first] + mean_ND.to(h_RD.dtype)

    def _turns(self, position_R: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        steps = torch.arange(0, self.head_width, 2, device=position_R.device) / self.head_width
        angle_RE = (position_R[:, None] * ROPE_BASE**-steps).repeat(1, 2)[:, None, :]
        return angle_RE.cos().to(dtype), angle_RE.sin().to(dtype)


class TreeExchange(nn.Module):
    """Members hear of their payer, of those they paid, and of those with the same payer or destination."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.norm = nn.ModuleList(norm(shape.width) for _ in range(shape.num_rounds))
        self.heard = nn.ModuleList(nn.Linear(NUM_RELATIONS * shape.width, shape.width) for _ in range(shape.num_rounds))

    def forward(self, h_ND: Tensor, clusters: Clusters) -> Tensor:
        for evened, heard in zip(self.norm, self.heard, strict=True):
            x_ND = evened(h_ND)
            children_ND = _means(x_ND, clusters.parent_N)[0]
            told = [_taken(x_ND, clusters.parent_N), children_ND]
            told += [_others(x_ND, number) for number in (clusters.payer_N, clusters.sink_N)]
            h_ND = h_ND + heard(torch.cat(told, dim=-1))
        return h_ND


def _taken(x_ND: Tensor, place_N: Tensor) -> Tensor:
    """Rows at these places; nothing where there is none."""
    return x_ND[place_N.clamp(min=0)] * (place_N >= 0).unsqueeze(-1)


def _means(x_ND: Tensor, number_N: Tensor) -> tuple[Tensor, Tensor]:
    """Mean of the rows with each number, and how many they are; nothing where there are none."""
    known_N1 = (number_N >= 0).unsqueeze(-1).to(x_ND.dtype)
    place_N = number_N.clamp(min=0)
    sum_ND = torch.zeros_like(x_ND).index_add(0, place_N, x_ND * known_N1)
    count_N1 = torch.zeros_like(known_N1).index_add(0, place_N, known_N1)
    return sum_ND / count_N1.clamp(min=1), count_N1


def _others(x_ND: Tensor, number_N: Tensor) -> Tensor:
    """Mean of the other rows with a row's number."""
    mean_ND, count_N1 = (_taken(part, number_N) for part in _means(x_ND, number_N))
    others_N1 = (count_N1 - 1).clamp(min=0)
    return (mean_ND * count_N1 - x_ND) / others_N1.clamp(min=1) * (others_N1 > 0)


class SetLayer(nn.Module):
    """A set looks at another: attention, then feed-forward, both added."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.num_heads, self.share = shape.num_heads, shape.dropout
        self.norm_query, self.norm_key, self.norm = (norm(shape.width) for _ in range(3))
        self.query = nn.Linear(shape.width, shape.width, bias=False)
        self.seen = nn.Linear(shape.width, 2 * shape.width, bias=False)
        self.output = nn.Linear(shape.width, shape.width, bias=False)
        self.forward_part = FeedForward(shape.width, shape.dropout)

    def forward(self, asks_BID: Tensor, told_BMD: Tensor, keep_B11M: Tensor | None = None) -> Tensor:
        query_BHIE = self.query(self.norm_query(asks_BID)).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
        parts = self.seen(self.norm_key(told_BMD)).unflatten(-1, (2, self.num_heads, -1)).unbind(2)
        key_BHME, value_BHME = (part.transpose(1, 2) for part in parts)
        seen_BHIE = scaled_dot_product_attention(query_BHIE, key_BHME, value_BHME, attn_mask=keep_B11M)
        h_BID = asks_BID + dropout(self.output(seen_BHIE.transpose(1, 2).flatten(2)), self.share, self.training)
        added_BID: Tensor = h_BID + self.forward_part(self.norm(h_BID))
        return added_BID


class InducedSet(nn.Module):
    """Members look at each other through a few points."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.point_ID = nn.Parameter(torch.empty(shape.num_inducing, shape.width))
        self.gather, self.spread = SetLayer(shape), SetLayer(shape)

    def forward(self, h_BMD: Tensor, keep_B11M: Tensor) -> Tensor:
        points_BID = self.gather(self.point_ID.expand(len(h_BMD), -1, -1), h_BMD, keep_B11M)
        return self.spread(h_BMD, points_BID)  # type: ignore[no-any-return]


class ClusterEncoder(nn.Module):
    """Members -> the same members as their cluster sees them, and one vector per cluster."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.sets = nn.ModuleList(InducedSet(shape) for _ in range(shape.num_sets))
        self.seed_SD = nn.Parameter(torch.empty(shape.num_seeds, shape.width))
        self.pool = SetLayer(shape)
        self.pooled = nn.Linear((shape.num_seeds + 2) * shape.width + 1, shape.width)
        self.has_size = shape.has_size

    def forward(self, h_ND: Tensor, clusters: Clusters) -> tuple[Tensor, Tensor]:
        num_clusters, places = len(clusters.size_B), (clusters.cluster_N, clusters.place_N)
        keep_BM = torch.zeros(num_clusters, clusters.num_places, dtype=torch.bool, device=h_ND.device)
        keep_BM = keep_BM.index_put(places, torch.ones_like(clusters.place_N, dtype=torch.bool))
        h_BMD = h_ND.new_zeros(num_clusters, clusters.num_places, h_ND.shape[1]).index_put(places, h_ND)
        keep_B11M = keep_BM[:, None, None, :]
        for layer in self.sets:
            h_BMD = layer(h_BMD, keep_B11M)
        pooled_BSD = self.pool(self.seed_SD.expand(num_clusters, -1, -1), h_BMD, keep_B11M)
        keep_BM1 = keep_BM.unsqueeze(-1).to(h_BMD.dtype)
        count_B1 = keep_BM1.sum(dim=1)
        mean_BD = (h_BMD * keep_BM1).sum(dim=1) / count_B1
        spread_BD = ((h_BMD - mean_BD[:, None]).square() * keep_BM1).sum(dim=1) / count_B1
        parts = [pooled_BSD.flatten(1), mean_BD, (spread_BD + EPSILON).sqrt()]
        size_B1 = clusters.size_B.to(mean_BD.dtype).log1p()[:, None] * self.has_size
        return h_BMD[places], self.pooled(torch.cat([*parts, size_B1], dim=-1))


class HandFeatures(nn.Module):
    """Figures of a cluster -> a vector. Each is spread over bins that hold equally many training clusters."""

    edge_FQ: Tensor
    hidden_F: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        num, bins, width = shape.num_hand, shape.hand_bins, shape.hand_width
        hidden = torch.zeros(num, dtype=torch.bool)
        hidden[list(shape.hidden_hand)] = True
        self.register_buffer("hidden_F", hidden)
        self.register_buffer("edge_FQ", torch.zeros(num, bins + 1))
        self.weight_FQE = nn.Parameter(torch.empty(num, bins, width))
        self.bias_FE = nn.Parameter(torch.empty(num, width))
        self.unknown_FE = nn.Parameter(torch.empty(num, width))
        self.joined = nn.Linear(num * width, shape.width)
        self.share = shape.dropout

    def forward(self, hand_BF: Tensor) -> Tensor:
        unknown_BF1 = (hand_BF.isnan() | self.hidden_F).unsqueeze(-1)
        x_BF1, low_FQ, high_FQ = hand_BF.unsqueeze(-1), self.edge_FQ[:, :-1], self.edge_FQ[:, 1:]
        width_FQ = (high_FQ - low_FQ).clamp(min=EPSILON)
        filled_BFQ = ((x_BF1 - low_FQ) / width_FQ).clamp(0, 1).nan_to_num(0.0).to(self.weight_FQE.dtype)
        part_BFE = torch.einsum("bfq,fqe->bfe", filled_BFQ, self.weight_FQE) + self.bias_FE
        part_BFE = torch.where(unknown_BF1, self.unknown_FE, part_BFE)
        return self.joined(dropout(relu(part_BFE), self.share, self.training).flatten(1))  # type: ignore[no-any-return]


class Judge(nn.Module):
    """Members' vectors -> what is said of clusters and members."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.tree = TreeExchange(shape) if shape.has_tree else None
        self.clusters = ClusterEncoder(shape)
        self.hand = HandFeatures(shape) if shape.has_hand else None
        fused = 2 * width if shape.has_hand else width
        self.norm = norm(fused)
        self.cross = nn.Linear(fused, fused)
        self.fused = nn.Linear(fused, width)
        self.cluster_head = nn.Linear(width, 1)
        self.type_head = nn.Linear(width, shape.num_types)
        self.member_part = nn.Linear(2 * width, width)
        self.member_head = nn.Linear(width, 1)
        self.share = shape.dropout

    def forward(self, h_ND: Tensor, clusters: Clusters) -> Said:
        h_ND = h_ND if self.tree is None else self.tree(h_ND, clusters)
        h_ND, z_BD = self.clusters(h_ND, clusters)
        parts = [z_BD] if self.hand is None else [z_BD, self.hand(clusters.hand_BF)]
        x_BD = self.norm(torch.cat(parts, dim=-1))
        x_BD = x_BD + x_BD * self.cross(x_BD)
        z_BD = dropout(silu(self.fused(x_BD)), self.share, self.training)
        of_cluster_ND = z_BD[clusters.cluster_N]
        member_ND = silu(self.member_part(torch.cat([h_ND, of_cluster_ND], dim=-1)))
        return Said(
            cluster_B=self.cluster_head(z_BD).squeeze(-1),
            member_N=self.member_head(member_ND).squeeze(-1),
            type_BC=self.type_head(z_BD),
        )


class MaskedEvents(nn.Module):
    """Tokens' vectors -> for each field, log-odds of its values."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.sizes = shape.event_sizes
        self.output = nn.Linear(shape.width, sum(shape.event_sizes))

    def forward(self, h_RD: Tensor) -> tuple[Tensor, ...]:
        """One of (R, size) per field."""
        return self.output(h_RD).split(self.sizes, dim=-1)  # type: ignore[no-any-return]


class FarmSetTransformer(nn.Module):
    """`encoder` reads members one by one, `judge` clusters as sets of members, `masked` is for pretraining."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.encoder, self.judge, self.masked = MemberEncoder(shape), Judge(shape), MaskedEvents(shape)
        self.apply(start)

    def forward(self, tokens_TK: Tensor, members_NG: Tensor, rows: Rows, clusters: Clusters) -> Said:
        h_RD = self.encoder(tokens_TK, members_NG, rows)
        return self.judge(self.encoder.members(h_RD, rows), clusters)  # type: ignore[no-any-return]


@torch.no_grad()
def start(module: nn.Module) -> None:
    """Where every weight starts."""
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=module.in_features**-0.5)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, (FieldSum, InducedSet, ClusterEncoder, HandFeatures)):
        for own in module.parameters(recurse=False):
            nn.init.normal_(own, std=VECTOR_STD)
    for linear in silent(module):
        nn.init.zeros_(linear.weight)


def silent(module: nn.Module) -> list[nn.Linear]:
    """Layers add nothing at first and heads answer even odds: what is read goes straight through and is learnt from."""
    if isinstance(module, (EventLayer, SetLayer)):
        return [module.output, module.forward_part.down]
    if isinstance(module, Judge):
        return [module.cluster_head, module.member_head, module.type_head]
    return [part for part in module.heard if isinstance(part, nn.Linear)] if isinstance(module, TreeExchange) else []
