"""Runs farm DAGs in this process, prints what became of each task: `conduct.py '[[DAG_ID, DATE, CONF], ...]'`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pendulum

PUBLISHED = "night.published"
FOLDER = Path(__file__).parents[3] / "airflow" / "dags"


def conducted(dag: Any, date: str, conf: dict[str, str]) -> dict[str, Any]:
    run = dag.test(logical_date=pendulum.parse(date), run_conf=conf)
    tasks = [
        {"task": t.task_id.removeprefix("night."), "map": t.map_index, "state": t.state, "shown": t.rendered_map_index}
        | {"answer": t.xcom_pull(task_ids=t.task_id, map_indexes=t.map_index) if t.task_id == PUBLISHED else None}
        for t in run.get_task_instances()
    ]
    return {"state": run.state, "tasks": tasks}


def main(runs: list[tuple[str, str, dict[str, str]]]) -> None:
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db

    DagBundlesManager().sync_bundles_to_db()
    bag = BundleDagBag(dag_folder=str(FOLDER), bundle_path=FOLDER)
    sync_bag_to_db(bag, "dags-folder", None)
    print("CONDUCTED " + json.dumps([conducted(bag.dags[dag_id], date, conf) for dag_id, date, conf in runs]))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
