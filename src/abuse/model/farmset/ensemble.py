"""A trained scorer in a folder: one network per seed, calibration, and what it is of.

farmset.json              features, seeds, digests of every other file, where it came from
calibration.safetensors
seed-0/config.json, seed-0/model.safetensors, ...
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

from abuse.errors import InputError
from abuse.model.calibration import Calibrations
from abuse.model.farmset import ABOUT
from abuse.model.farmset.calibrate import probability
from abuse.model.farmset.corpus import Corpus
from abuse.model.farmset.network import FarmSetTransformer
from abuse.model.farmset.predict import Odds, Reader
from abuse.model.farmset.tensors import Place
from abuse.model.farmset.weights import CONFIG, RETRAIN, WEIGHTS, load_network, save_network
from abuse.model.rows import FeatureList, Reals
from abuse.settings import digest

CALIBRATION = "calibration.safetensors"
FORMAT = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What is stored: of clusters a probability and its lower bound, of members the probability that they belong."""

    score: Reals
    lower: Reals
    member: Reals


@dataclass(frozen=True, kw_only=True, slots=True)
class Ensemble:
    """Networks as they were trained, and what turns their log-odds into probabilities."""

    version: str
    features: FeatureList
    networks: tuple[FarmSetTransformer, ...]
    calibrations: Calibrations
    member_heat: float
    about: Mapping[str, Any]

    def readers(self, where: Place) -> tuple[Reader, ...]:
        """The networks ready to score there."""
        return tuple(Reader(network, where) for network in self.networks)

    def judged(self, readers: tuple[Reader, ...], corpus: Corpus, hand: Reals) -> Judgement:
        """Of every cluster and member; `hand` holds the features in this model's order."""
        odds = mean_odds([reader.odds(corpus, hand) for reader in readers])
        score, lower = self.calibrations.judged(odds.cluster, hand, self.features)
        return Judgement(score=score, lower=lower, member=probability(odds.member, self.member_heat))


def mean_odds(found: list[Odds]) -> Odds:
    """Of all seeds."""
    cluster, member = (np.mean([getattr(one, name) for one in found], axis=0) for name in ("cluster", "member"))
    return Odds(cluster=cluster, member=member)


def save_ensemble(
    folder: Path,
    networks: Mapping[int, FarmSetTransformer],
    features: FeatureList,
    calibrations: Calibrations,
    member_heat: float,
    about: Mapping[str, Any],
) -> None:
    """Writes the folder. Same networks, same bytes."""
    for seed, network in networks.items():
        save_network(network, _of_seed(folder, seed))
    arrays = {name: np.ascontiguousarray(array) for name, array in calibrations.arrays().items()}
    (folder / CALIBRATION).write_bytes(safetensors.numpy.save(arrays))
    config = {
        "format": FORMAT,
        "features": list(features.names),
        "families": {family: list(names) for family, names in features.families.items()},
        "seeds": list(networks),
        "sha256": {name: _sha256(folder / name) for name in _files(networks)},
        "member_temperature": member_heat,
        "about": dict(about),
    }
    (folder / ABOUT).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def load_ensemble(folder: Path, known: tuple[str, ...] | None = None) -> Ensemble:
    """The scorer of a folder, whole. `known` are the features there are: one that reads another is refused."""
    config = _config(folder)
    for name, wanted in config["sha256"].items():
        if _sha256(folder / name) != wanted:
            raise InputError(str(folder / name), "another file", f"the one that {ABOUT} names", RETRAIN)
    names = tuple(config["features"])
    strange = [name for name in names if known is not None and name not in known]
    if strange:
        raise InputError(str(folder / ABOUT), f"feature {strange[0]}", "features of this version", RETRAIN)
    return Ensemble(
        version=digest(config),
        features=FeatureList(names=names, families={f: tuple(n) for f, n in config["families"].items()}),
        networks=tuple(load_network(_of_seed(folder, seed)) for seed in config["seeds"]),
        calibrations=Calibrations.from_arrays(safetensors.numpy.load_file(folder / CALIBRATION)),
        member_heat=float(config["member_temperature"]),
        about=config["about"],
    )


def version_of(folder: Path) -> str:
    """What names the model on every score; reads no weight."""
    return digest(_config(folder))


def _config(folder: Path) -> dict[str, Any]:
    try:
        config: dict[str, Any] = json.loads((folder / ABOUT).read_text())
        found = config["format"]
    except (OSError, ValueError, KeyError, TypeError) as why:
        raise InputError(str(folder / ABOUT), f"unreadable ({why})", "a trained farmset scorer", RETRAIN) from why
    if found != FORMAT:
        raise InputError(str(folder / ABOUT), f"format {found}", str(FORMAT), RETRAIN)
    return config


def _of_seed(folder: Path, seed: int) -> Path:
    return folder / f"seed-{seed}"


def _files(networks: Mapping[int, FarmSetTransformer]) -> list[str]:
    return [CALIBRATION, *(f"seed-{seed}/{name}" for seed in networks for name in (CONFIG, WEIGHTS))]


def _sha256(path: Path) -> str:
    if not path.is_file():
        raise InputError(str(path), "no such file", "it", RETRAIN)
    return hashlib.sha256(path.read_bytes()).hexdigest()
