"""Real scheduler, real Spark, the campaign of 27 accounts: one green night, then one that a guard rail holds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from abuse.lake.publication import current, runs
from tests.airflow.system.conftest import CLOUD_SECRET, WEBHOOK_TOKEN, World, abuse, night, world
from tests.night import tiny
from tests.night.lakes import public_rows, versions

AS_OF, NEXT = tiny.AS_OF, "2026-05-02T00:00:00Z"
CAMPAIGN = "tiny"
MUST_BE_GREEN = 18
"""alarm, window, settled, slices, nine steps, three gates, published, all_published"""


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """`other` is the lake that `abuse night` made of the same campaign."""
    folder = tmp_path_factory.mktemp("deployed")
    tiny.write(folder / "campaigns")
    with ThreadPoolExecutor() as beside:  # while Airflow starts
        other = beside.submit(night, folder / "campaigns" / "campaign.toml", AS_OF, folder / "other", folder)
        with world(folder, retries=1) as made:
            other.result()
            made.api.unpause("farm_nightly")
            yield made


@pytest.fixture(scope="module")
def green(deployed: World) -> str:
    run_id, state = deployed.run("farm_nightly", AS_OF)
    assert state == "success", deployed.api.states("farm_nightly", run_id)
    return run_id


def test_every_task_is_green(deployed: World, green: str) -> None:
    states = deployed.api.states("farm_nightly", green)
    assert set(states.values()) == {"success"}
    assert len(states) == MUST_BE_GREEN
    tries = {t["task_id"]: t["try_number"] for t in deployed.api.tasks("farm_nightly", green)}
    assert set(tries.values()) == {1}, "none needed a second try"


def test_the_tables_are_those_of_one_abuse_night(deployed: World, green: str) -> None:
    ours, wanted = public_rows(deployed.lake), public_rows(deployed.folder / "other")
    assert set(ours) == set(wanted)
    assert len(ours["decisions"]) == tiny.FARM + tiny.STAFF + tiny.HONEST + 2
    for name, rows in wanted.items():
        assert ours[name] == rows, f"{name} differs"


def test_the_assets_say_which_versions_to_read(deployed: World, green: str) -> None:
    events = deployed.api.get("/assets/events?limit=100")["asset_events"]
    extras = {e["extra"]["table"]: e["extra"] for e in events}
    published = current(str(deployed.lake), CAMPAIGN).run
    assert {name: extra["version"] for name, extra in extras.items()} == published.versions
    assert {(e["run_id"], e["campaign_id"], e["as_of"]) for e in extras.values()} == {
        (published.run_id, CAMPAIGN, AS_OF)
    }


def test_a_task_can_be_cleared_and_runs_again(deployed: World, green: str) -> None:
    deployed.api.clear("farm_nightly", green, ["all_published"])
    assert deployed.api.wait("farm_nightly", green, 120) == "success"
    tries = {t["task_id"]: t["try_number"] for t in deployed.api.tasks("farm_nightly", green)}
    assert (tries["all_published"], tries["night.publish"]) == (2, 1)


@pytest.fixture(scope="module")
def held(deployed: World, green: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, int]]:
    """The next night, with a label list whose export went wrong; and the versions of the public tables before it."""
    before = versions(deployed.lake)
    labels = deployed.campaigns / "labels.csv"
    kept = tmp_path_factory.mktemp("kept") / "labels.csv"
    shutil.copy(labels, kept)
    lines = labels.read_text().splitlines()
    labels.write_text("\n".join([lines[0], *(f"broken{line}" for line in lines[1:])]) + "\n")
    run_id, state = deployed.run("farm_nightly", NEXT)
    shutil.copy(kept, labels)
    assert state == "success", "a hold is no crash"
    return run_id, before


def test_a_guard_rail_holds_the_night_and_the_last_good_table_is_served(
    deployed: World, held: tuple[str, dict[str, int]]
) -> None:
    before = held[1]
    assert versions(deployed.lake) == before, "no public table changed"
    assert current(str(deployed.lake), CAMPAIGN).run.as_of.isoformat() == "2026-05-01T00:00:00+00:00"
    latest = runs(str(deployed.lake))[0]
    assert (latest.status, latest.as_of.isoformat()) == ("held", "2026-05-02T00:00:00+00:00")
    assert abuse("gates", "--lake", str(deployed.lake), "--run", latest.run_id, check=False).returncode == 3


def test_the_dag_shows_the_hold(deployed: World, held: tuple[str, dict[str, int]]) -> None:
    tasks = {t["task_id"]: t for t in deployed.api.tasks("farm_nightly", held[0])}
    gate = tasks["night.gate_inputs"]
    assert (gate["state"], gate["rendered_map_index"]) == ("skipped", f"{CAMPAIGN} 2026-05-02 HELD")
    assert gate["try_number"] == 1, "not retried, though it could be"
    assert tasks["night.ingest"]["state"] == "success"
    assert tasks["night.publish"]["state"] == "skipped"
    assert tasks["all_published"]["state"] == "skipped", "seen without opening the group"


def test_the_webhook_got_it(deployed: World, held: tuple[str, dict[str, int]]) -> None:
    (message,) = deployed.hook.messages
    assert (message["event"], message["stage"], message["campaign_id"]) == ("held", "inputs", CAMPAIGN)
    assert "of labels in quarantine" in message["text"]
    assert message["run_id"] == runs(str(deployed.lake))[0].run_id
    assert deployed.hook.tokens == [f"Bearer {WEBHOOK_TOKEN}"]


def test_no_secret_is_in_a_log_or_a_rendered_template(deployed: World, held: tuple[str, dict[str, int]]) -> None:
    home: Path = deployed.folder / "home"
    logs = [file for file in home.rglob("*") if file.is_file() and file.suffix in {".log", ".cfg", ".json"}]
    assert len(logs) > MUST_BE_GREEN, "a log for each task"
    for file in logs:
        text = file.read_text(errors="replace")
        assert WEBHOOK_TOKEN not in text, file
        assert CLOUD_SECRET not in text, file
    shown = str([deployed.api.tasks("farm_nightly", run["dag_run_id"]) for run in deployed.api.runs("farm_nightly")])
    assert "--lake" in shown, "rendered templates are in it"
    assert WEBHOOK_TOKEN not in shown
    assert CLOUD_SECRET not in shown


def test_it_listens_on_loopback_alone(deployed: World) -> None:
    parents = [psutil.Process(one.pid) for one in deployed.airflow.processes.values()]
    ours = {process.pid for parent in parents for process in (parent, *parent.children(recursive=True))}
    listening = [c for c in psutil.net_connections("inet") if c.pid in ours and c.status == psutil.CONN_LISTEN]
    assert listening, "the web server at least"
    assert {str(c.laddr.ip) for c in listening if c.laddr} <= {"127.0.0.1", "::1"}
