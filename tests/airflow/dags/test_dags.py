"""What a team sees when the folder is dropped into its deployment."""

from __future__ import annotations

import ast
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

FOLDER = Path(__file__).parents[3] / "airflow" / "dags"
IDS = ["farm_backfill", "farm_maintain", "farm_nightly", "farm_train"]
SPARK_STEPS = 9
SENSORS = {"settled": 3, "alarm": 7}
"""They have a timeout of their own, in hours."""
TIMED = """
import sys, time
sys.path.append({folder!r})
from airflow.sdk import DAG
from airflow.dag_processing.dagbag import BundleDagBag
from pathlib import Path
started = time.perf_counter()
bag = BundleDagBag(dag_folder={folder!r}, bundle_path=Path({folder!r}))
assert len(bag.dags) == 4 and not bag.import_errors, bag.import_errors
print("PARSED", time.perf_counter() - started)
"""


def test_every_dag_is_there_and_nothing_else(dags: dict[str, Any]) -> None:
    assert sorted(dags) == IDS


def test_all_files_parse_in_under_two_seconds_providers_included() -> None:
    seconds = []
    for _ in range(2):  # the better of two: machines stutter
        command = [sys.executable, "-c", TIMED.format(folder=str(FOLDER))]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds.append(float(done.stdout.split("PARSED")[1]))
    print(f"\nall DAG files parse in {min(seconds):.2f} s")
    assert min(seconds) < 2


@pytest.mark.parametrize("dag_id", IDS)
def test_every_dag_says_whose_it_is_and_what_to_do(dags: dict[str, Any], dag_id: str) -> None:
    dag = dags[dag_id]
    assert dag.description
    assert "farm" in dag.tags
    assert len(dag.tags) > 1
    assert "ed" in dag.doc_md, "says what to do when it is red"
    assert len(dag.doc_md) > 200
    assert dag.catchup is False
    assert dag.max_active_runs <= 4
    for task in dag.tasks:
        assert task.owner == "anti-fraud"
        assert task.retries == 2
        assert task.retry_exponential_backoff
        assert task.max_retry_delay == timedelta(hours=1)
        assert not task.depends_on_past, "cleared backfill runs stick with it"
        assert task.on_failure_callback, "a red task reaches the webhook"
        assert task.doc_md or "night" not in task.task_id
        if task.task_id in SENSORS:
            assert task.timeout == timedelta(hours=SENSORS[task.task_id]).total_seconds()
            assert task.mode == "reschedule", "a deferred sensor of a past date is failed by Airflow's scheduler"
        else:
            assert task.execution_timeout


@pytest.mark.parametrize("dag_id", ["farm_nightly", "farm_backfill"])
def test_only_the_lakes_one_slot_writes(dags: dict[str, Any], dag_id: str) -> None:
    pools = {task.task_id: task.pool for task in dags[dag_id].tasks}
    writers = {name for name, pool in pools.items() if pool == "farm_lake"}
    assert len(writers) == SPARK_STEPS
    assert not any("gate" in name or name.endswith("published") for name in writers), "readers wait for nobody"
    assert {task.pool_slots for task in dags[dag_id].tasks} == {1}


def test_the_nightly_goes_before_a_backfill_for_the_slot(dags: dict[str, Any]) -> None:
    nightly = min(t.priority_weight for t in dags["farm_nightly"].tasks)
    assert nightly > max(t.priority_weight for t in dags["farm_backfill"].tasks)


def test_each_step_waits_for_the_one_before_and_each_gate_for_its_step(dags: dict[str, Any]) -> None:
    order = [task.task_id.removeprefix("night.") for task in dags["farm_nightly"].topological_sort()]
    order.remove("alarm")
    wanted = ["window", "settled", "slices", "ingest", "gate_inputs", "services", "trails", "links", "clusters"]
    wanted += ["gate_clusters", "features", "score", "decide", "gate_outputs", "publish", "published", "all_published"]
    assert order == wanted
    tasks = {task.task_id.removeprefix("night."): task for task in dags["farm_nightly"].tasks}
    for before, after in pairwise(wanted):
        assert tasks[before].task_id in tasks[after].upstream_task_ids, f"{before} -> {after}"


def test_training_never_promotes(dags: dict[str, Any]) -> None:
    assert [task.task_id for task in dags["farm_train"].topological_sort()] == ["candidate", "train", "evaluate"]


def test_no_file_imports_the_project_or_anything_heavy() -> None:
    for file in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            heavy = {name.split(".")[0] for name in names} & {"abuse", "pyspark", "torch", "pandas", "delta", "numpy"}
            assert not heavy, f"{file.name} imports {heavy}"


def test_the_nightly_has_an_alarm_that_nothing_waits_for_and_the_backfill_a_form(dags: dict[str, Any]) -> None:
    alarm = dags["farm_nightly"].get_task("alarm")
    assert not alarm.upstream_task_ids | alarm.downstream_task_ids
    assert not dags["farm_nightly"].deadline, "tasks of a run with one cannot be cleared"
    assert set(dags["farm_backfill"].params) == {"campaign", "first", "last"}
    with pytest.raises(Exception, match="campaign"):
        dags["farm_backfill"].params.validate()


@pytest.mark.parametrize(
    ("run_type", "hours", "has_ended", "is_over", "told"),
    [
        ("scheduled", 5, False, False, []),
        ("scheduled", 7, False, True, [("farm_nightly", "r")]),
        ("scheduled", 7, True, True, []),
        ("backfill", 7, False, True, []),
        ("manual", 7, False, True, []),
    ],
)
def test_only_a_scheduled_night_that_goes_on_is_late(
    dags: dict[str, Any], monkeypatch: pytest.MonkeyPatch,
    run_type: str, hours: int, has_ended: bool, is_over: bool, told: list[tuple[str, str]],
) -> None:  # fmt: skip
    alarm = dags["farm_nightly"].get_task("alarm").python_callable
    run = SimpleNamespace(run_type=run_type, start_date=datetime.now(UTC) - timedelta(hours=hours))
    ti = SimpleNamespace(dag_id="farm_nightly", run_id="r", get_ti_count=lambda **_: int(has_ended))
    sent: list[tuple[str, str]] = []
    monkeypatch.setitem(alarm.__globals__, "get_current_context", lambda: {"dag_run": run, "ti": ti})
    monkeypatch.setattr(alarm.__globals__["notify"], "late", lambda *about: sent.append(about))
    assert alarm() is is_over
    assert sent == told
