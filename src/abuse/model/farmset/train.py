"""A dataset with events -> a stored scorer with its card."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from abuse.model.bootstrap import Estimate, drawn, draws, estimates
from abuse.model.calibration import Calibrations
from abuse.model.certificate import best, certificate_at, certificates
from abuse.model.farmset.calibrate import calibrations, temperature
from abuse.model.farmset.card import card
from abuse.model.farmset.ensemble import Ensemble, load_ensemble, mean_odds, save_ensemble
from abuse.model.farmset.fit import fitted
from abuse.model.farmset.network import FarmSetTransformer
from abuse.model.farmset.predict import Reader
from abuse.model.farmset.reading import Described, read_described
from abuse.model.farmset.recipe import Recipe
from abuse.model.farmset.tensors import Place, place
from abuse.model.held_out import is_calibration
from abuse.model.metrics import CENTRED, Scored, figures
from abuse.model.rows import FeatureList, Flags, Rows
from abuse.model.tournament import OnProgress
from abuse.settings import Policy

PACKAGES = ("numpy", "scipy", "torch", "safetensors")


def train(
    dataset: Path,
    out: Path,
    features: FeatureList,
    recipe: Recipe,
    *,
    hard: Path | None = None,
    seed: int = 0,
    threshold: float = Policy().min_score_lower,
    on_progress: OnProgress = lambda what, done, total: None,
) -> Ensemble:
    """Fits a network per seed on all campaigns but those set aside, calibrates on these, writes it all with a card.

    OUT/training keeps checkpoints, metrics and pictures; killed, the same command goes on.
    """
    clusters, where = read_described(dataset, features), place(recipe.device)
    aside = is_calibration(clusters.rows, clusters.rows.campaign.tolist(), seed)
    learnt, rest = (clusters.take(np.flatnonzero(chosen)) for chosen in (~aside, aside))
    key = f"{learnt.rows.digest()}-{recipe.digest()}"
    networks = {
        one: fitted(learnt, recipe, one, out / "training" / f"{key}-{one}", on_progress) for one in recipe.seeds
    }
    heat, fitted_on = _calibrated(networks, rest, where)
    save_ensemble(out, networks, features, fitted_on, heat, _about(clusters.rows, aside, recipe, seed))
    model = load_ensemble(out, features.names)
    on_progress("judging it", 0, 1)
    found = {} if hard is None else judged(model, read_described(hard, features), threshold, seed, where)
    lower = model.judged(model.readers(where), rest.corpus, rest.rows.values).lower
    limits = certificate_at(lower, rest.rows.is_farm, threshold), best(certificates(lower, rest.rows.is_farm))
    (out / "README.md").write_text(card(model, found, limits, threshold))
    on_progress("judging it", 1, 1)
    return model


def _calibrated(
    networks: Mapping[int, FarmSetTransformer], aside: Described, where: Place
) -> tuple[float, Calibrations]:
    """(temperature of members, calibration of clusters) on the campaigns set aside."""
    readers, poor = [Reader(network, where) for network in networks.values()], aside.pair_only()
    whole = mean_odds([reader.odds(aside.corpus, aside.rows.values) for reader in readers])
    pairs = mean_odds([reader.odds(poor.corpus, poor.rows.values) for reader in readers])
    heat = temperature(whole.member, aside.member_is_farm)
    return heat, calibrations(whole.cluster, pairs.cluster, aside.rows)


def judged(model: Ensemble, clusters: Described, threshold: float, seed: int, where: Place) -> dict[str, Estimate]:
    """Figures of a trained scorer on clusters it has not seen."""
    found, rows = model.judged(model.readers(where), clusters.corpus, clusters.rows.values), clusters.rows
    tested = Scored(rows, found.score, found.lower >= threshold)
    return estimates(drawn(draws(rows.campaign, rows.cluster_id, seed), figures(tested), CENTRED))


def _about(rows: Rows, aside: Flags, recipe: Recipe, seed: int) -> Mapping[str, Any]:
    """What made the scorer: enough to make it again."""
    learnt = rows.take(~aside)
    return {
        "scorer": recipe.name,
        "seed": seed,
        "recipe": asdict(recipe),
        "training_digest": rows.digest(),
        "num_training_campaigns": len(set(learnt.campaign.tolist())),
        "num_training_clusters": len(learnt),
        "num_training_farms": int(learnt.is_farm.sum()),
        "calibration_campaigns": sorted(set(rows.take(aside).campaign.tolist())),
        "num_calibration_clusters": int(aside.sum()),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
    }
