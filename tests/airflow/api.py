"""Airflow's REST API as the tests need it."""

from __future__ import annotations

import json
import time
import urllib.request
from typing import Any

from infra.airflow_local import Local

DONE = {"success", "failed"}


class Api:
    """Calls of one running Airflow."""

    def __init__(self, airflow: Local) -> None:
        self.url = airflow.url
        self.token = ""
        self.token = self._call("GET", "/auth/token")["access_token"]

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {self.token}"} if self.token else {}
        )
        sent = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, sent, headers, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.load(answer)

    def get(self, path: str) -> Any:
        return self._call("GET", f"/api/v2{path}")

    def wait_for_dags(self, names: set[str], seconds: float = 120) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if names <= {dag["dag_id"] for dag in self.get("/dags?limit=100")["dags"]}:
                return
            time.sleep(1)
        raise AssertionError(f"DAGs not parsed: {self.get('/importErrors')}")

    def unpause(self, dag_id: str) -> None:
        self._call("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": False})

    def trigger(self, dag_id: str, logical_date: str | None, **conf: Any) -> str:
        found = self._call("POST", f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": logical_date, "conf": conf})
        return str(found["dag_run_id"])

    def clear(self, dag_id: str, run_id: str, task_ids: list[str]) -> None:
        body = {
            "dag_run_id": run_id,
            "task_ids": task_ids,
            "dry_run": False,
            "include_downstream": True,
            "only_failed": False,
            "reset_dag_runs": True,
        }
        self._call("POST", f"/api/v2/dags/{dag_id}/clearTaskInstances", body)

    def run(self, dag_id: str, run_id: str) -> Any:
        return self.get(f"/dags/{dag_id}/dagRuns/{run_id}")

    def runs(self, dag_id: str) -> list[Any]:
        return list(self.get(f"/dags/{dag_id}/dagRuns?limit=100")["dag_runs"])

    def tasks(self, dag_id: str, run_id: str) -> list[Any]:
        return list(self.get(f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=1000")["task_instances"])

    def states(self, dag_id: str, run_id: str, map_index: int = 0) -> dict[str, str]:
        """State of each task of the night at one map index, and of the tasks before it."""
        return {t["task_id"]: t["state"] for t in self.tasks(dag_id, run_id) if t["map_index"] in (-1, map_index)}

    def wait(self, dag_id: str, run_id: str, seconds: float) -> str:
        """The run's last state. Raises AssertionError with the states of its tasks when it takes too long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            state = self.run(dag_id, run_id)["state"]
            if state in DONE:
                return str(state)
            time.sleep(1)
        raise AssertionError(f"{dag_id} {run_id} takes too long: {self.states(dag_id, run_id)}")

    def wait_for_task(self, dag_id: str, run_id: str, task_id: str, state: str, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.states(dag_id, run_id).get(task_id) == state:
                return
            time.sleep(0.5)
        raise AssertionError(f"{task_id} is not {state}: {self.states(dag_id, run_id)}")
