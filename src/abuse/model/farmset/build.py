"""Recipe and training clusters -> a network before its first step."""

from __future__ import annotations

import numpy as np
import torch

from abuse.model.coordination import directions
from abuse.model.farmset.fields import EVENT_FIELDS, MEMBER_FIELDS, TREE_FIELDS, Field, codec_digest
from abuse.model.farmset.network import SIZES, FarmSetTransformer, Shape
from abuse.model.farmset.recipe import Ablation, Recipe
from abuse.model.rows import FARM_KINDS, FeatureList, Reals, Rows


def shape(recipe: Recipe, features: FeatureList) -> Shape:
    """The sizes the recipe names, and what it leaves out."""
    kept = recipe.ablation
    return Shape(
        event_sizes=tuple(field.size for field in EVENT_FIELDS),
        member_sizes=tuple(field.size for field in MEMBER_FIELDS),
        num_hand=len(features.names),
        num_types=len(FARM_KINDS),
        dropout=recipe.dropout,
        hidden_events=_hidden(EVENT_FIELDS, kept),
        hidden_members=_hidden(MEMBER_FIELDS, kept),
        hidden_hand=tuple(place for place, way in enumerate(directions(features)) if not (way or kept.absolute)),
        has_tree=kept.tree,
        has_hand=kept.hand,
        has_size=kept.absolute,
        codec=codec_digest(),
        **SIZES[recipe.size],
    )


def _hidden(fields: tuple[Field, ...], kept: Ablation) -> tuple[int, ...]:
    """Places of the fields that are left out. What sort of row it is always stays."""

    def is_hidden(field: Field) -> bool:
        is_left_out = not (kept.relations if field.is_relational else kept.absolute)
        return field.name != "kind" and (is_left_out or (field.name in TREE_FIELDS and not kept.tree))

    return tuple(place for place, field in enumerate(fields) if is_hidden(field))


def fresh(recipe: Recipe, clusters: Rows, seed: int) -> FarmSetTransformer:
    """Seeded weights; the bins of hand features hold equally many of the training clusters."""
    torch.manual_seed(seed)
    model = FarmSetTransformer(shape(recipe, clusters.features))
    if model.judge.hand is not None:
        model.judge.hand.edge_FQ.copy_(torch.from_numpy(edges(clusters.values, model.shape.hand_bins)))
    return model


def edges(hand: Reals, num_bins: int) -> Reals:
    """Quantiles of each feature's known values (F by bins + 1); zeros where none is known."""
    found = np.zeros((hand.shape[1], num_bins + 1))
    for place, column in enumerate(hand.T):
        known = column[~np.isnan(column)]
        if len(known):
            found[place] = np.quantile(known, np.linspace(0, 1, num_bins + 1))
    return found
