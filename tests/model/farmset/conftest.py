"""One thread, a dataset, and a network whose every weight says something."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from abuse.model.farmset.build import fresh
from abuse.model.farmset.network import FarmSetTransformer
from abuse.model.farmset.predict import Reader
from abuse.model.farmset.reading import Described, read_described
from abuse.model.farmset.recipe import Fit, Pretrain, Recipe
from abuse.model.farmset.tensors import place
from tests.model.farmset import made_up

TINY = Recipe(
    size="tiny",
    seeds=(0,),
    batch_tokens=2_048,
    threads=1,
    device="cpu",
    pretrain=Pretrain(tokens=4_096),
    fit=Fit(tokens=16_384),
)
BLOCK = 512


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_up.dataset(tmp_path_factory.mktemp("made_up"))


@pytest.fixture(scope="session")
def clusters(folder: Path) -> Described:
    return read_described(folder, made_up.FEATURES)


@pytest.fixture(scope="session")
def network(clusters: Described) -> FarmSetTransformer:
    return shaken(clusters, TINY)


@pytest.fixture(scope="session")
def reader(network: FarmSetTransformer) -> Reader:
    return small(network)


def shaken(clusters: Described, recipe: Recipe) -> FarmSetTransformer:
    """Fresh networks say nothing yet."""
    model = fresh(recipe, clusters.rows, 0)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.2 * torch.randn(weight.shape, generator=generator))
    return model.eval()


def small(network: FarmSetTransformer, num_tokens: int = BLOCK) -> Reader:
    """A reader whose blocks suit a few clusters."""
    return Reader(network, place("cpu")).with_tokens(num_tokens)
