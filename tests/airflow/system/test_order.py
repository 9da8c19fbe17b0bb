"""The DAGs and the project agree, though neither imports the other."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

from abuse.night import STEPS
from abuse.operate.listing import STAGES
from abuse.quality.gates import MUST_BE_ZERO, cluster_gates, input_gates, output_gates
from abuse.quality.runbook import runbook
from abuse.settings import Settings
from abuse.tables import PUBLIC

PROJECT = Path(__file__).parents[3]
FARM = PROJECT / "airflow" / "dags" / "farm"


def constant(name: str) -> Any:
    """A constant of farm/night.py, which only Airflow's environment can import."""
    for node in ast.parse((FARM / "night.py").read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            return ast.literal_eval(node.value)
    raise AssertionError(f"no {name}")


def test_the_steps_of_the_dag_are_the_projects_in_its_order() -> None:
    assert constant("STEPS") == tuple(STEPS)
    assert {f"{step}.py" for step in STEPS} <= {file.name for file in (PROJECT / "jobs").glob("*.py")}


def test_each_gate_is_asked_after_the_step_that_answers_it() -> None:
    settings = Settings()
    source = {"source": "labels", "rows_in": 1, "quarantined": 0}
    figures = {"flagged": 0, "participants": 1} | dict.fromkeys(MUST_BE_ZERO, 0)
    stages = {
        "ingest": input_gates([source], settings)[0].stage,
        "clusters": cluster_gates({"largest": 1, "participants": 1}, settings)[0].stage,
        "decide": output_gates(figures, settings)[0].stage,
    }
    assert constant("GATES") == stages
    assert tuple(stages.values()) == STAGES


def test_there_is_an_asset_for_each_public_table() -> None:
    assert constant("PUBLIC") == tuple(table.table_name() for table in PUBLIC)


def test_the_page_of_the_nightly_says_what_to_do_gate_by_gate() -> None:
    page = (FARM / "pages" / "nightly.md").read_text()
    for gate in runbook():
        assert f"`{gate}" in page, f"what to do about {gate}?"


def test_no_dag_file_holds_a_secret() -> None:
    assignment = re.compile(r"""(?i)(secret|token|password|api_?key)\w*["']?\s*[:=]\s*["'][^"'{]""")
    assert assignment.search('webhook_token = "abc"'), "the pattern finds one"
    for file in FARM.parent.rglob("*"):
        if file.suffix in {".py", ".toml", ".md"}:
            assert not assignment.search(file.read_text()), file.name
