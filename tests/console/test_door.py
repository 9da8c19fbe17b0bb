"""Nobody unknown gets in, nobody acts for another, and no token is ever told."""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient

from abuse.console.who import tokens
from abuse.console.who.access import Access
from abuse.console.who.addresses import inside
from abuse.console.who.person import Person
from abuse.console.who.proxies import Proxies
from abuse.console.who.sessions import Sessions
from abuse.console.who.strikes import Strikes
from abuse.console.who.tokens import OneToken
from abuse.settings import Console
from tests.console.conftest import RULES, ConsoleOf, Served
from tests.console.lakes import FARM, MEMBERS
from tests.console.people import API, ON, Browser, Staff, form_of, logged_in, said

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


def test_a_login_that_has_ended_leads_to_the_next_and_back(served: Served, ours: Path, staff: Staff) -> None:
    rules = Console(poll_s=0.0, idle_s=0.2, failed_login_s=0.0)
    client = served(ours, rules, access=staff.access)
    ann = logged_in(client, staff, "ann")
    sent = form_of(ann.page(CLUSTER), CLUSTER) | WORD
    threading.Event().wait(0.3)
    page = ann.client.get(f"{ON}/queue?show=all")
    assert page.headers["location"] == "/login?next=%2Fcampaigns%2Fdrop%2Fqueue%3Fshow%3Dall"
    part = {"hx-request": "true", "hx-current-url": f"https://testserver{CLUSTER}"}
    answer = ann.client.post(CLUSTER, data=sent, headers=part)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, f"/login?next={CLUSTER.replace('/', '%2F')}")
    assert ann.client.post(CLUSTER, data=sent).headers["location"] == "/login?next=%2Fcampaigns%2Fdrop%2Fqueue"
    answer = ann.client.get(f"{API}/decisions")
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert said(ours) == []
    assert ann.log_in(staff.token["ann"], f"{ON}/queue?show=all").headers["location"] == f"{ON}/queue?show=all"


def test_a_login_ends_unused_and_in_any_case_and_by_logging_out(console_of: ConsoleOf) -> None:
    now = [0.0]
    sessions = Sessions(10.0, 25.0, lambda: now[0])
    name = sessions.begin("digest")
    for at, token in ((9.0, "digest"), (18.0, "digest"), (24.0, "digest"), (26.0, None)):
        now[0] = at
        assert sessions.token(name) == token
    assert sessions.token(sessions.begin("other")) == "other"
    ann = console_of("ann")
    ann.page(f"{ON}/queue")
    kept = dict(ann.client.cookies)
    assert ann.client.post("/logout", data=form_of(ann.page("/"), "/logout")).headers["location"] == "/login"
    ann.client.cookies.update(kept)
    assert ann.client.get("/").headers["location"] == "/login", "the id is worth nothing, whoever kept it"


def test_a_token_that_is_removed_ends_its_logins_at_once(served: Served, ours: Path, staff: Staff) -> None:
    client = served(ours, access=staff.access)
    ann, rob = logged_in(client, staff, "ann"), logged_in(client, staff, "rob")
    tokens.remove(staff.file, "ann")
    assert ann.client.get("/").status_code == 303
    assert client.get(f"{API}/decisions", headers=staff.bearer("ann")).status_code == 401
    assert rob.client.get("/").status_code == 200
    staff.file.write_text("{broken")
    assert rob.client.get("/").status_code == 422, "nobody is let in by a file that cannot be read"
    staff.file.unlink()
    assert rob.client.get("/").status_code == 422


@pytest.mark.parametrize(("base", "name", "is_secure"), [
    ("https://testserver", "__Host-abuse-443", True),
    ("http://127.0.0.1", "abuse-80", False),
])  # fmt: skip
def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(
    served: Served, ours: Path, staff: Staff, base: str, name: str, is_secure: bool
) -> None:
    client = served(ours, access=staff.access)
    client.base_url = base
    answer = client.post("/login", data={"token": staff.token["ann"]})
    told = answer.headers["set-cookie"]
    assert told.startswith(f"{name}=")
    assert "HttpOnly" in told
    assert "SameSite=strict" in told
    assert ("Secure" in told) == is_secure
    assert "Path=/" in told
    assert "Domain" not in told
    assert staff.token["ann"] not in told


def test_the_address_of_a_start_logs_in_once_looked_at_and_no_other_token_may_stand_in_one(
    served: Served, ours: Path, staff: Staff
) -> None:
    token = tokens.minted()
    access = Access(keys=OneToken(token, Person("ann", "approver")), is_for_one=True)
    answer = served(ours, access=access).get(f"/login?token={token}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    client = served(ours, access=staff.access)
    answer = client.get(f"/login?token={staff.token['ann']}")
    assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
    assert staff.token["ann"] not in answer.text


@pytest.mark.parametrize(
    "next",
    [
        "https://evil.test/", "//evil.test/", "/\\evil.test", "\\\\evil.test", "javascript:alert(1)",
        "/\t/evil.test", " //evil.test", "http:/evil.test", "http:evil.test", "https:///evil.test", "/login?next=/",
        "/logout", "evil", "", "http://[", "/api/v1/campaigns", "/ok\r\nset-cookie: a=b",
    ],
)  # fmt: skip
def test_a_login_leads_to_no_place_but_ours(served: Served, lake: Path, staff: Staff, next: str) -> None:
    browser = Browser(served(lake, access=staff.access))
    assert browser.log_in(staff.token["ann"], next).headers["location"] == "/"
    assert inside("///evil.test") == "/evil.test"
    assert "evil" not in browser.client.get("/login", params={"next": next}).text
    assert inside(f"{ON}/accounts/a%2Fb?as_of=x") == f"{ON}/accounts/a%2Fb?as_of=x"


def test_wrong_tokens_are_slow_counted_and_soon_not_looked_at(served: Served, lake: Path, staff: Staff) -> None:
    client = served(lake, Console(poll_s=0.0, failed_logins=2, failed_login_s=0.0), access=staff.access)
    browser = Browser(client)
    assert [browser.log_in(token).status_code for token in ("x", "", "x")] == [401, 401, 429]
    assert browser.log_in(staff.token["ann"]).status_code == 429
    assert client.get(f"{API}/decisions", headers=staff.bearer("ann")).status_code == 200
    now = [0.0]
    strikes = Strikes(2, 60.0, lambda: now[0])
    for at, is_out in ((0.0, False), (1.0, True), (62.0, False)):
        now[0] = at
        strikes.strike("10.0.0.1")
        assert (strikes.is_out("10.0.0.1"), strikes.is_out("10.0.0.2")) == (is_out, False)


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


PROXY = Console(poll_s=0.0, identity_header="X-Forwarded-User", role_header="X-Forwarded-Role", proxies=("10.0.0.0/8",))


def _from(client: TestClient, address: str) -> TestClient:
    return TestClient(client.app, client.base_url, client=(address, 1), raise_server_exceptions=False,
                      follow_redirects=False)  # fmt: skip


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("10.1.2.3", [("X-Forwarded-User", "Ana Müller"), ("X-Forwarded-Role", "Reviewer")], 200),
        ("192.0.2.1", [("X-Forwarded-User", "ann"), ("X-Forwarded-Role", "approver")], 401),
        ("192.0.2.1", [("X-Forwarded-Role", "approver")], 401),
        ("10.1.2.3", [("X-Forwarded-User", "ann")], 401),
        ("10.1.2.3", [("X-Forwarded-User", "ann"), ("X-Forwarded-Role", "root")], 401),
        ("10.1.2.3", [("X-Forwarded-User", ""), ("X-Forwarded-Role", "viewer")], 401),
        ("10.1.2.3", [("X-Forwarded-User", "eve"), ("X-Forwarded-User", "a"), ("X-Forwarded-Role", "viewer")], 401),
        ("10.1.2.3", [], 303),
    ],
)
def test_a_header_is_believed_from_a_proxy_of_the_settings_alone(
    served: Served, lake: Path, staff: Staff, address: str, headers: list[tuple[str, str]], status: int
) -> None:
    access = Access(keys=staff.access.keys, proxies=Proxies.of(PROXY))
    client = _from(served(lake, PROXY, access=access), address)
    sent = [(name.encode(), value.encode()) for name, value in headers]
    answer = client.get(f"{ON}/queue", headers=sent)
    assert answer.status_code == status
    if status == 200:
        assert "Ana Müller" in answer.text
    signed = [*sent, (b"authorization", f"Bearer {staff.token['ann']}".encode())]
    assert client.get(f"{API}/decisions", headers=signed).status_code == (401 if status == 401 else 200)


def test_whom_a_proxy_vouches_for_writes_by_forms_of_their_own(served: Served, ours: Path) -> None:
    client = _from(served(ours, PROXY, access=Access(proxies=Proxies.of(PROXY))), "10.0.0.7")
    ann, eve = ({"X-Forwarded-User": name, "X-Forwarded-Role": "reviewer"} for name in ("ann", "eve"))
    form = form_of(client.get(CLUSTER, headers=ann).text, CLUSTER) | WORD
    assert client.post(CLUSTER, data=form, headers=eve).status_code == 403
    assert client.post(CLUSTER, data=form, headers=ann).status_code == 303
    assert {row["actor"] for row in said(ours)} == {"ann"}
    body = {"action": "note", "targets": [MEMBERS[0]], "note": "x"}
    cross = ann | {"sec-fetch-site": "cross-site"}
    assert client.post(f"{API}/reviews", json=body, headers=cross).status_code == 403
    assert client.post(f"{API}/reviews", json=body, headers=ann).status_code == 201
    assert client.post("/login", data={"token": "x"}).status_code == 401, "there are no tokens here"


def test_settings_name_a_proxy_whole_or_not_at_all() -> None:
    for wrong in ({"identity_header": "X-User"}, {"proxies": ("10.0.0.1",)}, {"role_header": "X-Role"}):
        with pytest.raises(ValueError, match="set together"):
            Console(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="an address or a network"):
        Console(identity_header="a", role_header="b", proxies=("everywhere",))
    assert Proxies.of(RULES) is None
