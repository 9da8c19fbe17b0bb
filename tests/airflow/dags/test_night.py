"""The DAGs' own logic, on Airflow's scheduling: what goes on, what stops, and what a person is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from farm import steps
from tests.airflow.dags import stand_ins
from tests.airflow.receiver import Receiver

CAMPAIGNS = ("broken", "good", "held-clusters", "held-inputs", "late-hold", "taken", "torn")
STEPS = list(steps.STEPS)
RUNS = [
    ("farm_nightly", "2026-04-08T00:00:00Z", {}),
    ("farm_nightly", "2026-09-01T00:00:00Z", {}),  # after every campaign
    ("farm_backfill", "2026-11-01T00:00:00Z", {"campaign": "good", "first": "2026-03-31", "last": "2026-04-01"}),
    ("farm_backfill", "2026-11-02T00:00:00Z", {"campaign": "autumn"}),
    ("farm_train", "2026-04-08T00:00:00Z", {}),
]


@dataclass
class Conducted:
    """What became of one run."""

    state: str
    tasks: list[dict[str, Any]]
    submitted: list[list[str]]
    """campaign, step and as_of of each job, in order, of all runs"""
    messages: list[dict[str, Any]]

    def of(self, campaign: str) -> dict[str, str]:
        """State of each task of a campaign's night."""
        return {t["task"]: t["state"] for t in self.tasks if t["map"] == CAMPAIGNS.index(campaign)}


def variables(folder: Path, hook: Receiver) -> dict[str, str]:
    """A deployment of its own, with stand-ins for Spark and the command line."""
    (folder / "campaigns").mkdir()
    for name in CAMPAIGNS:
        text = f'id = "{name}"\nstarts_at = 2026-03-01T00:00:00Z\nends_at = 2026-03-31T00:00:00Z\n'
        (folder / "campaigns" / f"{name}.toml").write_text(text)
    abuse, submit = stand_ins.write(folder)
    (folder / "farm.toml").write_text(
        f'lake = "/lake"\ncampaigns = "{folder}/campaigns"\nabuse = "{abuse}"\nretries = 0\n'
        f'[spark]\nbinary = "{submit}"\njobs = "/jobs"\n'
    )
    return os.environ | {
        "AIRFLOW_HOME": str(folder / "home"),
        "FARM_CONFIG": str(folder / "farm.toml"),
        "AIRFLOW_CONN_SPARK_DEFAULT": '{"conn_type": "spark", "host": "local"}',
        "AIRFLOW_CONN_FARM_WEBHOOK": json.dumps({"conn_type": "http", "host": hook.url}),
    }


@pytest.fixture(scope="module")
def conducted(tmp_path_factory: pytest.TempPathFactory) -> list[Conducted]:
    folder = tmp_path_factory.mktemp("dags")
    airflow = str(Path(sys.executable).parent / "airflow")
    with Receiver() as hook:
        ours = variables(folder, hook)
        for command in ([airflow, "db", "migrate"], [airflow, "pools", "set", "farm_lake", "1", "one writer"]):
            subprocess.run(command, env=ours, capture_output=True, check=True)
        command = [sys.executable, str(Path(__file__).parent / "conduct.py"), json.dumps(RUNS)]
        done = subprocess.run(command, env=ours, capture_output=True, text=True, check=False)
    assert "CONDUCTED" in done.stdout, done.stdout[-3000:] + done.stderr[-3000:]
    submitted = [line.split() for line in (folder / "submitted.txt").read_text().splitlines()]
    answers = json.loads(done.stdout.split("CONDUCTED ")[1].splitlines()[0])
    return [Conducted(a["state"], a["tasks"], submitted, hook.messages) for a in answers]


@pytest.fixture
def night(conducted: list[Conducted]) -> Conducted:
    return conducted[0]


def test_a_good_campaign_goes_through_every_step_in_order(night: Conducted) -> None:
    assert set(night.of("good").values()) == {"success"}
    assert [step for name, step, at in night.submitted if name == "good" and at == "2026-04-08T00:00:00Z"] == STEPS


def test_what_is_published_is_named_with_the_word_of_people_that_came_while_it_ran(night: Conducted) -> None:
    """Who pays by the event would miss a reversal otherwise."""
    (answer,) = [t["answer"] for t in night.tasks if (t["task"], t["map"]) == ("published", CAMPAIGNS.index("good"))]
    assert answer["run_id"] == "run-with-their-word"
    assert set(answer["versions"].values()) == {5}


@pytest.mark.parametrize(("stage", "after"), [("inputs", "ingest"), ("clusters", "clusters")])
def test_a_held_campaign_skips_its_later_steps_and_is_told_once(night: Conducted, stage: str, after: str) -> None:
    states = night.of(f"held-{stage}")
    done = STEPS[: STEPS.index(after) + 1]
    assert all(states[step] == "success" for step in done)
    assert states[f"gate_{stage}"] == "skipped", "skipped, neither failed nor retried"
    assert all(states[step] == "skipped" for step in STEPS[len(done) :])
    assert states["published"] == "skipped"
    (message,) = [m for m in night.messages if m.get("campaign_id") == f"held-{stage}"]
    assert (message["event"], message["stage"], message["run_id"]) == ("held", stage, f"run-held-{stage}")
    assert "a share of 40%" in message["text"]
    assert message["release"].startswith(f"abuse release run-held-{stage} --lake /lake")


def test_a_step_that_fails_stops_its_own_campaign_and_is_told_with_its_own_words(night: Conducted) -> None:
    states = night.of("broken")
    assert (states["trails"], states["links"], states["published"]) == ("failed", "upstream_failed", "upstream_failed")
    assert night.state == "failed", "a red task makes a red run"
    (message,) = [m for m in night.messages if m.get("task_id") == "night.trails"]
    assert message["text"].endswith(": abuse: no such file transfers.csv; a file was wanted; mend path")


def test_a_hold_found_by_publish_itself_is_a_hold(night: Conducted) -> None:
    assert night.of("late-hold")["publish"] == "success"
    assert night.of("late-hold")["published"] == "skipped"
    assert [m["event"] for m in night.messages if m.get("campaign_id") == "late-hold"] == ["held"]


def test_a_slice_that_another_writer_took_is_red_and_not_published(night: Conducted) -> None:
    states = night.of("taken")
    assert (states["gate_inputs"], states["gate_clusters"], states["publish"]) == (
        "success",
        "failed",
        "upstream_failed",
    )
    (message,) = [m for m in night.messages if m.get("map_index") == CAMPAIGNS.index("taken")]
    assert "another writer took the slice: clear ingest" in message["text"]


def test_all_published_is_green_pink_or_red_without_opening_the_group(conducted: list[Conducted]) -> None:
    found = [[t["state"] for t in run.tasks if t["task"] == "all_published"] for run in conducted[:3]]
    assert found == [["upstream_failed"], ["skipped"], ["success"]]


def test_a_publication_that_is_not_there_is_red(night: Conducted) -> None:
    assert night.of("torn")["published"] == "failed"
    (message,) = [m for m in night.messages if m.get("map_index") == CAMPAIGNS.index("torn")]
    assert "run-torn is failed" in message["text"]


def test_the_grid_names_campaign_and_date_and_says_held(night: Conducted) -> None:
    shown = {(t["task"], t["map"]): t["shown"] for t in night.tasks}
    good, held = CAMPAIGNS.index("good"), CAMPAIGNS.index("held-inputs")
    assert shown["ingest", good] == shown["gate_inputs", good] == shown["published", good] == "good 2026-04-08"
    assert shown["gate_inputs", held] == "held-inputs 2026-04-08 HELD"


def test_a_backfill_of_dates_judges_both_ends_of_one_campaign(conducted: list[Conducted]) -> None:
    assert conducted[2].state == "success"
    ingested = sorted((name, at) for name, step, at in night_after(conducted) if step == "ingest")
    assert ingested == [("good", "2026-03-31T00:00:00Z"), ("good", "2026-04-01T00:00:00Z")]


def night_after(conducted: list[Conducted]) -> list[list[str]]:
    """What was submitted for other dates than the night's."""
    return [job for job in conducted[0].submitted if job[2] != "2026-04-08T00:00:00Z"]


def test_a_backfill_of_an_unknown_campaign_names_those_there_are(conducted: list[Conducted]) -> None:
    assert conducted[3].state == "failed"
    (message,) = [m for m in conducted[3].messages if m.get("dag_id") == "farm_backfill"]
    assert "no campaign 'autumn' in" in message["text"]
    assert "there are broken, good" in message["text"]


def test_a_night_without_a_live_campaign_is_green_and_does_nothing(conducted: list[Conducted]) -> None:
    assert conducted[1].state == "success"
    assert {t["state"] for t in conducted[1].tasks} == {"success", "skipped"}


def test_training_skips_where_the_installed_project_has_no_trainer(conducted: list[Conducted]) -> None:
    assert [t["state"] for t in conducted[4].tasks] == ["skipped"] * 3
