"""Which run `abuse gates` means when none is named."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from abuse.cli import main
from abuse.lake.publication import REFRESHED
from tests.console.lakes import publish


def test_a_word_brought_up_to_date_is_no_run_that_gates_were_asked_about(tmp_path: Path) -> None:
    publish(tmp_path)
    publish(tmp_path, run_id="run2", minutes=1, reason=f"{REFRESHED} run1", report={"gates": []})
    done = CliRunner().invoke(main, ["gates", "--lake", str(tmp_path), "--json"])
    assert done.exit_code == 0, done.output
    assert {row["run_id"] for row in json.loads(done.stdout)} == {"run1"}
