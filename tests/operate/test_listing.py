"""Which run `abuse gates` means when none is named."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from abuse.lake.publication import REFRESHED, append, runs
from abuse.operate.listing import latest_run
from abuse.tables import Runs
from tests.lake.test_publication import publish


def test_a_word_brought_up_to_date_is_no_run_that_gates_were_asked_about(tmp_path: Path) -> None:
    publish(str(tmp_path), {}, run_id="night")
    (night,) = runs(str(tmp_path))
    later = {"finished_at": night.finished_at + timedelta(minutes=1), "reason": f"{REFRESHED} night"}
    append(str(tmp_path), Runs, [asdict(night) | {"versions": "{}", "report": "{}", "run_id": "fresh"} | later])
    assert latest_run(str(tmp_path)) == "night"
