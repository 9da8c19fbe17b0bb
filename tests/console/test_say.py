"""What machines say by the API: as the command line, once under a key, and refused by kind."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from abuse.lake.publication import current
from abuse.operate.export import handed_rows, out_now
from abuse.operate.sheets import as_csv
from abuse.settings import Review
from abuse.tables import Decisions, DisqualifiedAccounts
from tests.console.conftest import Served
from tests.console.lakes import FARM, MEMBERS, STRANGERS, public_rows, publish
from tests.console.people import API, Staff, said
from tests.lake.test_publication import NIGHT

Says = Callable[..., Response]
HOLD = {"action": "hold", "targets": [STRANGERS[0]], "reason_code": "needs_facts"}


@pytest.fixture
def client(served: Served, ours: Path, staff: Staff) -> TestClient:
    return served(ours, access=staff.access, review=Review(max_alone=5))


@pytest.fixture
def says(client: TestClient, staff: Staff) -> Says:
    """Who, the path, the body and a key -> the answer, which is never a fault and always described."""

    def say(who: str, path: str, body: dict[str, Any], key: str = "") -> Response:
        headers = staff.bearer(who) | ({"idempotency-key": key} if key else {})
        answer: Response = client.post(
            f"{API}{path}", content=json.dumps(body), headers=headers | {"content-type": "application/json"}
        )
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == answer.status_code
        return answer

    return say


def test_a_word_by_the_api_is_the_command_lines(says: Says, client: TestClient, staff: Staff, ours: Path) -> None:
    seen = client.get(f"{API}/clusters/{FARM}", headers=staff.bearer("ann")).json()["seen"]
    body = {"action": "confirm", "cluster_id": FARM, "seen": seen, "reason_code": "one_operator", "note": "sure"}
    answer = says("ann", "/reviews", body)
    assert (answer.status_code, answer.json()["is_new"], len(answer.json()["accounts"])) == (201, True, 10)
    assert {(row["actor"], row["role"], row["action"]) for row in said(ours)} == {("ann", "reviewer", "confirm")}
    found = client.get(f"{API}/accounts/{MEMBERS[9]}", headers=staff.bearer("ann")).json()
    assert (found["verdict"], found["published_verdict"], found["seen"]) == ("disqualified", "review", seen)
    assert says("ann", "/reviews", body).status_code == 200, "nothing was said since"


def test_a_key_makes_a_request_count_once(says: Says, ours: Path) -> None:
    first = says("ann", "/reviews", HOLD, "k1")
    says("rob", "/reviews", {"action": "note", "targets": [STRANGERS[0]], "note": "between"})
    again = says("ann", "/reviews", HOLD, "k1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["decision_id"] == again.json()["decision_id"]
    other = says("ann", "/reviews", HOLD | {"targets": [STRANGERS[1]]}, "k1")
    assert (other.status_code, "was given to another request" in other.json()["detail"]) == (409, True)
    assert [row["action"] for row in said(ours)] == ["hold", "note"]


@pytest.mark.parametrize(
    ("who", "path", "body", "status"),
    [
        ("vera", "/reviews", HOLD, 403),
        ("vera", "/appeals/x/resolve", {"outcome": "denied"}, 403),
        ("vera", f"/reviews/{'0' * 16}/undo", {"reason_code": "mistake"}, 403),
        ("ann", f"/reviews/{'0' * 16}/approve", {}, 403),
        ("carl", f"/reviews/{'0' * 16}/approve", {}, 404),
        ("ann", f"/reviews/{'0' * 16}/undo", {"reason_code": "mistake"}, 404),
        ("ann", "/reviews", HOLD | {"targets": ["0xnobody"]}, 404),
        ("ann", "/reviews", {"action": "hold", "cluster_id": "0" * 16, "seen": "x", "reason_code": "needs_facts"}, 404),
        ("ann", "/reviews", {"action": "confirm", "cluster_id": FARM, "seen": "x", "reason_code": "one_operator"}, 409),
        ("ann", f"/appeals/{MEMBERS[0]}/resolve", {"outcome": "denied"}, 409),
        ("ann", "/reviews", {"action": "confirm", "cluster_id": FARM, "reason_code": "one_operator"}, 422),
        ("ann", "/reviews", HOLD | {"reason_code": "mistake"}, 422),
        ("ann", "/reviews", HOLD | {"reason_code": ""}, 422),
        ("ann", "/reviews", HOLD | {"action": "approve"}, 422),
        ("ann", "/reviews", HOLD | {"cluster_id": FARM, "seen": "x"}, 422),
        ("ann", "/reviews", HOLD | {"actor": "rob"}, 422),
        ("ann", "/reviews", {"action": "note", "targets": [MEMBERS[0]]}, 422),
        ("ann", "/reviews", HOLD | {"note": "\ud800"}, 422),
    ],
)  # fmt: skip
def test_what_is_refused_says_of_which_kind_and_writes_nothing(
    says: Says, ours: Path, who: str, path: str, body: dict[str, Any], status: int
) -> None:
    answer = says(who, path, body)
    assert answer.status_code == status, answer.text
    assert said(ours) == []


def test_a_campaign_that_there_is_not_or_that_published_nothing(client: TestClient, staff: Staff, ours: Path) -> None:
    publish(ours, campaign_id="held", run_id="run9", status="held")
    for campaign_id in ("nobody", "held"):
        for path, body in (("reviews", HOLD), ("appeals", {"account": "x"})):
            answer = client.post(f"/api/v1/campaigns/{campaign_id}/{path}", json=body, headers=staff.bearer("ann"))
            assert answer.status_code == 404
    assert client.get("/api/v1/campaigns/nobody/reviews", headers=staff.bearer("ann")).status_code == 404


def test_a_body_that_is_no_json_is_not_taken_for_one(client: TestClient, staff: Staff, ours: Path) -> None:
    """A browser may send plain text to any site without asking; it may not send JSON."""
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        headers = staff.bearer("ann") | {"content-type": kind}
        assert client.post(f"{API}/reviews", content=json.dumps(HOLD), headers=headers).status_code == 422
    assert said(ours) == []


def test_a_body_that_is_no_text_is_refused_as_described(client: TestClient, staff: Staff, ours: Path) -> None:
    headers = staff.bearer("ann") | {"content-type": "application/json"}
    answer = client.post(f"{API}/reviews", content=b"\x92:w\x88", headers=headers)
    described = client.get("/api/v1/openapi.json", headers=staff.bearer("ann")).json()
    path = described["paths"]["/api/v1/campaigns/{campaign_id}/reviews"]["post"]["responses"]
    assert str(answer.status_code) in path
    assert answer.headers["content-type"] == "application/problem+json"
    assert said(ours) == []


def test_the_four_eyes_and_an_undo(says: Says, client: TestClient, staff: Staff) -> None:
    asked = says("bert", "/reviews", {"action": "overturn", "targets": MEMBERS, "reason_code": "chance"}).json()
    assert asked["needs_approval"]
    approve = f"/reviews/{asked['decision_id']}/approve"
    assert says("bert", approve, {}).status_code == 403
    assert says("carl", approve, {}).status_code == 201
    assert says("carl", approve, {}).status_code == 200
    verdict = f"{API}/accounts/{MEMBERS[0]}"
    assert client.get(verdict, headers=staff.bearer("ann")).json()["verdict"] == "clear"
    undo = f"/reviews/{asked['decision_id']}/undo"
    assert [says("ann", undo, {"reason_code": "new_facts"}).status_code for _ in range(2)] == [201, 200]
    assert client.get(verdict, headers=staff.bearer("ann")).json()["verdict"] == "disqualified"


def test_an_appeals_life_by_the_api(says: Says, client: TestClient, staff: Staff) -> None:
    body = {"account": MEMBERS[1], "note": "we are a family"}
    assert [says("vera", "/appeals", body).status_code for _ in range(2)] == [201, 200]
    answer = says("ann", f"/appeals/{MEMBERS[1]}/resolve", {"outcome": "granted", "note": "so it is"})
    assert [one["action"] for one in answer.json()] == ["appeal_resolved", "overturn"]
    assert client.get(f"{API}/accounts/{MEMBERS[1]}", headers=staff.bearer("ann")).json()["verdict"] == "clear"


def test_the_ledger_is_read_in_pages_and_filtered(says: Says, client: TestClient, staff: Staff) -> None:
    says("ann", "/reviews", HOLD)
    says("rob", "/reviews", {"action": "overturn", "targets": MEMBERS[:3], "reason_code": "chance"})
    undone = says("ann", "/reviews", {"action": "note", "targets": [STRANGERS[0]], "note": "x"}).json()["decision_id"]
    says("ann", f"/reviews/{undone}/undo", {"reason_code": "mistake"})

    def asked(**what: Any) -> dict[str, Any]:
        return dict(client.get(f"{API}/reviews", params=what, headers=staff.bearer("vera")).json())

    found, after = [], ""
    while after is not None:
        page = asked(limit=2, after=after)
        found += page["reviews"]
        after = page["next_after"]
    assert [row["action"] for row in found] == ["hold", *["overturn"] * 3, "note", "undo"]
    assert [row["state"] for row in found] == ["stands"] * 4 + ["taken back", "stands"]
    assert {row["account"] for row in asked(actor="rob")["reviews"]} == set(MEMBERS[:3])
    assert len(asked(action="hold")["reviews"]) == 1
    assert len(asked(account=STRANGERS[0], actor="ann")["reviews"]) == 3
    assert client.get(f"{API}/reviews?after={'0' * 16}", headers=staff.bearer("ann")).status_code == 404


def test_who_is_out_is_a_file_as_the_export_writes_it(says: Says, client: TestClient, staff: Staff, ours: Path) -> None:
    from abuse.lake.people import Now

    says("ann", "/reviews", {"action": "overturn", "targets": MEMBERS[:1], "reason_code": "chance"})
    answer = client.get(f"{API}/exports/disqualified.csv", headers=staff.bearer("vera"))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    now = Now.of(current(str(ours), "drop"))
    assert answer.content == as_csv(handed_rows(out_now(now)[0]))
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert MEMBERS[0] not in {row["account"] for row in rows}


def test_a_cell_of_the_file_starts_no_formula(served: Served, tmp_path: Path) -> None:
    rows = public_rows()
    out = [row for row in rows[Decisions] if row["verdict"] == "disqualified"]
    out[0] = out[0] | {"account": "=HYPERLINK(1)", "reasons": ["@x"]}
    publish(tmp_path, rows | {DisqualifiedAccounts: out}, as_of=NIGHT + timedelta(days=3))
    text = served(tmp_path).get(f"{API}/exports/disqualified.csv").text
    assert "'=HYPERLINK(1)" in {row["account"] for row in csv.DictReader(io.StringIO(text))}


def test_everything_that_writes_is_described_with_its_problems(client: TestClient, staff: Staff) -> None:
    told = client.get("/api/v1/openapi.json", headers=staff.bearer("vera")).json()
    posts = {path: methods["post"] for path, methods in told["paths"].items() if "post" in methods}
    assert len(posts) == 5
    for path, post in posts.items():
        assert {"201", "200", "401", "403", "404", "409", "422"} <= set(post["responses"]), path
        assert post["security"] == [{"token": []}]
        assert "Idempotency-Key" in [one["name"] for one in post["parameters"]]
    assert told["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert "/api/v1/campaigns/{campaign_id}/exports/disqualified.csv" in told["paths"]
