"""Batches on a device."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from abuse.errors import SetupError
from abuse.model.farmset.attention import Rows, rows_of
from abuse.model.farmset.batches import Batch
from abuse.model.farmset.corpus import Whole, starts
from abuse.model.farmset.network import Clusters, FarmSetTransformer, Said


@dataclass(frozen=True, slots=True)
class Place:
    """Where and how the network runs."""

    device: torch.device
    dtype: torch.dtype
    """Of matrix products; weights are kept in float32 while they are learnt."""

    @property
    def is_packed(self) -> bool:
        """Whether attention runs on packed rows: the GPU's kernel for that takes half precision alone."""
        return self.device.type == "cuda" and self.dtype == torch.bfloat16

    def autocast(self) -> torch.autocast:
        """Matrix products in half precision on a GPU."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.dtype == torch.bfloat16)


def place(name: str) -> Place:
    """auto takes a GPU where there is one; bfloat16 there, float32 on a CPU."""
    has_gpu = torch.cuda.is_available()
    if name == "cuda" and not has_gpu:
        raise SetupError("device cuda", "no GPU that torch sees", "one", "Set the device to auto or cpu.")
    if name == "cpu" or not has_gpu:
        return Place(torch.device("cpu"), torch.float32)
    return Place(torch.device("cuda"), torch.bfloat16)


def tensor(array: np.ndarray, where: Place, dtype: torch.dtype | None = None) -> Tensor:
    """The array there."""
    return torch.from_numpy(np.ascontiguousarray(array)).to(where.device, dtype)


def rows(lengths: Whole, where: Place, num_rows: int = 0) -> Rows:
    """Where tokens of members of these lengths lie."""
    return rows_of(lengths, where.device, num_rows, is_packed=where.is_packed)


def clusters(batch: Batch, where: Place, dtype: torch.dtype = torch.float32) -> Clusters:
    """How the batch's members make up clusters."""
    counts = np.bincount(batch.cluster, minlength=len(batch.size))
    place_of_member = np.arange(len(batch.cluster)) - starts(counts)[batch.cluster]
    return Clusters(
        cluster_N=tensor(batch.cluster, where),
        parent_N=tensor(batch.parent, where),
        payer_N=tensor(batch.payer, where),
        sink_N=tensor(batch.sink, where),
        hand_BF=tensor(batch.hand, where, dtype),
        size_B=tensor(batch.size, where),
        place_N=tensor(place_of_member, where),
        num_places=int(counts.max(initial=1)),
    )


def said(model: FarmSetTransformer, batch: Batch, where: Place) -> Said:
    """What the model says of a whole batch."""
    found: Said = model(
        tensor(batch.tokens, where),
        tensor(batch.members, where),
        rows(batch.lengths, where),
        clusters(batch, where),
    )
    return found
