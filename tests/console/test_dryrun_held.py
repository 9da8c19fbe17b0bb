"""Other numbers on a held run: what it decided lies in its working tables, and no page takes it for what is public."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from abuse.lake.storage import record_folder, write_json
from abuse.tables import Decisions, Features
from tests.console.conftest import Served
from tests.console.lakes import FARM, MADE_OF, MEMBERS, REPORT, Rows, public_rows, publish, work_rows
from tests.console.test_dryrun import PAIR, RUN, with_a_pair
from tests.console.test_pages import ON, scanned, text_of
from tests.lake.test_publication import NIGHT
from tests.review.made_up import says

HELD, NEXT = "held1", NIGHT + timedelta(days=1)
DRY = f"{ON}/dry-run?run={HELD}"
GATE = {"gate": "flagged_share", "stage": "outputs", "passed": False, "value": 0.99, "limit": 0.9, "message": "99%"}


def made(public: Rows | None = None) -> Rows:
    """What a run that came as far as verdicts leaves in work."""
    public, work = with_a_pair(public or public_rows(), work_rows())
    return public | work


def hold(lake: Path, rows: Rows | None = None, **more: Any) -> None:
    usual: dict[str, Any] = {"run_id": HELD, "as_of": NEXT, "minutes": 1, "report": REPORT | {"gates": [GATE]}}
    publish(lake, {}, made() if rows is None else rows, status="held", reason="flagged_share", **usual | more)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A published night in which all are clear, and one after it that is held: nine are out."""
    publish(tmp_path / "lake", public_rows("clear"))
    hold(tmp_path / "lake")
    return tmp_path / "lake"


def refused(client: TestClient, status: int, run: str = HELD) -> str:
    """What is told, by the page and by the API."""
    for path in (f"{ON}/dry-run?run={run}", f"{RUN}?run={run}"):
        answer = client.get(path)
        assert answer.status_code == status, (path, answer.text)
    return text_of(client.get(f"{ON}/dry-run?run={run}").text)


def test_a_held_run_leads_to_its_own_numbers_and_they_give_its_own_verdicts(served: Served, lake: Path) -> None:
    client = served(lake)
    page = client.get(f"{ON}/runs/{HELD}").text
    (to,) = re.findall(r'href="([^"]+)">Try other numbers on it', page)
    assert to == DRY
    page = text_of(client.get(to).text)
    assert "That run is held: what stands here is what it decided" in page
    assert "they give exactly the verdicts that it came to" in page
    found = client.get(RUN, params={"run": HELD}).json()
    assert (found["run_id"], found["as_of"]) == (HELD, "2026-04-02T00:00:00Z")
    assert found["before"] == found["after"] == {"disqualified": 9, "review": 1, "clear": 3, "not_analysed": 1}
    assert found["moves"] == []


def test_other_numbers_move_whom_the_held_run_decided_on(served: Served, lake: Path) -> None:
    client = served(lake)
    found = client.get(RUN, params={"run": HELD, "min_cluster_size": 2}).json()
    assert found["moves"] == [{"before": "clear", "after": "disqualified", "num": 2, "reward": 10.0}]
    assert [row["account"] for row in found["accounts"]] == PAIR
    page = client.get(f"{DRY}&min_score_lower=0.9").text
    assert "The lower bound of the score, 0.8642, is too low: 0.9 is asked." in page
    assert "min_score_lower = 0.9" in page
    assert "As decided" in page
    assert "As published" not in page
    assert '<input type="hidden" name="run" value="held1">' in page, "to try once more is to try it on the same run"
    links = [one for one in re.findall(r'href="([^"]+)"', page) if "/dry-run?" in one]
    assert links
    assert all(f"run={HELD}" in one for one in links), "the next page too"
    assert f"clusters/{FARM}" not in page, "its clusters have no page: what is shown there is another night's"
    assert f"accounts/{MEMBERS[0]}" not in page


def test_what_people_say_now_stands_over_it(served: Served, lake: Path) -> None:
    says(str(lake), "confirm", MEMBERS[0])
    says(str(lake), "exempt", MEMBERS[1])
    found = served(lake).get(RUN, params={"run": HELD, "min_score_review": 0.95}).json()
    assert (found["before"]["exempt"], found["after"]["exempt"], found["after"]["disqualified"]) == (1, 1, 1)
    assert found["num_kept"] == 2


def test_nothing_of_it_is_taken_for_what_is_public(served: Served, lake: Path) -> None:
    client = served(lake)
    before = client.get(f"/api/v1{ON}/accounts/{MEMBERS[0]}").json()
    assert client.get(DRY).status_code == 200
    for path in (f"/api/v1{ON}/accounts/{MEMBERS[0]}", f"/api/v1{ON}/decisions", f"/api/v1{ON}/clusters"):
        assert client.get(path).json()["run_id"] == "run1", path
    assert client.get(f"/api/v1{ON}/accounts/{MEMBERS[0]}").json() == before
    assert client.get(f"/api/v1{ON}").json()["run_id"] == "run1"
    assert client.get("/readyz").json()["behind"] == []


def test_the_first_night_of_a_campaign_may_be_the_held_one(served: Served, tmp_path: Path) -> None:
    hold(tmp_path / "lake")
    client = served(tmp_path / "lake")
    assert client.get(f"{DRY}&min_cluster_size=2").status_code == 200
    assert client.get(f"{ON}/dry-run").status_code == 404
    assert client.get(f"{ON}/queue").status_code == 404


def test_a_run_that_has_not_decided_or_is_not_held_is_told_apart(served: Served, lake: Path) -> None:
    early = REPORT | {"seconds": {"ingest": 3.2, "clusters": 9.0}}
    publish(lake, {}, run_id="early", status="held", minutes=5, as_of=NEXT + timedelta(days=1), report=early)
    client = served(lake)
    assert "it was held before it decided anything" in refused(client, 404, "early")
    assert "Try other numbers" not in client.get(f"{ON}/runs/early").text
    assert "it is published" in refused(client, 404, "run1")
    assert "Try other numbers" not in client.get(f"{ON}/runs/run1").text
    assert "no attempt at it" in refused(client, 404, "nobody")
    publish(lake, as_of=NEXT, run_id=HELD, attempt=2, minutes=9)
    assert "it is published" in refused(served(lake), 404)
    assert served(lake).get(f"{ON}/dry-run?as_of={NEXT:%Y-%m-%dT%H:%M:%SZ}").status_code == 200


def test_what_another_run_took_the_place_of_is_not_guessed(served: Served, lake: Path) -> None:
    hold(lake, run_id="held2", minutes=3)
    client = served(lake)
    assert "its verdicts are kept no more" in refused(client, 409)
    assert client.get(f"{RUN}?run=held2").json()["run_id"] == "held2"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("half replaced", "of 12 accounts the figures behind the verdict are kept no more"),
        ("begun anew", "does not say under which policy it was made"),
        ("another rule", "of 1 account the rule as it is here gives another verdict than the run came to"),
    ],
)
def test_a_held_run_that_cannot_be_made_again_gives_no_answer(
    served: Served, tmp_path: Path, broken: str, said: str
) -> None:
    rows = made()
    if broken == "another rule":
        rows[Decisions][0] |= {"machine_verdict": "review"}
    hold(tmp_path / "lake", rows | {Features: []} if broken == "half replaced" else rows)
    if broken == "begun anew":
        where = f"{record_folder(str(tmp_path / 'lake'), 'drop', NEXT)}/ingest.json"
        write_json(where, MADE_OF | {"run_id": "held2"})
    assert said in refused(served(tmp_path / "lake"), 409)


def test_a_held_run_that_ran_again_is_read_again(served: Served, lake: Path) -> None:
    hold(lake, run_id="held2", minutes=3)
    assert "its verdicts are kept no more" in refused(served(lake), 409)
    hold(lake, attempt=2, minutes=5)
    assert served(lake).get(f"{RUN}?run={HELD}").json()["before"]["disqualified"] == 9


def test_what_attackers_write_into_a_held_night_does_nothing(served: Served, tmp_path: Path) -> None:
    evil, rows = "<script>alert(1)</script>", made()
    for of in rows.values():
        for row in of:
            if row.get("account") == PAIR[0]:
                row["account"] = evil
    hold(tmp_path / "lake", rows)
    text = served(tmp_path / "lake").get(f"{DRY}&min_cluster_size=2").text
    assert scanned(text).inline == []
    assert "&lt;script&gt;" in text
    for run in (evil, "x" * 65, "a/b"):
        answer = served(tmp_path / "lake").get(f"{ON}/dry-run", params={"run": run})
        assert answer.status_code == 400
