"""A whole night in S3, from a campaign file and sources there to the hand-over: by the commands, in one process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from abuse.cli import main
from abuse.lake.publication import current, runs
from abuse.lake.storage import read_json, storage_of
from abuse.operate.night_page.kept import made_again
from abuse.tables import Decisions
from tests.conftest import SMALL
from tests.night import tiny
from tests.s3.conftest import SECRET, environment, new_bucket
from tests.s3.copied import paths, uploaded

NIGHTS_S = 900
SETTINGS = f"""
[spark]
shuffle_partitions = 2
driver_memory = "1g"
conf = {{ {", ".join(f"{json.dumps(key)} = {json.dumps(value)}" for key, value in SMALL.items())} }}

[clusters]
engine = "driver"
"""


@pytest.fixture(scope="module")
def bucket(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """With inputs in /in and a lake in /lake: after one night, whose run was then made again from the facts there."""
    folder = tmp_path_factory.mktemp("s3")
    tiny.write(folder / "in")
    (folder / "settings.toml").write_text(SETTINGS)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(endpoint).items():
            patch.setenv(name, value)
        at = new_bucket()
        uploaded(folder / "in", f"{at}/in")
        command = [sys.executable, "-m", "tests.s3.nights", at, str(folder / "settings.toml")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=NIGHTS_S, env=os.environ)
        num_runs = len(runs(f"{at}/lake"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert num_runs == 1, "to make a run again publishes nothing"
    return at


def said(*words: str) -> str:
    done = CliRunner().invoke(main, list(words))
    assert done.exit_code == 0, done.output
    return done.stdout


def test_everyone_gets_the_verdict_they_should(bucket: str) -> None:
    rows = current(f"{bucket}/lake", "tiny").read(Decisions).to_pylist()
    found = {row["account"]: row["verdict"] for row in rows}
    assert {found[a] for a in tiny.farm()} == {"disqualified"}
    assert {found[a] for a in (*tiny.staff(), *tiny.honest())} == {"clear"}
    assert (found[tiny.STRAGGLER], found[tiny.UNKNOWN]) == ("review", "not_analysed")


def test_report_and_records_lie_in_the_lake_and_no_lock_and_no_spill_is_left(bucket: str) -> None:
    found = paths(f"{bucket}/lake")
    run = runs(f"{bucket}/lake")[0]
    folder = "reports/tiny/20260501T000000Z"
    page, report = sorted(path for path in found if path.startswith("reports/"))
    assert (page, report) == (f"{folder}/{run.run_id}.html", f"{folder}/run_report.json")
    assert (read_json(f"{bucket}/lake/{report}") or {})["run_id"] == run.run_id
    assert storage_of(bucket).read(f"{bucket}/lake/{page}") == made_again(f"{bucket}/lake", run.run_id)[1]
    assert "work/records/tiny/20260501T000000.000000Z/publish.json" in found
    assert not [path for path in found if "_lock" in path or "spill" in path or "_temporary" in path]


def test_no_secret_is_anywhere_in_the_lake(bucket: str) -> None:
    storage = storage_of(bucket)
    for path in paths(f"{bucket}/lake"):
        content = storage.read(f"{bucket}/lake/{path}") or b""
        assert SECRET.encode() not in content, path
        assert b"AKIATEST" not in content, path


def test_why_runs_and_gates_read_it(bucket: str) -> None:
    lake = f"{bucket}/lake"
    assert "disqualified" in said("why", tiny.farm()[0], "--campaign", "tiny", "--lake", lake)
    assert json.loads(said("runs", "--lake", lake, "--json"))[0]["run_id"] == runs(lake)[0].run_id
    assert "passed" in said("gates", "--lake", lake)
    assert "published" in said("runs", "--lake", lake.replace("s3a:", "s3:")), "s3:// means the same"


def test_validations_are_found_where_the_records_lie(bucket: str, tmp_path: Path) -> None:
    assert str(tmp_path / "docs") in said("gates", "--lake", f"{bucket}/lake", "--docs", str(tmp_path / "docs"))


def test_backfill_knows_the_night_that_is_done(bucket: str, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(SETTINGS)
    words = ["--campaign", f"{bucket}/in/campaign.toml", "--from", "2026-05-01", "--lake", f"{bucket}/lake"]
    words += ["--settings", str(tmp_path / "settings.toml")]
    (one,) = json.loads(said("backfill", *words, "--dry-run", "--json"))
    assert (one["campaign_id"], one["state"]) == ("tiny", "done")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_hand_over_is_the_same_bytes_in_s3_and_on_a_disk(bucket: str, tmp_path: Path, kind: str) -> None:
    words = ["export", "--campaign", "tiny", "--lake", f"{bucket}/lake", "--format", kind, "--out"]
    there = f"{bucket.replace('s3a:', 's3:')}/out-{kind}"
    assert f"{tiny.FARM} accounts of tiny" in said(*words, there)
    said(*words, str(tmp_path / "out"))
    here = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert here == {
        name: storage_of(bucket).read(f"{bucket}/out-{kind}/{name}") for name in paths(f"{bucket}/out-{kind}")
    }
    assert "as written" in said("export", "--check", there)
