"""Labelled clusters -> a fitted network, stage by stage, in a folder that a killed run goes on from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from abuse.model.farmset.batches import Batch, Labels, Source, source_of, training_batches
from abuse.model.farmset.build import fresh
from abuse.model.farmset.curves import write_curves
from abuse.model.farmset.loop import Stage, learnt
from abuse.model.farmset.network import FarmSetTransformer
from abuse.model.farmset.pretrain import pretraining
from abuse.model.farmset.reading import Described
from abuse.model.farmset.recipe import Fit, Recipe
from abuse.model.farmset.tensors import Place, place, said, tensor
from abuse.model.farmset.weights import load_network, save_network
from abuse.model.tournament import OnProgress

Labelled = tuple[Batch, Labels]
NETWORK = "network"


def fitted(clusters: Described, recipe: Recipe, seed: int, folder: Path, on_progress: OnProgress) -> FarmSetTransformer:
    """The network learnt from these clusters; FOLDER/network once it is done. Same clusters and seed, same weights."""
    if (folder / NETWORK).is_dir():
        return load_network(folder / NETWORK)
    where = place(recipe.device)
    if where.device.type == "cpu":
        torch.set_num_threads(recipe.threads)
    model, source = fresh(recipe, clusters.rows, seed), source_of(clusters, recipe.fit)
    if recipe.ablation.pretraining:
        model = learnt(model, pretraining(source, recipe, seed, where), recipe, seed, where, folder, on_progress)
    model = learnt(model, supervised(source, recipe, seed, where), recipe, seed, where, folder, on_progress)
    write_curves(folder)
    half = folder / f"{NETWORK}.half"
    save_network(model, half)
    half.rename(folder / NETWORK)
    for checkpoint in folder.glob("*.pt"):
        checkpoint.unlink()
    return model


def supervised(source: Source, recipe: Recipe, seed: int, where: Place) -> Stage[Labelled]:
    """The stage that learns from labels."""

    def batches() -> Iterator[Labelled]:
        return training_batches(source, recipe.fit, recipe.batch_tokens, seed)

    return Stage(
        name="fit",
        batches=batches,
        num_tokens=lambda one: len(one[0].tokens),
        losses=lambda model, one, _: losses(model, one, recipe.fit, where),
        tokens=recipe.fit.tokens,
        rate=recipe.fit.rate,
        average=recipe.fit.average,
    )


def losses(model: FarmSetTransformer, labelled: Labelled, fit: Fit, where: Place) -> dict[str, Tensor]:
    """Of clusters, of members and of the farms' types, and the weighted sum of the three."""
    batch, labels = labelled
    found = said(model, batch, where)
    weight_B = tensor(labels.weight, where, torch.float32)
    weight_N = weight_B[tensor(batch.cluster, where)] / tensor(_members_of_own(batch), where, torch.float32)
    of_clusters = _mean(_certainty(found.cluster_B, labels.is_farm, fit.smoothing, where), weight_B)
    of_members = _mean(_certainty(found.member_N, labels.member_is_farm, fit.smoothing, where), weight_N)
    of_types = _type_loss(found.type_BC, tensor(labels.farm_type, where))
    whole = of_clusters + fit.member_weight * of_members + fit.type_weight * of_types
    return {"loss": whole, "clusters": of_clusters, "members": of_members, "types": of_types}


def _members_of_own(batch: Batch) -> np.ndarray:
    """Members in each member's cluster, so that a large one does not drown the others."""
    return np.bincount(batch.cluster, minlength=len(batch.size))[batch.cluster].astype(np.float64)


def _certainty(logits: Tensor, label: np.ndarray, smoothing: float, where: Place) -> Tensor:
    target = tensor(label, where, torch.float32) * (1 - 2 * smoothing) + smoothing
    return binary_cross_entropy_with_logits(logits.float(), target, reduction="none")


def _mean(loss: Tensor, weight: Tensor) -> Tensor:
    return (loss * weight).sum() / weight.sum()


def _type_loss(logits_BC: Tensor, type_B: Tensor) -> Tensor:
    """Farms of a known type alone."""
    if not bool((type_B >= 0).any()):
        return logits_BC.sum() * 0.0
    return cross_entropy(logits_BC.float(), type_B, ignore_index=-1)
