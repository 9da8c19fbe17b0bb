"""A login begins with a token, leads to no place but ours, and ends when it must."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from abuse.console.who import tokens
from abuse.console.who.access import Access
from abuse.console.who.addresses import inside
from abuse.console.who.person import Person
from abuse.console.who.sessions import Sessions
from abuse.console.who.strikes import Strikes
from abuse.console.who.tokens import OneToken
from abuse.settings import Console
from tests.console.conftest import ConsoleOf, Served
from tests.console.lakes import FARM
from tests.console.people import API, ON, Browser, Staff, form_of, logged_in, said

CLUSTER = f"{ON}/clusters/{FARM}"
WORD = {"action": "confirm", "reason_code": "one_operator"}


def test_a_login_that_has_ended_leads_to_the_next_and_back(served: Served, ours: Path, staff: Staff) -> None:
    rules = Console(poll_s=0.0, idle_s=0.2, failed_login_s=0.0)
    client = served(ours, rules, access=staff.access)
    ann = logged_in(client, staff, "ann")
    sent = form_of(ann.page(CLUSTER), CLUSTER) | WORD
    threading.Event().wait(0.3)
    page = ann.client.get(f"{ON}/queue?show=all")
    assert page.headers["location"] == "/login?next=%2Fcampaigns%2Fdrop%2Fqueue%3Fshow%3Dall"
    odd = ann.client.get(f"{ON}/accounts/a%3Fb%1Bc").headers["location"]
    assert odd == "/login?next=%2Fcampaigns%2Fdrop%2Faccounts%2Fa%253Fb%251Bc"
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


def test_no_picture_of_another_site_keeps_out_who_started_the_console(served: Served, lake: Path) -> None:
    token = tokens.minted()
    access = Access(keys=OneToken(token, Person("ann", "approver")), is_for_one=True)
    client = served(lake, Console(poll_s=0.0, failed_logins=2, failed_login_s=0.0), access=access)
    asked = {"sec-fetch-site": "cross-site", "sec-fetch-dest": "image"}
    assert [client.get("/login?token=x", headers=asked).status_code for _ in range(3)] == [401, 401, 429]
    assert client.get(f"/login?token={token}").status_code == 303


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


def test_wrong_tokens_are_slow_and_counted_and_keep_nobody_out_who_has_a_right_one(
    served: Served, lake: Path, staff: Staff
) -> None:
    client = served(lake, Console(poll_s=0.0, failed_logins=2, failed_login_s=0.0), access=staff.access)
    browser = Browser(client)
    assert [browser.log_in(token).status_code for token in ("x", "", "x")] == [401, 401, 429]
    assert client.get(f"/login?token={staff.token['bert']}").status_code == 200, "that is for the form"
    assert browser.log_in(staff.token["ann"]).status_code == 303
    assert [browser.log_in(token).status_code for token in ("x", "x", "x")] == [401, 401, 429]
    assert client.get(f"{API}/decisions", headers=staff.bearer("ann")).status_code == 200
    now = [0.0]
    strikes = Strikes(2, 60.0, lambda: now[0])
    for at, is_out in ((0.0, False), (1.0, True), (62.0, False)):
        now[0] = at
        strikes.strike("10.0.0.1")
        assert (strikes.is_out("10.0.0.1"), strikes.is_out("10.0.0.2")) == (is_out, False)
