"""What the night of 27 accounts asks of Spark, and that each step reads and writes what the registry says."""

from __future__ import annotations

from typing import Any

import pytest

from abuse.registry import STEPS

AT_MOST = {
    "ingest": (35, 34),
    "services": (4, 4),
    "trails": (7, 7),
    "links": (8, 8),
    "clusters": (23, 23),
    "features": (4, 4),
    "score": (2, 2),
    "decide": (7, 7),
    "publish": (10, 10),
}
"""Step -> jobs, SQL executions, those of its gates among them. Under the settings of the tests; lowered when they fall.
A change that needs more raises a number by no more than it says why.
"""


def test_no_step_asks_more_of_spark_than_it_did(recorded: dict[str, dict[str, Any]]) -> None:
    found = {step: (asked["jobs"], asked["executions"]) for step, asked in recorded.items()}
    more = {step: (asked, AT_MOST[step]) for step, asked in found.items() if any(map(int.__gt__, asked, AT_MOST[step]))}
    assert not more, "step: (jobs, executions) as they are now, and at most"
    assert set(found) == set(AT_MOST) == set(STEPS)


@pytest.mark.parametrize("step", [step for step in STEPS if step != "publish"])
def test_a_step_reads_and_writes_what_the_registry_says(recorded: dict[str, dict[str, Any]], step: str) -> None:
    """Of what it may read and write, since a small campaign lacks some of it; and nothing else."""
    asked, declared = recorded[step], STEPS[step]
    assert set(asked["writes"]) <= {table.table_name() for table in declared.writes}
    assert set(asked["reads"]) <= {table.table_name() for table in (*declared.reads, *declared.writes)}


def test_what_a_step_reads_is_written_before_it() -> None:
    written: set[str] = set()
    for step in STEPS.values():
        names = {table.table_name() for table in step.reads if table not in step.writes}
        assert names <= written, step.name
        written |= {table.table_name() for table in step.writes}
