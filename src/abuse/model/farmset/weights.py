"""A network in a folder: config.json and model.safetensors, as transformers writes them.

What does not fit is an error; no weight is ever made up.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from abuse.errors import InputError
from abuse.model.farmset.fields import EVENT_FIELDS, MEMBER_FIELDS, codec_digest
from abuse.model.farmset.network import FarmSetTransformer, Shape

CONFIG, WEIGHTS = "config.json", "model.safetensors"
KIND = {"model_type": "farmset", "architectures": ["FarmSetModel"], "dtype": "float32"}
RETRAIN = "Train it again with `abuse train --scorer farmset`."


def save_network(model: FarmSetTransformer, folder: Path) -> None:
    """Writes both files. Same weights, same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    config = KIND | dataclasses.asdict(model.shape)
    (folder / CONFIG).write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    weights = {name: part.detach().cpu().contiguous() for name, part in model.state_dict().items()}
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})


def load_network(folder: Path) -> FarmSetTransformer:
    """The network, whole, on a CPU, ready to score."""
    shape = _shape(folder)
    with torch.device("meta"):  # no weight exists before it is read
        model = FarmSetTransformer(shape)
    try:
        weights = load_file(folder / WEIGHTS)
    except (OSError, SafetensorError) as why:
        raise InputError(str(folder / WEIGHTS), f"unreadable ({why})", "the network's weights", RETRAIN) from why
    try:
        model.load_state_dict(weights, strict=True, assign=True)
    except RuntimeError as why:
        found = str(why).splitlines()[1].strip()
        raise InputError(str(folder / WEIGHTS), found, f"exactly the weights {CONFIG} asks for", RETRAIN) from why
    return model.eval()


def _shape(folder: Path) -> Shape:
    """What the config says, if this version reads values as the weights learnt them."""
    path = folder / CONFIG
    try:
        config: dict[str, Any] = json.loads(path.read_text())
        shape = Shape.of(config)
    except (OSError, ValueError, TypeError, AttributeError) as why:
        raise InputError(str(path), f"unreadable ({why})", "the config of a farmset network", RETRAIN) from why
    sizes = [field.size for field in EVENT_FIELDS], [field.size for field in MEMBER_FIELDS]
    is_ours = shape.codec == codec_digest() and (list(shape.event_sizes), list(shape.member_sizes)) == sizes
    if not is_ours:
        raise InputError(str(path), f"codec {shape.codec or 'none'}", f"{codec_digest()}, this version's", RETRAIN)
    return shape
