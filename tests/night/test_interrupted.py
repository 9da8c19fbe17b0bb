"""A run that ends before its time leaves a row in `runs`, whoever ended it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from abuse import night as nights
from abuse.edge import gating, ingest
from abuse.edge.context import Night
from abuse.errors import LakeError
from abuse.instants import parse_as_of
from abuse.lake.delta import Lake
from abuse.lake.publication import runs
from abuse.settings import Settings
from tests.floor.test_campaign import SPRING
from tests.night.lakes import Silent

COUNTED = {"run_id": "run1", "seconds": 2.0, "participants": 9, "sources": [], "quarantine_reasons": {}, "warnings": []}
ENDS = {  # what ends it -> what the row says
    "Ctrl-C": (KeyboardInterrupt(), "services: interrupted"),
    "memory": (MemoryError("of so many bytes"), "services: MemoryError"),
}


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("is_alone", [False, True], ids=["in one session", "a step alone"])
def test_it_is_written_down_as_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, is_alone: bool
) -> None:
    why, said = ENDS[how]

    def step(name: str, night: Night, _: object) -> dict[str, Any]:
        if name != "ingest":
            raise why
        night.record["ingest"] = COUNTED
        return {}

    monkeypatch.setattr(nights, "run_step", step)
    monkeypatch.setattr(ingest, "check_sources", lambda _: None)
    monkeypatch.setattr(gating, "gates_after", lambda *_: [])
    monkeypatch.setattr(Night, "require_rules", lambda _: None)
    night = Night(Lake(str(tmp_path), None), SPRING, Settings(), parse_as_of("2026-05-01T00:00:00Z", SPRING))  # type: ignore[arg-type]
    with pytest.raises(type(why)):
        if is_alone:
            nights.run_alone("ingest", night, Silent())
            nights.run_alone("services", night, Silent())
        else:
            nights.run_night(night, Silent())
    (row,) = runs(str(tmp_path))
    assert (row.status, row.reason, row.run_id) == ("failed", said, "run1")


def test_whose_lake_was_taken_over_writes_nothing_in_it(tmp_path: Path) -> None:
    night = Night(Lake(str(tmp_path), None), SPRING, Settings(), parse_as_of("2026-05-01T00:00:00Z", SPRING))  # type: ignore[arg-type]
    night.record["ingest"] = COUNTED
    nights._failed(night, "links", LakeError("lake", "taken", "ours", "Run it again."))
    assert runs(str(tmp_path)) == []
