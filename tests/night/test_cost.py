"""What the night of 27 accounts asks of Spark, and that each step reads and writes what the registry says."""

from __future__ import annotations

from typing import Any

AT_MOST: dict[str, tuple[int, int]] = {}
"""Step -> jobs, SQL executions, with its gates. Under the settings of the tests; lowered when they fall. A number may
be raised only by a change that needs it, and says by how much.
"""


def test_no_step_asks_more_of_spark_than_it_did(recorded: dict[str, dict[str, Any]]) -> None:
    found = {step: (asked["jobs"], asked["executions"]) for step, asked in recorded.items()}
    more = {step: (asked, AT_MOST[step]) for step, asked in found.items() if any(map(int.__gt__, asked, AT_MOST[step]))}
    assert not more, "step: (jobs, executions) found, and at most"
    assert set(found) == set(AT_MOST)
