"""Lakes that the tests only copy: one night; then an older night too; then one that is older still."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from abuse.settings import Settings
from tests.night import tiny
from tests.night.lakes import run


@pytest.fixture(scope="package")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="package")
def lake(spark: SparkSession, settings: Settings, file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lake")
    run(spark, settings, file, folder, tiny.AS_OF)
    return folder


@pytest.fixture(scope="package")
def both(
    spark: SparkSession, settings: Settings, file: Path, lake: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("both") / "lake"
    shutil.copytree(lake, folder)
    run(spark, settings, file, folder, tiny.EARLY)
    return folder


@pytest.fixture(scope="package")
def three(
    spark: SparkSession, settings: Settings, file: Path, both: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("three") / "lake"
    shutil.copytree(both, folder)
    run(spark, settings, file, folder, tiny.FIRST)
    return folder
