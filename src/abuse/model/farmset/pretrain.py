"""Clusters without labels -> an encoder that knows what comes where: events masked in spans, every field guessed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from abuse.model.farmset.batches import Batch, Source, event_rows, training_batches
from abuse.model.farmset.corpus import Whole
from abuse.model.farmset.fields import EVENT_FIELDS, MASKED, UNKNOWN, Small, place_of
from abuse.model.farmset.loop import Stage
from abuse.model.farmset.network import FarmSetTransformer
from abuse.model.farmset.recipe import Pretrain, Recipe
from abuse.model.farmset.tensors import Place, rows, tensor

GAP = place_of("gap_s", EVENT_FIELDS)
PRETRAIN_SEED = 7
"""Apart from the seed of the supervised stage, so that the two see different batches."""


@dataclass(frozen=True, slots=True)
class MaskedBatch:
    """A batch whose masked tokens say nothing, and what they said."""

    batch: Batch
    tokens: Small
    masked: Whole
    """Places of the masked tokens."""


def pretraining(source: Source, recipe: Recipe, seed: int, where: Place) -> Stage[MaskedBatch]:
    """The stage."""

    def batches() -> Iterator[MaskedBatch]:
        for number, (batch, _) in enumerate(
            training_batches(source, recipe.fit, recipe.batch_tokens, seed + PRETRAIN_SEED)
        ):
            yield masked(batch, recipe.pretrain, np.random.default_rng([seed, number, PRETRAIN_SEED]))

    return Stage(
        name="pretrain",
        batches=batches,
        num_tokens=lambda one: len(one.tokens),
        losses=lambda model, one, _: {"loss": masked_loss(model, one, where)},
        tokens=recipe.pretrain.tokens,
        rate=recipe.pretrain.rate,
        average=recipe.fit.average,
    )


def masked(batch: Batch, pretrain: Pretrain, rng: np.random.Generator) -> MaskedBatch:
    """Spans of events masked in all their fields, and the gap after each: it would tell when the masked one was."""
    is_event, member = event_rows(batch), np.repeat(np.arange(len(batch.lengths)), batch.lengths)
    span = rng.integers(1, pretrain.max_span + 1, len(member))
    starts = rng.random(len(member)) < pretrain.mask_share / ((pretrain.max_span + 1) / 2)
    hidden = np.zeros(len(member) + pretrain.max_span, dtype=np.bool_)
    for step in range(pretrain.max_span):
        at = np.flatnonzero(starts & (span > step))
        at = at[at + step < len(member)]
        hidden[at[member[at + step] == member[at]] + step] = True
    hidden = hidden[: len(member)] & is_event
    tokens = batch.tokens.copy()
    tokens[hidden] = MASKED
    after = np.flatnonzero(hidden[:-1] & is_event[1:] & (member[1:] == member[:-1])) + 1
    tokens[after, GAP] = np.where(tokens[after, GAP] == UNKNOWN, UNKNOWN, MASKED)
    return MaskedBatch(batch, tokens, np.flatnonzero(hidden))


def masked_loss(model: FarmSetTransformer, one: MaskedBatch, where: Place) -> Tensor:
    """Mean over fields of the cross-entropy of what masked events said; unknown and hidden values are not asked for."""
    laid = rows(one.batch.lengths, where)
    h_RD = model.encoder(tensor(one.tokens, where), tensor(one.batch.members, where), laid)
    guessed = model.masked(h_RD[laid.row[tensor(one.masked, where)]])
    true_TK = tensor(one.batch.tokens[one.masked], where).long()
    losses = []
    for place, logits in enumerate(guessed):
        target = torch.where(true_TK[:, place] > MASKED, true_TK[:, place], UNKNOWN)
        is_asked = place not in model.shape.hidden_events and bool((target != UNKNOWN).any())
        if is_asked:
            losses.append(cross_entropy(logits.float(), target, ignore_index=UNKNOWN))
    return torch.stack(losses).mean() if losses else h_RD.sum() * 0.0
