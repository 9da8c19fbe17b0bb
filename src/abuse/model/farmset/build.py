"""Recipe and training clusters -> a network before its first step."""

from __future__ import annotations

import numpy as np
import torch

from abuse.model.farmset.fields import EVENT_FIELDS, MEMBER_FIELDS, TREE_FIELDS, codec_digest
from abuse.model.farmset.network import SIZES, FarmSetTransformer, Shape
from abuse.model.farmset.recipe import Recipe
from abuse.model.rows import FARM_KINDS, Reals


def shape(recipe: Recipe, num_hand: int) -> Shape:
    """The sizes the recipe names, and what it leaves out."""
    kept = recipe.ablation
    events = [] if kept.relations else [at for at, field in enumerate(EVENT_FIELDS) if field.is_relational]
    members = [
        at
        for at, field in enumerate(MEMBER_FIELDS)
        if (field.is_relational and not kept.relations) or (field.name in TREE_FIELDS and not kept.tree)
    ]
    return Shape(
        event_sizes=tuple(field.size for field in EVENT_FIELDS),
        member_sizes=tuple(field.size for field in MEMBER_FIELDS),
        num_hand=num_hand,
        num_types=len(FARM_KINDS),
        dropout=recipe.dropout,
        hidden_events=tuple(events),
        hidden_members=tuple(members),
        has_tree=kept.tree,
        has_hand=kept.hand,
        codec=codec_digest(),
        **SIZES[recipe.size],
    )


def fresh(recipe: Recipe, hand: Reals, seed: int) -> FarmSetTransformer:
    """Seeded weights; the bins of hand features hold equally many of the training clusters."""
    torch.manual_seed(seed)
    model = FarmSetTransformer(shape(recipe, hand.shape[1]))
    if model.judge.hand is not None:
        model.judge.hand.edge_FQ.copy_(torch.from_numpy(edges(hand, model.shape.hand_bins)))
    return model


def edges(hand: Reals, num_bins: int) -> Reals:
    """Quantiles of each feature's known values (F by bins + 1); zeros where none is known."""
    found = np.zeros((hand.shape[1], num_bins + 1))
    for place, column in enumerate(hand.T):
        known = column[~np.isnan(column)]
        if len(known):
            found[place] = np.quantile(known, np.linspace(0, 1, num_bins + 1))
    return found
