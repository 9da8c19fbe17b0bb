"""A stored model: weights.safetensors + config.json -> probability, lower bound, reasons. Needs numpy and safetensors.

A missing or mismatched file is an error; nothing is ever made up in its place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from abuse.errors import InputError
from abuse.model.calibration import Calibrations
from abuse.model.linear import Linear
from abuse.model.rows import FeatureList, Reals
from abuse.model.scorer import Fitted
from abuse.model.trees import Trees
from abuse.settings import digest

WEIGHTS, CONFIG = "weights.safetensors", "config.json"
FORMAT = 1
FORMS: Mapping[str, type[Trees] | type[Linear]] = {Trees.form: Trees, Linear.form: Linear}
RETRAIN = "Train the model again with `abuse train`."
NUM_REASONS = 3

Reasons = list[tuple[tuple[str, float], ...]]


@dataclass(frozen=True, slots=True)
class Model:
    """A scorer as it was trained and calibrated."""

    features: FeatureList
    version: str
    """Sixteen hex digits over weights and config: names the model on every score."""
    config: Mapping[str, Any]
    fitted: Fitted
    calibrations: Calibrations

    def predict(self, columns: Mapping[str, Reals] | Reals) -> tuple[Reals, Reals]:
        """(probability of a farm, lower bound of it) of each row."""
        values = self.values(columns)
        return self.calibrations.judged(self.fitted.raw(values), values, self.features)

    def top_reasons(self, columns: Mapping[str, Reals] | Reals) -> Reasons:
        """For each row the three features that moved the score most and by how much, in log-odds.

        Ties go to the feature that comes first; one that moved nothing is left out.
        """
        parts = self.fitted.contributions(self.values(columns))
        order = np.argsort(-np.abs(parts), axis=1, kind="stable")[:, :NUM_REASONS]
        names = self.features.names
        rows = zip(order.tolist(), np.take_along_axis(parts, order, axis=1).tolist(), strict=True)
        return [tuple((names[at], by) for at, by in zip(*row, strict=True) if by != 0.0) for row in rows]

    def values(self, columns: Mapping[str, Reals] | Reals) -> Reals:
        """Rows by features, in the model's order; infinite is unknown."""
        if isinstance(columns, np.ndarray):
            values = columns.astype(np.float64)
        else:
            missing = [name for name in self.features.names if name not in columns]
            if missing:
                raise InputError("features", f"no {missing[0]}", f"what model {self.version} reads", RETRAIN)
            values = np.column_stack([np.asarray(columns[n], dtype=np.float64) for n in self.features.names])
        if values.ndim != 2 or values.shape[1] != len(self.features.names):  # noqa: PLR2004 -- rows by features
            raise InputError("features", f"shape {values.shape}", f"{len(self.features.names)} columns", RETRAIN)
        values[np.isinf(values)] = np.nan
        return values


def save(
    folder: Path, features: FeatureList, fitted: Fitted, calibrations: Calibrations, about: Mapping[str, Any]
) -> None:
    """Writes the two files; `about` says where the model came from. Same model, same bytes."""
    import safetensors.numpy

    arrays = {f"model.{n}": a for n, a in fitted.arrays().items()}
    arrays |= {f"calibration.{n}": a for n, a in calibrations.arrays().items()}
    weights = safetensors.numpy.save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
    config = {
        "format": FORMAT,
        "form": fitted.form,
        "features": list(features.names),
        "families": {family: list(names) for family, names in features.families.items()},
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
        "about": dict(about),
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WEIGHTS).write_bytes(weights)
    (folder / CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def load(folder: Path, known: tuple[str, ...] | None = None) -> Model:
    """The model of a folder. `known` are the features there are: a model that reads another one is refused."""
    import safetensors.numpy

    config, weights = _config(folder), _bytes(folder / WEIGHTS)
    if hashlib.sha256(weights).hexdigest() != config["weights_sha256"]:
        raise InputError(str(folder / WEIGHTS), "other weights", f"those {CONFIG} names", RETRAIN)
    names = tuple(config["features"])
    for name in names if known is not None else ():
        if name not in (known or ()):
            raise InputError(str(folder / CONFIG), f"feature {name}", "features of this version", RETRAIN)
    arrays = safetensors.numpy.load(weights)
    return Model(
        features=FeatureList(names=names, families={f: tuple(n) for f, n in config["families"].items()}),
        version=digest(config),
        config=config,
        fitted=FORMS[config["form"]].from_arrays(_part(arrays, "model.")),
        calibrations=Calibrations.from_arrays(_part(arrays, "calibration.")),
    )


def _config(folder: Path) -> dict[str, Any]:
    text = _bytes(folder / CONFIG)
    try:
        config: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise InputError(str(folder / CONFIG), "no JSON", "what `abuse train` wrote", RETRAIN) from error
    found, form = config.get("format"), config.get("form")
    if found != FORMAT:
        raise InputError(str(folder / CONFIG), f"format {found}", str(FORMAT), RETRAIN)
    if form not in FORMS:
        raise InputError(str(folder / CONFIG), f"form {form}", f"one of: {', '.join(FORMS)}", RETRAIN)
    return config


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        raise InputError(str(path), "no such file", "a stored model", RETRAIN)
    return path.read_bytes()


def _part(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
