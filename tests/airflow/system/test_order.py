"""The DAGs and the project agree, though neither imports the other."""

from __future__ import annotations

import re
from pathlib import Path

from abuse.quality.gates import MUST_BE_ZERO, cluster_gates, input_gates, output_gates
from abuse.quality.runbook import runbook
from abuse.registry import REGISTRY
from abuse.settings import Settings
from infra.steps import files

PROJECT = Path(__file__).parents[3]
FARM = PROJECT / "airflow" / "dags" / "farm"


def test_what_is_written_of_the_steps_for_others_is_what_the_registry_says() -> None:
    stored = {name: (PROJECT / name).read_text() for name in files()}
    assert stored == files(), "run `poe steps`"


def test_each_gate_is_asked_after_the_step_that_answers_it() -> None:
    settings = Settings()
    source = {"source": "labels", "rows_in": 1, "quarantined": 0}
    figures = {"flagged": 0, "participants": 1} | dict.fromkeys(MUST_BE_ZERO, 0)
    stages = {
        "ingest": input_gates([source], settings)[0].stage,
        "clusters": cluster_gates({"largest": 1, "participants": 1}, settings)[0].stage,
        "decide": output_gates(figures, settings)[0].stage,
    }
    assert {step.name: step.gate for step in REGISTRY if step.gate} == stages


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
