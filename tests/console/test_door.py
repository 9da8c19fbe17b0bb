"""Nobody unknown gets in, nobody acts for another, and no token is ever told."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient

from tests.console.conftest import ConsoleOf, Served
from tests.console.lakes import FARM, MEMBERS
from tests.console.people import API, ON, Staff, form_of, logged_in, said

CLUSTER = f"{ON}/clusters/{FARM}"
WORD = {"action": "confirm", "reason_code": "one_operator"}
OPEN = {"/login", "/healthz", "/readyz", "/metrics"}


def _paths(client: TestClient, method: str) -> list[str]:
    """Every route that answers it, filled in."""
    filled = {"campaign_id": "drop", "cluster_id": FARM, "account:path": MEMBERS[0], "account": MEMBERS[0]}
    filled |= {"run_id": "run1", "decision_id": "0" * 16}
    found = []
    for route in iter_route_contexts(client.app.app.routes):  # type: ignore[attr-defined] # inside the guard
        if method in (route.methods or ()):
            path = route.path or ""
            for name, value in filled.items():
                path = path.replace(f"{{{name}}}", value)
            found.append(path)
    assert len(found) > 5
    return found


def test_whoever_is_not_known_sees_and_does_nothing(served: Served, ours: Path, staff: Staff) -> None:
    client = served(ours, access=staff.access)
    for path in [*_paths(client, "GET"), "/nowhere"]:
        answer = client.get(path)
        if path in OPEN:
            assert answer.status_code in (200, 503), path
        elif path.startswith("/api/"):
            assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json"), path
        else:
            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/login")
        assert FARM not in answer.text
    for path in set(_paths(client, "POST")) - OPEN:
        answer = client.post(path, data=WORD)
        assert answer.status_code in (303, 401), path
        assert answer.headers.get("location", "/login").startswith("/login")
    assert said(ours) == []


def test_no_form_counts_without_what_its_page_gave_it(console_of: ConsoleOf, ours: Path) -> None:
    ann, bert = console_of("ann"), console_of("bert")
    mine = form_of(ann.page(CLUSTER), CLUSTER) | WORD
    theirs = str(form_of(bert.page(CLUSTER), CLUSTER)["csrf"])
    for path in set(_paths(ann.client, "POST")) - OPEN:
        if not path.startswith("/api/"):
            for csrf in ("", "x", theirs, "ä"):
                assert ann.client.post(path, data=mine | {"csrf": csrf}).status_code == 403, path
    assert said(ours) == []
    assert ann.client.post(CLUSTER, data=mine).status_code == 303


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, 303),
        ({"origin": "https://evil.test"}, 403),
        ({"origin": "https://testserver.evil.test"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://["}, 403),
        ({"origin": "https://testserver"}, 303),
        ({}, 303),
    ],
)
def test_no_other_sites_page_sends_a_form(
    console_of: ConsoleOf, ours: Path, headers: dict[str, str], status: int
) -> None:
    ann = console_of("ann")
    answer = ann.client.post(CLUSTER, data=form_of(ann.page(CLUSTER), CLUSTER) | WORD, headers=headers)
    assert answer.status_code == status
    assert len(said(ours)) == (10 if status == 303 else 0)
    assert ann.client.post("/login", data={"token": "x"}, headers=headers).status_code == (
        403 if status == 403 else 401
    )


def test_a_cookie_never_writes_by_the_api(console_of: ConsoleOf, ours: Path) -> None:
    ann = console_of("ann")
    body = {"action": "confirm", "targets": [MEMBERS[0]], "reason_code": "one_operator"}
    answer = ann.client.post(f"{API}/reviews", json=body)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert said(ours) == []
    assert ann.client.get(f"{API}/reviews").status_code == 200, "but it reads"


def test_no_token_is_in_a_log_on_a_page_or_in_a_file(
    served: Served, ours: Path, staff: Staff, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        client = served(ours, access=staff.access)
        ann = logged_in(client, staff, "ann")
        pages = [ann.page(path) for path in ("/", f"{ON}/queue", CLUSTER, f"{ON}/appeals")]
        client.get(f"/login?token={staff.token['bert']}&next={staff.token['bert']}")
        client.get(f"{API}/decisions", headers={"authorization": f"Bearer {staff.token['carl']}x"})
        ann.log_in(f"{staff.token['rob']}x")
        ann.client.post(CLUSTER, data=form_of(pages[2], CLUSTER) | WORD)
    session = next(iter(ann.client.cookies.values()))
    secret = [*staff.token.values(), session]
    logged = "\n".join(json.dumps(vars(record), default=str) for record in caplog.records if "abuse" in record.name)
    assert logged
    texts = [logged, *pages, *(file.read_text("latin-1") for file in tmp_path.rglob("*") if file.is_file())]
    assert not [one for one in secret for text in texts if one in text]
