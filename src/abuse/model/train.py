"""Dataset -> a stored model with its card."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from abuse.model.bootstrap import Estimate, drawn, draws, estimates
from abuse.model.card import card
from abuse.model.certificate import Certificate, best, certificate_at, certificates
from abuse.model.held_out import is_calibration
from abuse.model.metrics import CENTRED, Scored, figures
from abuse.model.registry import REFERENCE, scorer_named
from abuse.model.rows import FeatureList, Rows, read_rows
from abuse.model.stored import Model, load, save
from abuse.model.tournament import OnProgress, calibrated
from abuse.settings import Policy

PACKAGES = ("numpy", "scipy", "scikit-learn", "lightgbm", "safetensors")


def train(
    dataset: Path,
    out: Path,
    features: FeatureList,
    *,
    hard: Path | None = None,
    scorer: str = REFERENCE,
    seed: int = 0,
    threshold: float = Policy().min_score_lower,
    on_progress: OnProgress = lambda what, done, total: None,
) -> Model:
    """Fits the scorer on all campaigns but those set aside, calibrates it on these, writes weights, config and card."""
    on_progress("reading the dataset", 0, 4)
    rows = read_rows(dataset, features)
    aside = is_calibration(rows, rows.campaign.tolist(), seed)
    on_progress(f"fitting {scorer}", 1, 4)
    made = scorer_named(scorer)
    calibrations = calibrated(made, rows, aside, seed)
    on_progress("writing the model", 2, 4)
    save(out, features, made.fitted(), calibrations, _about(rows, aside, scorer, seed))
    model = load(out, features.names)
    on_progress("judging it", 3, 4)
    figures_of_hard = {} if hard is None else judged(model, read_rows(hard, features), threshold, seed)
    limits = certified(model, rows.take(aside), threshold)
    (out / "README.md").write_text(card(model, figures_of_hard, limits, threshold))
    on_progress("done", 4, 4)
    return model


def judged(model: Model, rows: Rows, threshold: float, seed: int) -> dict[str, Estimate]:
    """Figures of a stored model on rows it has not seen."""
    probability, lower = model.predict(rows.values)
    tested = Scored(rows, probability, lower >= threshold)
    return estimates(drawn(draws(rows.campaign, rows.cluster_id, seed), figures(tested), CENTRED))


def certified(model: Model, rows: Rows, threshold: float) -> tuple[Certificate, Certificate]:
    """(what the threshold certifies on the calibration campaigns, the least error that any threshold does)."""
    lower = model.predict(rows.values)[1]
    return certificate_at(lower, rows.is_farm, threshold), best(certificates(lower, rows.is_farm))


def _about(rows: Rows, aside: np.ndarray, scorer: str, seed: int) -> Mapping[str, Any]:
    """What made the model: enough to make it again."""
    fitted = rows.take(~aside)
    return {
        "scorer": scorer,
        "seed": seed,
        "training_digest": rows.digest(),
        "num_training_campaigns": len(set(fitted.campaign.tolist())),
        "num_training_clusters": len(fitted),
        "num_training_farms": int(fitted.is_farm.sum()),
        "calibration_campaigns": sorted(set(rows.take(aside).campaign.tolist())),
        "num_calibration_clusters": int(aside.sum()),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
    }
