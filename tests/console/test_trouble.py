"""A lake that goes away is told for what it is, and nothing that was seen is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.console.conftest import Served
from tests.console.lakes import MEMBERS
from tests.console.people import ON
from tests.review.made_up import says


@pytest.mark.parametrize("lost", ["all", "reviews", "runs"])
def test_a_ledger_that_was_there_and_is_gone_is_trouble_and_what_was_seen_stays(
    served: Served, ours: Path, lost: str
) -> None:
    client = served(ours)
    assert client.get(f"{ON}/queue").status_code == 200
    assert client.get("/readyz").status_code == 200
    table, away = ours if lost == "all" else ours / lost, ours.parent / "away"
    if lost == "reviews":
        says(str(ours), "confirm", MEMBERS[0])
        assert client.get("/readyz").status_code == 200
    table.rename(away)
    for _ in range(2):
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert f"table {'runs' if lost == 'all' else lost} is gone" in answer.json()["trouble"]
        page = client.get("/").text
        assert "The lake cannot be read just now" in page
        assert "Spring drop" in page
        assert client.get(f"{ON}/queue").status_code == 200
    away.rename(table)
    assert client.get("/readyz").json()["trouble"] is None
