"""Lakes that the tests only copy: one night; then an older night too; then one that is older still."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from abuse.settings import Settings
from tests.night import tiny
from tests.night.lakes import run
from tests.night.recorded import recording

Night = Callable[[Path, str], object]
"""What runs the night of an instant in a lake."""
RECORDED = "recorded.json"


@pytest.fixture(scope="package")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shared(tmp_path_factory, "campaign", tiny.write) / "campaign.toml"


@pytest.fixture(scope="package")
def night_of_file(spark: SparkSession, settings: Settings, file: Path) -> Night:
    return lambda lake, as_of: run(spark, settings, file, lake, as_of)


@pytest.fixture(scope="package")
def lake(spark: SparkSession, night_of_file: Night, tmp_path_factory: pytest.TempPathFactory) -> Path:
    def watched(lake: Path) -> None:
        with recording(spark) as found:
            night_of_file(lake, tiny.AS_OF)
        (lake / RECORDED).write_text(json.dumps(found), encoding="utf-8")

    return shared(tmp_path_factory, "one", watched)


@pytest.fixture
def recorded(lake: Path) -> dict[str, dict[str, Any]]:
    """What the night of `lake` asked of Spark and of the lake, by step."""
    found: dict[str, dict[str, Any]] = json.loads((lake / RECORDED).read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="package")
def both(night_of_file: Night, lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shared(tmp_path_factory, "both", lambda ours: night_of_file(copied(lake, ours), tiny.EARLY))


@pytest.fixture(scope="package")
def three(night_of_file: Night, both: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shared(tmp_path_factory, "three", lambda ours: night_of_file(copied(both, ours), tiny.FIRST))


def copied(lake: Path, ours: Path) -> Path:
    return Path(shutil.copytree(lake, ours))


def shared(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder of that name; made by whichever of the suite's processes comes first, while the other waits."""
    root = factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    ours, making = root / f"shared-{name}", root / f"making-{name}"
    with making.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ours.exists():
            shutil.rmtree(unfinished := root / f"unfinished-{name}", ignore_errors=True)
            make(unfinished)
            unfinished.rename(ours)
    return ours
