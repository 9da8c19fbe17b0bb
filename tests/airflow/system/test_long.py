"""What takes minutes more: a task killed in the middle, a backfill by dates, a release, a night that is late.

On the campaign of 27 accounts. `poe test-airflow --full`.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from abuse.lake.publication import current, publications, runs
from tests.airflow.system.conftest import World, abuse, night, world
from tests.night import tiny
from tests.night.lakes import own_rows, public_rows, versions

pytestmark = pytest.mark.long
DATES = ("2026-04-28", "2026-04-29", "2026-04-30")


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("tiny")
    tiny.write(folder / "campaigns")
    with world(folder, retries=0) as made:
        made.api.unpause("farm_nightly")
        made.api.unpause("farm_backfill")
        yield made


def midnight(date: str) -> str:
    return f"{date}T00:00:00Z"


def spark_of(lake: Path, step: str) -> list[psutil.Process]:
    """The processes of a step's spark-submit: the JVM and its Python."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if str(lake) in words and any(word.endswith(f"jobs/{step}.py") for word in words):
            found.append(process)
    return found


@pytest.fixture(scope="module")
def killed(deployed: World) -> str:
    """A night whose `links` was killed by SIGKILL in the middle, JVM and Python; its run id."""
    run_id = deployed.api.trigger("farm_nightly", tiny.AS_OF)
    deployed.api.wait_for_task("farm_nightly", run_id, "night.links", "running", 600)
    written = deployed.lake / "work" / "links"
    while not (processes := spark_of(deployed.lake, "links")) or not written.exists():
        time.sleep(0.05)
    for process in processes:
        os.kill(process.pid, signal.SIGKILL)
    assert deployed.api.wait("farm_nightly", run_id, 300) == "failed"
    return run_id


def test_a_task_killed_midway_is_red_and_told(deployed: World, killed: str) -> None:
    states = deployed.api.states("farm_nightly", killed)
    assert (states["night.links"], states["night.clusters"]) == ("failed", "upstream_failed")
    assert [m["task_id"] for m in deployed.hook.messages if m["event"] == "failed"] == ["night.links"]
    assert runs(str(deployed.lake)) == [], "nothing was published"


def test_cleared_and_run_again_it_gives_the_same_tables(deployed: World, killed: str) -> None:
    deployed.api.clear("farm_nightly", killed, ["night.links"])
    assert deployed.api.wait("farm_nightly", killed, 900) == "success", deployed.api.states("farm_nightly", killed)
    other = night(deployed.campaigns / "campaign.toml", tiny.AS_OF, deployed.folder / "other", deployed.folder)
    assert public_rows(deployed.lake) == public_rows(other)


@pytest.fixture(scope="module")
def backfilled(deployed: World, killed: str) -> dict[str, int]:
    """Three past days by Airflow's own command; the versions of the public tables before it."""
    before = versions(deployed.lake)
    dates = ("--from-date", DATES[0], "--to-date", DATES[-1])
    deployed.airflow.run("backfill", "create", "--dag-id", "farm_nightly", *dates)
    until = time.monotonic() + 2400
    while time.monotonic() < until:
        ours = [r for r in deployed.api.runs("farm_nightly") if r["run_type"] == "backfill"]
        if len(ours) >= len(DATES) and {r["state"] for r in ours} <= {"success", "failed"}:
            break
        time.sleep(2)
    assert {r["state"] for r in ours} == {"success"}
    return before


def test_a_backfill_of_three_days_is_three_slices_the_last_day_included(
    deployed: World, backfilled: dict[str, int]
) -> None:
    ours = [r for r in deployed.api.runs("farm_nightly") if r["run_type"] == "backfill"]
    assert len(ours) == len(DATES)
    found = {p.run.as_of.strftime("%Y-%m-%dT%H:%M:%SZ") for p in publications(str(deployed.lake), "tiny")}
    assert found == {tiny.AS_OF, *map(midnight, DATES)}


def test_the_newer_slice_stays_as_it_was(deployed: World, backfilled: dict[str, int], tmp_path: Path) -> None:
    newer = {n: [r for r in rows if "2026, 5, 1" in r] for n, rows in own_rows(deployed.lake).items()}
    assert newer == own_rows(deployed.folder / "other"), "but for what it says of the night before"
    assert current(str(deployed.lake), "tiny").run.as_of.month == 5, "still the current one"


def test_a_past_day_is_what_abuse_night_says_of_it(deployed: World, backfilled: dict[str, int]) -> None:
    other = night(deployed.campaigns / "campaign.toml", midnight(DATES[-1]), deployed.folder / "past", deployed.folder)
    ours = {n: [r for r in rows if "2026, 4, 30" in r] for n, rows in own_rows(deployed.lake).items()}
    assert ours == own_rows(other)


def test_a_guard_rail_before_publish_holds_and_a_release_publishes(deployed: World, backfilled: dict[str, int]) -> None:
    file = deployed.campaigns / "campaign.toml"
    file.write_text(file.read_text().replace("max_flagged_share = 0.8", "max_flagged_share = 0.1"))
    before, since = versions(deployed.lake), len(deployed.hook.messages)
    run_id, state = deployed.run(
        "farm_backfill", "2026-11-01T00:00:00Z", campaign="tiny", first="2026-05-02", last="2026-05-02"
    )
    assert state == "success"
    states = deployed.api.states("farm_backfill", run_id)
    assert (states["night.decide"], states["night.gate_outputs"], states["night.publish"]) == (
        "success",
        "skipped",
        "skipped",
    )
    assert versions(deployed.lake) == before
    (message,) = deployed.hook.messages[since:]
    assert (message["event"], message["stage"]) == ("held", "outputs")
    assert "the campaign's band" in message["text"]
    abuse("release", message["run_id"], "--lake", str(deployed.lake), "--reason", "looked at, right")
    assert current(str(deployed.lake), "tiny").run.as_of.isoformat() == "2026-05-02T00:00:00+00:00"
    deployed.api.clear("farm_backfill", run_id, ["night.gate_outputs"])
    assert deployed.api.wait("farm_backfill", run_id, 600) == "success"
    assert set(deployed.api.states("farm_backfill", run_id).values()) == {"success"}, "after a release the gate is open"


def test_upkeep_runs_and_every_publication_is_still_read(deployed: World, backfilled: dict[str, int]) -> None:
    deployed.api.unpause("farm_maintain")
    _, state = deployed.run("farm_maintain", "2026-11-01T00:00:00Z", 300)
    assert state == "success"
    assert len(publications(str(deployed.lake), "tiny")) >= len(DATES) + 1


def test_a_night_that_is_late_is_told(tmp_path: Path) -> None:
    (tmp_path / "campaigns").mkdir()
    with world(tmp_path, schedule="* * * * *", settle_hours=30, alarm_hours=0) as made:
        made.api.unpause("farm_nightly")
        until = time.monotonic() + 240
        while time.monotonic() < until and not made.hook.messages:
            time.sleep(1)
        assert made.hook.messages, "no alarm"
        assert made.hook.messages[0]["event"] == "late"
        assert made.hook.messages[0]["text"].startswith("farm_nightly is not done yet: run scheduled__")
