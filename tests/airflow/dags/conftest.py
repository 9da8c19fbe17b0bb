"""A throwaway Airflow home, set before anything imports Airflow: runs leave rows in the metadata database."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

DAGS = Path(__file__).parents[3] / "airflow" / "dags"
HOME = Path(tempfile.mkdtemp(prefix="farm-airflow-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
os.environ |= {
    "AIRFLOW_HOME": str(HOME),
    "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
}
os.environ.pop("FARM_CONFIG", None)
sys.path.append(str(DAGS))


@pytest.fixture(scope="session")
def dags() -> dict[str, Any]:
    """Every DAG by its id, with the deployment file beside them. Fails on an import error."""
    from airflow.dag_processing.dagbag import BundleDagBag

    bag = BundleDagBag(dag_folder=str(DAGS), bundle_path=DAGS)
    assert bag.import_errors == {}
    return dict(bag.dags)
