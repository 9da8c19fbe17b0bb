"""A deployment in a folder: campaigns, a lake, farm.toml, a webhook, and Airflow on loopback."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.airflow_local import Local, deployment_file
from tests.airflow.api import Api
from tests.airflow.receiver import Receiver

WEBHOOK_TOKEN = "t0ken-that-nobody-may-see"  # noqa: S105
CLOUD_SECRET = "cl0ud-secret-that-nobody-may-see"  # noqa: S105
SETTINGS = """[spark]
shuffle_partitions = 2
driver_memory = "2g"
[spark.conf]
"spark.sql.codegen.wholeStage" = "false"
"spark.sql.codegen.factoryMode" = "NO_CODEGEN"
"spark.sql.adaptive.enabled" = "false"
"spark.sql.autoBroadcastJoinThreshold" = "-1"
"""


@dataclass
class World:
    """One deployment while its Airflow runs."""

    folder: Path
    airflow: Local
    api: Api
    hook: Receiver

    @property
    def lake(self) -> Path:
        return self.folder / "lake"

    @property
    def campaigns(self) -> Path:
        return self.folder / "campaigns"

    def run(self, dag_id: str, date: str, seconds: float = 900, **conf: str) -> tuple[str, str]:
        """Triggers a run and waits for its end: its id and state."""
        run_id = self.api.trigger(dag_id, date, **conf)
        return run_id, self.api.wait(dag_id, run_id, seconds)


@contextmanager
def world(folder: Path, **farm: str | int) -> Iterator[World]:
    """An Airflow whose farm.toml is this folder's; stopped at the end, with all it started."""
    deployment = deployment_file(folder / "farm.toml", folder / "lake", folder / "campaigns", **farm)
    with Receiver() as hook:
        secrets = {
            "AIRFLOW_CONN_FARM_WEBHOOK": json.dumps({"conn_type": "http", "host": hook.url, "password": WEBHOOK_TOKEN}),
            "AWS_SECRET_ACCESS_KEY": CLOUD_SECRET,
            "AWS_ACCESS_KEY_ID": "AKIATESTING",
        }
        with Local(folder / "home", deployment, free_port(), secrets) as airflow:
            api = Api(airflow)
            api.wait_for_dags({"farm_nightly", "farm_backfill", "farm_train", "farm_maintain"})
            yield World(folder, airflow, api, hook)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def abuse(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """The project's own command line, as an operator would use it."""
    command = [str(Path(sys.executable).parent / "abuse"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=check, env=dict(os.environ))


def night(campaign: Path, as_of: str, lake: Path, folder: Path) -> Path:
    """`abuse night` into a lake of its own, to compare with."""
    settings = folder / "settings.toml"
    settings.write_text(SETTINGS)
    abuse("night", "--campaign", str(campaign), "--as-of", as_of, "--lake", str(lake), "--settings", str(settings))
    return lake
