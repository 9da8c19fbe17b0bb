"""`poe airflow [--port N]`: Airflow's environment, a demo campaign, and Airflow on loopback; prints where to look.

The four components are started here and not by `airflow standalone`, whose log servers listen on every interface.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from infra.airflow_env import FOLDER, PROJECT, environment

COMPONENTS = {
    "api-server": ["api-server", "--host", "127.0.0.1"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
HEALTHY_S, STOP_S = 180, 30
POOL = "farm_lake"


@dataclass
class Local:
    """An Airflow on loopback for as long as it is entered; no login, for one developer on one machine."""

    home: Path
    farm_toml: Path
    port: int = 8080
    more: dict[str, str] = field(default_factory=dict)
    """further environment variables, connections for one"""
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def variables(self) -> dict[str, str]:
        return (
            os.environ
            | {
                "AIRFLOW_HOME": str(self.home),
                "FARM_CONFIG": str(self.farm_toml),
                "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "airflow" / "dags"),
                "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
                # four components write to one file, and on a busy machine the default of 5 s is too short a wait
                "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.home.resolve()}/airflow.db?timeout=60",
                "AIRFLOW__CORE__PARALLELISM": "2",
                "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
                "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",  # else tasks ask the default port
                "AIRFLOW__API__PORT": str(self.port),
                "AIRFLOW__API__BASE_URL": self.url,
                "AIRFLOW__API__WORKERS": "1",
                "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
                "AIRFLOW_CONN_SPARK_DEFAULT": '{"conn_type": "spark", "host": "local[2]"}',
                "PATH": f"{FOLDER / 'venv' / 'bin'}:{os.environ['PATH']}",
            }
            | self.more
        )

    def run(self, *arguments: str) -> str:
        """An `airflow` command's output. Raises CalledProcessError with what it said."""
        command = [str(FOLDER / "venv" / "bin" / "airflow"), *arguments]
        done = subprocess.run(command, env=self.variables(), capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            sys.stderr.write(done.stdout + done.stderr)
            done.check_returncode()
        return done.stdout

    def __enter__(self) -> Local:
        self.home.mkdir(parents=True, exist_ok=True)
        self.run("db", "migrate")
        self.run("pools", "set", POOL, "1", "one writer per lake", "--include-deferred")
        for name, arguments in COMPONENTS.items():
            with (self.home / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(  # noqa: S603
                    [str(FOLDER / "venv" / "bin" / "airflow"), *arguments],
                    env=self.variables(),
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        try:
            self._wait()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.processes.values():
            _signal(process, signal.SIGTERM)
        until = time.monotonic() + STOP_S
        for process in self.processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, until - time.monotonic()))
            _signal(process, signal.SIGKILL)  # what is left of its group
        self.processes.clear()

    def _wait(self) -> None:
        until = time.monotonic() + HEALTHY_S
        while time.monotonic() < until:
            dead = [name for name, process in self.processes.items() if process.poll() is not None]
            if dead:
                raise SystemExit(f"Airflow's {dead[0]} ended at once; read {self.home / dead[0]}.log")
            if self.is_healthy():
                return
            time.sleep(1)
        raise SystemExit(f"Airflow is not healthy after {HEALTHY_S} s; read {self.home}/*.log")

    def is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/api/v2/monitor/health", timeout=5) as answer:  # noqa: S310
                return all(part.get("status") == "healthy" for part in json.load(answer).values())
        except (urllib.error.URLError, OSError, ValueError):
            return False


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def deployment_file(path: Path, lake: Path, campaigns: Path, **more: str | int) -> Path:
    """A farm.toml for this checkout: the project's own environment, and Spark on this machine."""
    binaries = Path(sys.executable).parent
    abuse = binaries / "abuse"
    jars = subprocess.run([abuse, "jars"], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    top = {"lake": str(lake), "campaigns": str(campaigns), "abuse": str(abuse), "settle_hours": 0} | more
    spark = {
        "binary": str(binaries / "spark-submit"),
        "python": sys.executable,
        "jobs": str(PROJECT / "jobs"),
        "jars": jars,
    }
    conf = {
        "spark.driver.memory": "2g",
        "spark.sql.shuffle.partitions": "2",
        "spark.databricks.delta.snapshotPartitions": "1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.log.level": "ERROR",
        "spark.driver.extraJavaOptions": "-Xss8m -XX:+UseSerialGC -XX:TieredStopAtLevel=1",
        "spark.sql.codegen.wholeStage": "false",  # compiling plans costs more than running them on a small campaign
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.autoBroadcastJoinThreshold": "-1",  # nor is a job for each join worth it
    }
    text = _table(top) + "\n[spark]\n" + _table(spark) + "\n[spark.conf]\n" + _table(conf)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _table(values: Mapping[str, object]) -> str:
    return "".join(f"{json.dumps(key)} = {json.dumps(value)}\n" for key, value in values.items())


def main() -> None:
    parser = argparse.ArgumentParser(prog="poe airflow", description=__doc__)
    parser.add_argument("--port", type=int, default=8080)
    port = parser.parse_args().port
    environment()
    inputs = FOLDER / "demo"
    if not (inputs / "campaign.toml").exists():
        command = [str(Path(sys.executable).parent / "abuse"), "simulate", str(inputs), "--accounts", "2000"]
        subprocess.run([*command, "--seed", "7"], check=True)  # noqa: S603
    lake = FOLDER / "lake"
    farm = deployment_file(FOLDER / "farm.toml", lake, inputs, live_days=3650)
    sys.stdout.write("Airflow: starting on loopback, half a minute\n")
    sys.stdout.flush()
    with Local(FOLDER / "home", farm, port) as airflow:
        for line in (
            f"Airflow      {airflow.url}   (no login; this machine only)",
            f"the night    {airflow.url}/dags/farm_nightly   unpause and trigger it: the demo campaign, 4 minutes",
            f"its tables   {lake}   then: abuse runs --lake {lake}",
            f"deployment   {farm}   logs: {airflow.home}",
            "Ctrl-C stops it.",
        ):
            sys.stdout.write(line + "\n")
        sys.stdout.flush()
        try:
            while all(process.poll() is None for process in airflow.processes.values()):
                time.sleep(1)
        except KeyboardInterrupt:
            sys.stdout.write("stopping\n")


if __name__ == "__main__":
    main()
