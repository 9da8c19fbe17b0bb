"""What is stored is what was trained, or it is refused; nothing is ever made up."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from abuse.errors import InputError
from abuse.model.farmset import ABOUT
from abuse.model.farmset.calibrate import calibration, calibrations, temperature
from abuse.model.farmset.ensemble import CALIBRATION, Ensemble, load_ensemble, save_ensemble, version_of
from abuse.model.farmset.network import FarmSetTransformer
from abuse.model.farmset.predict import Odds, Reader
from abuse.model.farmset.reading import Described
from abuse.model.farmset.tensors import place
from abuse.model.farmset.weights import CONFIG, WEIGHTS, load_network, save_network
from tests.model.farmset.conftest import small
from tests.model.farmset.made_up import FEATURES


@pytest.fixture(scope="module")
def stored(network: FarmSetTransformer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stored") / "network"
    save_network(network, folder)
    return folder


def test_a_network_comes_back_bit_by_bit(stored: Path, network: FarmSetTransformer, tmp_path: Path) -> None:
    again = load_network(stored)
    assert again.shape == network.shape
    assert not again.training
    for name, weight in network.state_dict().items():
        assert torch.equal(again.state_dict()[name], weight), name
    save_network(again, tmp_path / "again")
    for name in (CONFIG, WEIGHTS):
        assert (tmp_path / "again" / name).read_bytes() == (stored / name).read_bytes()


def test_transformers_loads_the_same_network_offline(stored: Path) -> None:
    """In a process of its own: transformers takes its time, and nothing else here needs it."""
    code = f"""
import os, torch
os.environ["HF_HUB_OFFLINE"] = "1"
from abuse.model.farmset import pretrained
from abuse.model.farmset.weights import load_network
from transformers import AutoModel
from pathlib import Path
told = AutoModel.from_pretrained({str(stored)!r}, local_files_only=True, output_loading_info=True)
model, missing = told[0], [name for found in told[1].values() for name in found]
ours = load_network(Path({str(stored)!r})).state_dict()
assert type(model).__name__ == "FarmSetModel" and not missing, missing
assert all(torch.equal(weight, ours[name]) for name, weight in model.state_dict().items())
model.save_pretrained({str(stored.parent / "theirs")!r})
theirs = load_network(Path({str(stored.parent / "theirs")!r})).state_dict()
assert all(torch.equal(weight, ours[name]) for name, weight in theirs.items())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _no_weights(folder: Path) -> None:
    (folder / WEIGHTS).unlink()


def _truncated(folder: Path) -> None:
    whole = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(whole[: len(whole) // 2])


def _foreign(folder: Path) -> None:
    save_file({"bert.embeddings.weight": torch.zeros(3, 3)}, folder / WEIGHTS)


def _one_missing(folder: Path) -> None:
    weights = load_file(folder / WEIGHTS)
    weights.pop("judge.cluster_head.weight")
    save_file(weights, folder / WEIGHTS)


def _another_shape(folder: Path) -> None:
    weights = load_file(folder / WEIGHTS)
    save_file(weights | {"judge.cluster_head.weight": torch.zeros(1, 3)}, folder / WEIGHTS)


def _another_codec(folder: Path) -> None:
    _said(folder, codec="0123456789abcdef")


def _more_fields(folder: Path) -> None:
    _said(folder, event_sizes=[3, 4])


def _half_a_config(folder: Path) -> None:
    (folder / CONFIG).write_text('{"model_type": "farmset", "width"')


def _no_config(folder: Path) -> None:
    (folder / CONFIG).unlink()


def _said(folder: Path, **other: object) -> None:
    (folder / CONFIG).write_text(json.dumps(json.loads((folder / CONFIG).read_text()) | other))


SPOILED = {
    "no weights": (_no_weights, "model.safetensors: unreadable"),
    "half the weights": (_truncated, "model.safetensors: unreadable"),
    "another model's weights": (_foreign, "Missing key"),
    "one weight missing": (_one_missing, "Missing key.*cluster_head"),
    "a weight of another shape": (_another_shape, "size mismatch.*cluster_head"),
    "weights of another codec": (_another_codec, "codec 0123456789abcdef"),
    "fields of another codec": (_more_fields, "codec"),
    "half a config": (_half_a_config, "config.json: unreadable"),
    "no config": (_no_config, "config.json: unreadable"),
}


@pytest.mark.parametrize(("spoil", "said"), SPOILED.values(), ids=SPOILED)
def test_a_spoiled_network_is_an_error(spoil: Callable[[Path], None], said: str, stored: Path, tmp_path: Path) -> None:
    shutil.copytree(stored, tmp_path / "network")
    spoil(tmp_path / "network")
    with pytest.raises(InputError, match=said):
        load_network(tmp_path / "network")


def ensemble(folder: Path, network: FarmSetTransformer, clusters: Described, odds: Odds) -> Path:
    """Two seeds of one network: their mean is its own."""
    fitted = calibrations(odds.cluster, odds.cluster, clusters.rows)
    about = {"scorer": "farmset", "seed": 0}
    save_ensemble(folder, {0: network, 1: network}, FEATURES, fitted, 1.5, about)
    return folder


@pytest.fixture(scope="module")
def trained(
    network: FarmSetTransformer, reader: Reader, clusters: Described, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    odds = reader.odds(clusters.corpus, clusters.rows.values)
    return ensemble(tmp_path_factory.mktemp("ensemble"), network, clusters, odds)


def test_seeds_are_averaged_and_calibrated(trained: Path, clusters: Described, reader: Reader) -> None:
    model = load_ensemble(trained, FEATURES.names)
    readers = tuple(small(network) for network in model.networks)
    found = model.judged(readers, clusters.corpus, clusters.rows.values)
    odds = reader.odds(clusters.corpus, clusters.rows.values)
    order = np.argsort(odds.cluster)
    assert (np.diff(found.score[order]) >= 0).all()
    assert ((found.lower >= 0) & (found.lower <= found.score) & (found.score <= 1)).all()
    assert found.member == pytest.approx(1 / (1 + np.exp(-odds.member / 1.5)))
    assert model.version == version_of(trained)


def test_the_same_networks_are_the_same_version(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path / "copy")
    assert version_of(tmp_path / "copy") == version_of(trained)


def _other_calibration(folder: Path) -> None:
    whole = bytearray((folder / CALIBRATION).read_bytes())
    whole[-1] ^= 1
    (folder / CALIBRATION).write_bytes(bytes(whole))


def _seed_gone(folder: Path) -> None:
    (folder / "seed-1" / WEIGHTS).unlink()


def _newer(folder: Path) -> None:
    (folder / ABOUT).write_text(json.dumps(json.loads((folder / ABOUT).read_text()) | {"format": 2}))


def _nothing(folder: Path) -> None:
    (folder / ABOUT).unlink()


UNWHOLE = {
    "another calibration": (_other_calibration, "another file"),
    "a seed is gone": (_seed_gone, "no such file"),
    "of a newer version": (_newer, "format 2"),
    "nothing there": (_nothing, "unreadable"),
}


@pytest.mark.parametrize(("spoil", "said"), UNWHOLE.values(), ids=UNWHOLE)
def test_a_spoiled_scorer_is_an_error(spoil: Callable[[Path], None], said: str, trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path / "model")
    spoil(tmp_path / "model")
    with pytest.raises(InputError, match=said):
        load_ensemble(tmp_path / "model")


def test_a_scorer_that_reads_unknown_figures_is_refused(trained: Path) -> None:
    with pytest.raises(InputError, match="feature sink_cv"):
        load_ensemble(trained, tuple(name for name in FEATURES.names if name != "sink_cv"))
    assert isinstance(load_ensemble(trained), Ensemble)


def test_one_temperature_undoes_overconfidence() -> None:
    rng = np.random.default_rng(0)
    log_odds = rng.normal(0, 1, 4_000)
    is_farm = rng.random(4_000) < 1 / (1 + np.exp(-log_odds))
    assert temperature(3 * log_odds, is_farm) == pytest.approx(3, rel=0.15)
    found = calibration(3 * log_odds, is_farm)
    assert np.abs(found.probabilities(3 * log_odds) - 1 / (1 + np.exp(-log_odds))).max() < 0.03
    assert (found.lower_bounds(3 * log_odds) <= found.probabilities(3 * log_odds)).all()


def test_a_network_that_knows_nothing_is_heated_to_even_odds() -> None:
    rng = np.random.default_rng(1)
    found = calibration(rng.normal(0, 5, 500), rng.random(500) < 0.5)
    assert np.abs(found.probabilities(rng.normal(0, 5, 500)) - 0.5).max() < 0.1


def test_a_gpu_that_is_not_there_is_an_error() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is one")
    from abuse.errors import SetupError

    with pytest.raises(SetupError, match="no GPU"):
        place("cuda")
    assert place("auto").device.type == "cpu"
