"""Addresses and fields that try to be more than a name: refused or not found, never a fault, never another's file."""

from __future__ import annotations

import logging
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from tests.console.conftest import ConsoleOf, Served
from tests.console.lakes import FARM, MEMBERS, STRANGERS
from tests.console.people import API, ON, Staff, form_of, said

TRICKS = [
    "%00", "a%00b", "..", "%2e%2e", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e%2fruns", "....//", "%5c..%5c..",
    "'", "%27%20OR%201=1--", "%22", "%22%3B%20DROP%20TABLE%20accounts", "%25", "%_", "*", "%0d%0aset-cookie:%20a=b",
    "%ff%fe", "%ed%a0%80", "%E2%80%AE", "{{7*7}}", "${jndi:x}", "a" * 5000, "%2F", "//evil.test",
    "%F0%9F%92%A9", "-1", "NaN",
]  # fmt: skip
PATHS = [
    "/campaigns/{}",
    "/campaigns/{}/queue",
    f"{ON}/clusters/{{}}",
    f"{ON}/clusters/{{}}/history",
    f"{ON}/accounts/{{}}",
    f"{ON}/history/{{}}",
    f"{ON}/runs/{{}}",
    f"{ON}/runs/{{}}/report",
    f"{API}/accounts/{{}}",
    f"{API}/clusters/{{}}/graph",
    f"{API}/runs/{{}}",
    "/api/v1/campaigns/{}/exports/disqualified.csv",
    "/static/{}",
    "/static/vendor/{}",
    "/{}",
]
ASKED = [
    f"{ON}/queue?show={{}}", f"{ON}/queue?sort={{}}", f"{ON}/queue?kind={{}}", f"{ON}/queue?least={{}}",
    f"{ON}/queue?whose={{}}", f"{ON}/dry-run?run={{}}", f"{API}/dry-run?run={{}}",
    f"{ON}/queue?page={{}}", f"{ON}/queue?as_of={{}}", f"{ON}/queue?done={{}}", f"{ON}/find?q={{}}",
    f"{ON}/audit?actor={{}}", f"{ON}/audit?account={{}}", f"{ON}/audit?action={{}}", f"{ON}/audit?since={{}}",
    f"{ON}/nights?a={{}}&b={{}}", f"{ON}/dry-run?min_score_lower={{}}", f"{ON}/clusters/{FARM}?sort={{}}",
    f"{API}/decisions?after={{}}", f"{API}/decisions?cluster_id={{}}", f"{API}/reviews?after={{}}",
    f"{API}/reviews?account={{}}", f"{API}/audit?offset={{}}", "/login?next={}", "/login?token={}",
]  # fmt: skip


def looked_at(client: TestClient, path: str, headers: dict[str, str] | None = None) -> None:
    answer = client.get(path, headers=headers)
    assert answer.status_code < 500, path
    assert answer.status_code in (200, 303, 307, 400, 404, 409, 422), (path, answer.status_code)
    if answer.status_code == 307:  # without its last slash
        assert answer.headers["location"].startswith(f"{str(client.base_url).rstrip('/')}/")
    assert "root:" not in answer.text
    assert "def console(" not in answer.text
    assert "set-cookie" not in answer.headers or path.startswith("/login")
    assert "evil.test" not in answer.headers.get("location", "").partition("?")[0]


def faults(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("path", PATHS)
def test_a_path_leads_to_what_there_is_or_nowhere(
    served: Served, lake: Path, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = served(lake)
    with caplog.at_level(logging.ERROR, logger="abuse.console"):
        for trick in TRICKS:
            looked_at(client, path.replace("{}", trick))
    assert faults(caplog) == []


@pytest.mark.parametrize("path", ASKED)
def test_a_query_is_a_value_and_no_more(
    console_of: ConsoleOf, ours: Path, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = console_of("ann").client
    with caplog.at_level(logging.ERROR, logger="abuse.console"):
        for trick in TRICKS:
            looked_at(client, path.replace("{}", trick.replace("#", "%23").replace("&", "%26")))
    assert faults(caplog) == []
    assert said(ours) == []


@pytest.mark.parametrize("field", ["action", "reason_code", "seen", "heard", "key", "account", "note", "csrf", "back"])
def test_a_field_of_a_form_is_a_value_and_no_more(console_of: ConsoleOf, ours: Path, field: str) -> None:
    ann, cluster = console_of("ann"), f"{ON}/clusters/{FARM}"
    page = ann.page(cluster)
    for to in (cluster, f"{cluster}/members", f"{ON}/appeals", f"{ON}/appeals/answer"):
        sent = form_of(page, cluster) | {"action": "hold", "reason_code": "needs_facts", "account": "0xnobody"}
        for trick in ("\x00", "\ud800x", "' OR 1=1--", "../../runs", "//evil.test", "9" * 50, "a" * 20_000, "\u202e"):
            body = "&".join(
                f"{name}={quote(str(value).encode('utf-8', 'surrogatepass'), safe='')}"
                for name, value in (sent | {field: trick, "seen": "x" if field != "seen" else trick}).items()
            )
            answer = ann.client.post(to, content=body, headers={"content-type": "application/x-www-form-urlencoded"})
            assert answer.status_code in (303, 400, 403, 413, 422), (to, trick[:20], answer.status_code)
            assert answer.headers.get("location", "/").startswith("/")
            assert not answer.headers.get("location", "/").startswith("//")
    assert said(ours) == []


@pytest.mark.parametrize(
    "back",
    ["//evil.test", "https://evil.test/", "/\\evil.test", "javascript:alert(1)", "/login", "/api/v1/x", "\r\nx: y"],
)
def test_a_form_leads_back_to_a_page_of_ours(console_of: ConsoleOf, back: str) -> None:
    ann, account = console_of("ann"), f"{ON}/accounts/{STRANGERS[0]}"
    answer = ann.send(account, f"{ON}/appeals", back=back)
    assert answer.headers["location"].startswith("/?done=")
    answer = ann.client.post(
        f"{ON}/decisions/{'0' * 16}/undo", data=form_of(ann.page(account), account) | {"back": back}
    )
    assert answer.headers["location"].startswith("/?done=")


@pytest.mark.parametrize(
    "at",
    ["https://testserver//evil.test/", "//evil.test", "javascript:alert(1)", "http://[", "/\\evil.test", "x" * 5000],
)
def test_a_browser_does_not_choose_where_a_login_leads(served: Served, ours: Path, staff: Staff, at: str) -> None:
    client = served(ours, access=staff.access)
    answer = client.post(f"{ON}/accounts/{MEMBERS[0]}", headers={"hx-request": "true", "hx-current-url": at})
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/login"
