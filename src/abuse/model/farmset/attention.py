"""Attention among the tokens of one member: over rectangles on a CPU, over packed rows on a GPU.

Shapes: R rows, N members, H heads, E width of a head, L rows of a member.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from abuse.model.farmset.layout import Layout, Run, packed, padded


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """A layout on a device."""

    row: Tensor
    lengths: Tensor
    first: Tensor
    position: Tensor
    num_rows: int
    longest: int
    runs: tuple[tuple[Run, Tensor | None], ...]
    """With which rows of each are real (count, 1, 1, L); None where all are."""
    bounds: Tensor


def rows_of(lengths: np.ndarray, device: torch.device, num_rows: int = 0, *, is_packed: bool | None = None) -> Rows:
    """Where the tokens of members of these lengths lie; packed on a GPU unless asked otherwise."""
    is_packed = device.type == "cuda" if is_packed is None else is_packed
    layout = packed(lengths, num_rows) if is_packed else padded(lengths, num_rows)
    return Rows(
        row=torch.from_numpy(layout.row).to(device),
        lengths=torch.from_numpy(lengths.astype(np.int64)).to(device),
        first=torch.from_numpy(layout.first).to(device),
        position=torch.from_numpy(layout.position).to(device),
        num_rows=layout.num_rows,
        longest=layout.longest,
        runs=tuple((run, _real(run, layout, lengths, device)) for run in layout.runs),
        bounds=torch.from_numpy(layout.bounds.astype(np.int32)).to(device),
    )


def _real(run: Run, layout: Layout, lengths: np.ndarray, device: torch.device) -> Tensor | None:
    """Which of a run's rows hold a token."""
    inside = (layout.first >= run.start) & (layout.first < run.start + run.count * run.length)
    own = lengths[inside][np.argsort(layout.first[inside], kind="stable")]
    if (own == run.length).all():
        return None
    real = np.arange(run.length)[None, :] < own[:, None]
    return torch.from_numpy(real[:, None, None, :]).to(device)


def attend(query_RHE: Tensor, key_RHE: Tensor, value_RHE: Tensor, rows: Rows) -> Tensor:
    """Each token's view of its own member's tokens (R, H, E); rows that hold no token hold anything."""
    if not rows.runs:
        return _packed(query_RHE, key_RHE, value_RHE, rows)
    parts, end = [], 0
    for run, real in rows.runs:
        end = run.start + run.count * run.length
        query, key, value = (
            part[run.start : end].view(run.count, run.length, *part.shape[1:]).transpose(1, 2)
            for part in (query_RHE, key_RHE, value_RHE)
        )
        seen_NHLE = scaled_dot_product_attention(query, key, value, attn_mask=real)
        parts.append(seen_NHLE.transpose(1, 2).flatten(0, 1))
    parts.append(torch.zeros_like(query_RHE[end:]))
    return torch.cat(parts)


def _packed(query_RHE: Tensor, key_RHE: Tensor, value_RHE: Tensor, rows: Rows) -> Tensor:
    """On a GPU in half precision by its kernel for this, elsewhere member by member: the kernel's reference."""
    parts = query_RHE, key_RHE, value_RHE
    if query_RHE.is_cuda and query_RHE.dtype == torch.bfloat16:
        from torch.nn.attention.varlen import varlen_attn

        found = varlen_attn(*parts, rows.bounds, rows.bounds, rows.longest, rows.longest)
        assert isinstance(found, Tensor)  # noqa: S101 -- a pair only where asked for
        return found
    ends = rows.bounds.tolist()
    seen = [_member(*(part[start:end] for part in parts)) for start, end in pairwise(ends)]
    return torch.cat([*seen, torch.zeros_like(query_RHE[ends[-1] :])])


def _member(query_LHE: Tensor, key_LHE: Tensor, value_LHE: Tensor) -> Tensor:
    query, key, value = (part.transpose(0, 1) for part in (query_LHE, key_LHE, value_LHE))
    return scaled_dot_product_attention(query, key, value).transpose(0, 1)
