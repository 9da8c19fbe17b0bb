"""Batches and a loss -> learnt weights. Killed and started again it ends with the weights it would have had.

Batches and dropout are functions of seed and step alone, so a checkpoint holds weights, moments and where it stood.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from abuse.errors import CheckError
from abuse.model.farmset.network import FarmSetTransformer
from abuse.model.farmset.recipe import Recipe
from abuse.model.farmset.tensors import Place
from abuse.model.tournament import OnProgress

T = TypeVar("T")
METRICS_EVERY = 10
MIN_RATE = 0.05
"""Of the highest learning rate, at the end."""
SEED_STRIDE = 1_000_003
"""Keeps the random numbers of one seed's steps apart from another's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage(Generic[T]):
    """One part of a training."""

    name: str
    batches: Callable[[], Iterator[T]]
    """From the start, the same each time."""
    num_tokens: Callable[[T], int]
    losses: Callable[[FarmSetTransformer, T, int], dict[str, Tensor]]
    """Of a step; `loss` is what is minimised."""
    tokens: int
    """To read in all."""
    rate: float
    average: float


@dataclass(kw_only=True, slots=True)
class Learner:
    """Weights under way, and where they stand."""

    model: FarmSetTransformer
    averaged: AveragedModel
    optimizer: torch.optim.AdamW
    step: int = 0
    tokens: int = 0
    since: dict[str, list[float]] = field(default_factory=dict)

    def state(self) -> dict[str, Any]:
        weights = {"model": self.model.state_dict(), "averaged": self.averaged.state_dict()}
        return weights | {"optimizer": self.optimizer.state_dict(), "step": self.step, "tokens": self.tokens}

    def resume(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.tokens = state["step"], state["tokens"]


def learnt(
    model: FarmSetTransformer,
    stage: Stage[T],
    recipe: Recipe,
    seed: int,
    where: Place,
    folder: Path,
    on_progress: OnProgress,
) -> FarmSetTransformer:
    """The running average of the weights after the stage's tokens. FOLDER keeps checkpoint and metrics."""
    learner = learner_of(model.to(where.device).train(), stage, recipe)
    checkpoint, metrics = folder / f"{stage.name}.pt", folder / f"{stage.name}.jsonl"
    folder.mkdir(parents=True, exist_ok=True)
    if checkpoint.is_file():
        learner.resume(torch.load(checkpoint, map_location=where.device, weights_only=True))
    _cut(metrics, learner.step)
    saved_at = time.monotonic()
    for number, batch in enumerate(stage.batches()):
        if number < learner.step:
            continue
        if learner.tokens >= stage.tokens:
            break
        one_step(learner, batch, stage, recipe, seed, where)
        _report(learner, stage, metrics, on_progress)
        if time.monotonic() - saved_at > recipe.checkpoint_s:
            save(learner.state(), checkpoint)
            saved_at = time.monotonic()
    save(learner.state(), checkpoint)
    model.load_state_dict(learner.averaged.module.state_dict())
    return model.eval()


def learner_of(model: FarmSetTransformer, stage: Stage[T], recipe: Recipe) -> Learner:
    """Before the first step. Vectors are not decayed: they scale and shift."""
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": recipe.decay}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=stage.rate, betas=(0.9, 0.98))
    average = get_ema_multi_avg_fn(stage.average)  # type: ignore[no-untyped-call]
    averaged = AveragedModel(model, multi_avg_fn=average)
    return Learner(model=model, averaged=averaged, optimizer=optimizer)


def one_step(learner: Learner, batch: T, stage: Stage[T], recipe: Recipe, seed: int, where: Place) -> None:
    """Learns from one batch."""
    torch.manual_seed(seed * SEED_STRIDE + learner.step)
    for group in learner.optimizer.param_groups:
        group["lr"] = stage.rate * rate_share(learner.tokens / stage.tokens, recipe.warmup)
    learner.optimizer.zero_grad(set_to_none=True)
    with where.autocast():
        found = stage.losses(learner.model, batch, learner.step)
    found["loss"].backward()  # type: ignore[no-untyped-call]
    clip_grad_norm_(learner.model.parameters(), recipe.clip)
    learner.optimizer.step()
    learner.averaged.update_parameters(learner.model)
    learner.step += 1
    learner.tokens += stage.num_tokens(batch)
    for name, value in found.items():
        learner.since.setdefault(name, []).append(float(value.detach()))
    if not math.isfinite(learner.since["loss"][-1]):
        at = f"loss {learner.since['loss'][-1]} at step {learner.step}"
        raise CheckError(f"training, {stage.name}", at, "a number", "Lower its rate in the recipe.")


def rate_share(done: float, warmup: float) -> float:
    """Rises in a line, then falls along a cosine."""
    if done < warmup:
        return max(done / warmup, 0.01)
    rest = min((done - warmup) / max(1.0 - warmup, 1e-9), 1.0)
    return MIN_RATE + (1.0 - MIN_RATE) * (1.0 + math.cos(math.pi * rest)) / 2


def save(state: dict[str, Any], path: Path) -> None:
    """All or nothing."""
    half = path.with_suffix(".half")
    torch.save(state, half)
    half.replace(path)


def _report(learner: Learner, stage: Stage[T], metrics: Path, on_progress: OnProgress) -> None:
    on_progress(stage.name, min(learner.tokens, stage.tokens), stage.tokens)
    if learner.step % METRICS_EVERY and learner.tokens < stage.tokens:
        return
    means = {name: round(float(np.mean(values)), 5) for name, values in learner.since.items()}
    learner.since.clear()
    with metrics.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"step": learner.step, "tokens": learner.tokens, **means}) + "\n")


def _cut(metrics: Path, step: int) -> None:
    """Drops what a killed run wrote after its last checkpoint."""
    lines = metrics.read_text().splitlines() if metrics.is_file() else []
    kept = [line for line in lines if json.loads(line)["step"] <= step]
    metrics.write_text("".join(f"{line}\n" for line in kept))
