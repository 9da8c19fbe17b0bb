"""What machines read: whole, paged without loss, and described."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.console.conftest import Served
from tests.console.lakes import FARM, MEMBERS, STRANGERS, publish, tx
from tests.lake.test_publication import NIGHT

V1 = "/api/v1/campaigns"
ON = f"{V1}/drop"


def test_campaigns_with_their_current_publication(served: Served, lake: Path) -> None:
    client = served(lake)
    found = client.get(V1).json()
    assert client.get(ON).json() == found[0]
    assert found[0]["id"] == "drop"
    assert found[0]["as_of"] == "2026-04-02T00:00:00Z"
    assert found[0]["verdicts"]["disqualified"] == 9
    assert (found[0]["num_nights"], found[0]["latest_status"]) == (2, "published")


def test_runs_with_gates_and_versions(served: Served, lake: Path) -> None:
    client = served(lake)
    assert [run["run_id"] for run in client.get(f"{ON}/runs").json()] == ["run1", "run0"]
    assert [run["run_id"] for run in client.get(f"{ON}/runs?limit=1&offset=1").json()] == ["run0"]
    run = client.get(f"{ON}/runs/run1").json()
    assert run["versions"]["decisions"] == 2
    assert run["gates"][0]["gate"] == "flagged_share"
    assert run["step_seconds"]["ingest"] == 3.2


def test_pages_of_decisions_hold_every_account_once(served: Served, lake: Path) -> None:
    client = served(lake)
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        page = client.get(f"{ON}/decisions", params={"limit": 5, "after": after}).json()
        assert page["run_id"] == "run1"
        found += [row["account"] for row in page["decisions"]]
        after = page["next_after"]
    assert found == sorted([*MEMBERS, *STRANGERS])


@pytest.mark.parametrize(
    ("asked", "num"),
    [
        ("verdict=disqualified", 9),
        ("verdict=disqualified&as_of=2026-04-01T00:00:00Z", 0),
        ("verdict=clear&as_of=2026-04-01T00:00:00%2B00:00", 10),
        (f"cluster_id={FARM}", 10),
        (f"cluster_id={FARM}&verdict=review", 1),
    ],
)
def test_decisions_are_filtered(served: Served, lake: Path, asked: str, num: int) -> None:
    assert len(served(lake).get(f"{ON}/decisions?{asked}").json()["decisions"]) == num


def test_an_account_with_its_evidence_and_what_its_owner_may_be_told(served: Served, lake: Path) -> None:
    found = served(lake).get(f"{ON}/accounts/{MEMBERS[0].upper().replace('X', 'x')}").json()
    assert (found["verdict"], found["cluster_id"], found["run_id"]) == ("disqualified", FARM, "run1")
    assert [item["kind"] for item in found["evidence"]] == ["first_gas", "sweep", "time"]
    assert found["evidence"][0]["tx_url"] == f"https://etherscan.io/tx/{tx(0)}"
    assert found["evidence"][0]["at"] == "2026-03-02T10:00:00Z"
    assert found["evidence"][2]["chain"] is None
    assert found["addresses"] == ["0x" + "d0" * 20]
    assert found["for_user"]["reference"] == "run1"


def test_clusters_with_members_and_evidence(served: Served, lake: Path) -> None:
    client = served(lake)
    found = client.get(f"{ON}/clusters?show=open&sort=size").json()
    assert (found["num"], found["clusters"][0]["disqualified"]) == (1, 9)
    one = client.get(f"{ON}/clusters/{FARM}").json()
    assert one["core_kind"] == "first_gas"
    assert one["standing"] == [{"feature": "same_sink_share", "value": 0.93, "share_below": 0.98}]
    members = client.get(f"{ON}/clusters/{FARM}/members?limit=6").json()
    rest = client.get(f"{ON}/clusters/{FARM}/members", params={"after": members["next_after"]}).json()
    assert [row["account"] for row in members["members"] + rest["members"]] == sorted(MEMBERS)
    assert rest["next_after"] is None
    moved = client.get(f"{ON}/clusters/{FARM}/evidence?limit=15").json()
    more = client.get(f"{ON}/clusters/{FARM}/evidence?offset={moved['next_offset']}").json()
    hashes = [row["tx_hash"] for row in moved["movements"] + more["movements"]]
    assert sorted(hashes) == sorted([tx(n) for n in range(10)] + [tx(100 + n) for n in range(10)]), "each once"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{V1}/nobody", 404),
        (f"{ON}/accounts/0xnobody", 404),
        (f"{ON}/clusters/{'0' * 16}/members", 404),
        (f"{ON}/runs/run9", 404),
        (f"{ON}/decisions?as_of=2020-01-01T00:00:00Z", 404),
        (f"{ON}/decisions?as_of=2026-04-01T00:00:00", 422),
        (f"{ON}/decisions?verdict=guilty", 422),
        (f"{ON}/decisions?limit=0", 422),
        ("/api/v1/nowhere", 404),
    ],
)
def test_what_cannot_be_answered_is_a_problem(served: Served, lake: Path, path: str, status: int) -> None:
    answer = served(lake).get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["title"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_answer_holds_no_more_rows_than_the_settings_allow(served: Served, lake: Path) -> None:
    from tests.console.conftest import RULES

    rules = type(RULES)(poll_s=0.0, max_rows=3)
    assert len(served(lake, rules).get(f"{ON}/decisions?limit=100000").json()["decisions"]) == 3


def test_the_description_names_every_answer_and_problem(served: Served, lake: Path) -> None:
    told: dict[str, Any] = served(lake).get("/api/v1/openapi.json").json()
    assert f"{V1}/{{campaign_id}}/decisions" in told["paths"]
    assert not [path for path in told["paths"] if not path.startswith("/api/v1/") and path not in STATUS]
    for path, methods in told["paths"].items():
        assert set(methods) == {"get"}, f"{path}: this console only reads"
        assert methods["get"]["responses"]["200"]
    assert "application/problem+json" in str(
        told["paths"][f"{V1}/{{campaign_id}}/decisions"]["get"]["responses"]["404"]
    )


STATUS = ("/healthz", "/readyz", "/metrics")


def test_who_looks_after_it_sees_whether_it_answers_and_how_old_it_is(served: Served, lake: Path) -> None:
    client = served(lake)
    assert client.get("/healthz").json() == {"status": "ok"}
    client.get("/campaigns/drop/queue")
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["publication_age_s"]["drop"] > 0
    client.get(f"{ON}/accounts/{MEMBERS[0]}")
    text = client.get("/metrics").text
    assert 'abuse_console_requests_total{route="/campaigns/{campaign_id}/queue",method="GET",status="200"} 1' in text
    assert MEMBERS[0] not in text, "a count per account would be a list of accounts"
    assert 'abuse_console_publication_age_seconds{campaign="drop"}' in text
    assert 'abuse_console_request_seconds_bucket{route="/healthz",le="+Inf"} 1' in text


def test_a_lake_that_breaks_is_told_and_what_was_read_stays(served: Served, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    publish(lake)
    client = served(lake)
    assert client.get(f"{ON}/accounts/{MEMBERS[0]}").status_code == 200
    log = lake / "runs" / "_delta_log"
    publish(lake, as_of=NIGHT + timedelta(days=1), run_id="run2", minutes=1)
    for entry in log.glob("*.json"):
        entry.write_text("{broken")
    assert client.get(f"{ON}/accounts/{MEMBERS[0]}").status_code == 200
    assert client.get("/readyz").status_code == 503
    assert "abuse_console_lake_up 0" in client.get("/metrics").text
