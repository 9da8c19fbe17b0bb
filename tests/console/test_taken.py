"""Who works on a cluster is seen by everybody, in the queue, on its page and by the API; it decides nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from abuse.tables import ClusterMembers, Clusters, Decisions, Scores
from tests.console.conftest import ConsoleOf, Served
from tests.console.lakes import FARM, MEMBERS, STRANGERS, decision, farm, public_rows, publish
from tests.console.people import API, ON, Browser, Staff, form_of, logged_in, said, text_of
from tests.lake.test_publication import NIGHT
from tests.review.made_up import says, seen

CLUSTER, QUEUE = f"{ON}/clusters/{FARM}", f"{ON}/queue"
FIRST, LAST = "ab" * 8, "cd" * 8
"""Clusters of one account each: of a higher and of a lower score than the farm."""


@pytest.fixture
def three(served: Served, tmp_path: Path, staff: Staff) -> ConsoleOf:
    """name -> their browser on a campaign of three clusters that wait for a person."""
    rows = public_rows()
    rows[Decisions] = [row for row in rows[Decisions] if row["account"] not in STRANGERS]
    for cluster_id, account, score in ((FIRST, STRANGERS[0], 0.99), (LAST, STRANGERS[1], 0.5)):
        rows[Clusters].append(farm(cluster_id) | {"founder": account, "size": 1})
        rows[ClusterMembers].append(rows[ClusterMembers][0] | {"cluster_id": cluster_id, "account": account})
        rows[Scores].append(rows[Scores][0] | {"cluster_id": cluster_id, "account": account, "score": score})
        rows[Decisions].append(decision(account, "review", cluster_id=cluster_id))
    publish(tmp_path / "three", rows)
    client = served(tmp_path / "three", access=staff.access)
    return lambda name: logged_in(client, staff, name)


def taken(browser: Browser, cluster_id: str = FARM) -> str:
    """The page on which it is told that it is taken."""
    path = f"{ON}/clusters/{cluster_id}"
    return browser.done(path, path, action="take")


def offers_take(browser: Browser) -> bool:
    return 'value="take"' in form_around(browser.page(CLUSTER))


def form_around(page: str) -> str:
    """The form about the whole cluster."""
    found = re.search(rf'<form[^>]*data-decide[^>]*action="{CLUSTER}".*?</form>', page, re.S)
    return found[0] if found else ""


def test_a_taken_cluster_is_seen_as_such_by_a_second_person_who_may_take_it_too(
    console_of: ConsoleOf, ours: Path
) -> None:
    ann, rob, vera = console_of("ann"), console_of("rob"), console_of("vera")
    assert "aken by" not in text_of(rob.page(CLUSTER))
    page = taken(ann)
    assert "Taken: 10 accounts." in page
    assert "Taken by you" in page
    assert "Now: 9 disqualified 1 review" in page
    assert "It counts in the next publication" not in page.partition("What people say")[0], "it is no verdict"
    assert {(row["action"], row["reason_code"], row["actor"]) for row in said(ours)} == {("take", "at_work", "ann")}
    assert [offers_take(one) for one in (ann, rob, vera)] == [False, True, False]
    for other in (rob, vera):
        assert "Taken by ann" in text_of(other.page(CLUSTER))
        assert "taken by ann" in text_of(other.page(QUEUE))
    assert "taken by you" in text_of(ann.page(QUEUE))
    assert "ann had it until then." in taken(rob)
    assert "Taken by rob" in text_of(ann.page(CLUSTER))
    assert vera.send(CLUSTER, CLUSTER, action="take").status_code == 403


def test_who_takes_is_not_led_away_and_who_decides_is(three: ConsoleOf) -> None:
    ann = three("ann")
    assert "Next in the queue n " not in taken(ann).partition("What people say")[0]
    page = ann.done(CLUSTER, CLUSTER, action="confirm", reason_code="one_operator")
    assert f"Next in the queue n {LAST}" in page


def test_it_is_free_again_once_it_is_let_go_or_decided(console_of: ConsoleOf, ours: Path) -> None:
    ann, rob = console_of("ann"), console_of("rob")
    taken(ann)
    back = f"{ON}/decisions/{said(ours)[0]['decision_id']}/undo"
    assert '<option value="let_go">' in rob.page(CLUSTER)
    rob.done(CLUSTER, back, reason_code="let_go")
    assert "aken by" not in text_of(ann.page(CLUSTER))
    assert "aken by" not in text_of(ann.page(QUEUE))
    taken(ann)
    ann.done(CLUSTER, f"{CLUSTER}/members", action="split", reason_code="not_of_group", account=MEMBERS[:2])
    assert "Taken by ann" in text_of(rob.page(CLUSTER)), "she is not through with it"
    rob.done(CLUSTER, CLUSTER, action="hold", reason_code="needs_facts")
    assert "aken by" not in text_of(ann.page(CLUSTER))


def test_another_that_took_it_while_the_page_stood_open_is_named(console_of: ConsoleOf) -> None:
    ann, rob = console_of("ann"), console_of("rob")
    his = form_of(rob.page(CLUSTER), CLUSTER) | {"action": "confirm", "reason_code": "one_operator"}
    taken(ann)
    answer = rob.client.post(CLUSTER, data=his)
    page = text_of(rob.page(answer.headers["location"].partition("#")[0]))
    assert "Meanwhile ann took it too, and may be at work on it." in page
    assert "Confirmed 10 accounts." in page


WHOSE: dict[str, dict[str, set[str]]] = {  # what is asked for -> who asks -> what is shown; ann has the farm, rob LAST
    "": {"ann": {FIRST, FARM, LAST}, "rob": {FIRST, FARM, LAST}},
    "mine": {"ann": {FARM}, "rob": {LAST}, "vera": set()},
    "nobody": {"ann": {FIRST}, "rob": {FIRST}, "vera": {FIRST}},
}


@pytest.mark.parametrize("whose", WHOSE)
def test_the_queue_is_narrowed_to_ones_own_and_to_nobodys(three: ConsoleOf, staff: Staff, whose: str) -> None:
    taken(three("ann"))
    taken(three("rob"), LAST)
    for name, wanted in WHOSE[whose].items():
        reader = three(name)
        page = reader.page(f"{QUEUE}?whose={whose}")
        assert {one for one in (FIRST, FARM, LAST) if f'clusters/{one}"' in page} == wanted
        asked = {"whose": whose, "show": "todo"}
        found = reader.client.get(f"{API}/clusters", params=asked, headers=staff.bearer(name)).json()
        assert {one["cluster_id"] for one in found["clusters"]} == wanted
        assert found["num"] == len(wanted)
    assert "No cluster of this night is like that." in three("vera").page(f"{QUEUE}?whose=mine")


def test_what_is_next_is_what_nobody_else_works_on(three: ConsoleOf) -> None:
    ann, rob = three("ann"), three("rob")

    def next_of(reader: Browser, cluster_id: str) -> str | None:
        found = re.search(r'clusters/(\w+)"[^>]* data-next', reader.page(f"{ON}/clusters/{cluster_id}"))
        return found and found[1]

    assert next_of(rob, FIRST) == FARM
    taken(ann)
    assert [next_of(one, FIRST) for one in (rob, ann)] == [LAST, FARM]
    taken(ann, LAST)
    assert next_of(rob, FIRST) == FARM, "what others work on, where nothing else waits"


def test_many_are_taken_from_the_queue_without_a_reason(three: ConsoleOf) -> None:
    ann, rob = three("ann"), three("rob")
    taken(rob, LAST)
    page = ann.page(f"{QUEUE}?whose=")
    ticks = re.findall(r'name="cluster" value="([^"]+)"', page)
    to = f"{QUEUE}?show=todo&sort=score&page=1"
    done = ann.done(QUEUE, to, action="take", reason_code="", cluster=ticks)
    assert f"{FARM} Taken: 10 accounts." in done
    assert f"{LAST} Taken: 1 account. rob had it until then." in done
    assert done.count("taken by you") == 3


@pytest.fixture
def client(served: Served, ours: Path, staff: Staff) -> TestClient:
    return served(ours, access=staff.access)


def test_machines_take_under_a_key_and_read_who_has_it(client: TestClient, staff: Staff, ours: Path) -> None:
    body = {"action": "take", "cluster_id": FARM, "seen": seen(MEMBERS)}

    def post(name: str, key: str, **more: Any) -> Any:
        headers = staff.bearer(name) | {"idempotency-key": key}
        return client.post(f"{API}/reviews", json=body | more, headers=headers)

    first = post("ann", "k")
    assert first.status_code == 201, first.text
    assert post("ann", "k").json() == first.json() | {"is_new": False}
    assert post("rob", "k2").json()["taken_from"] == "ann"
    assert len(said(ours)) == 20
    (one,) = client.get(f"{API}/clusters", headers=staff.bearer("vera")).json()["clusters"]
    whole = client.get(f"{API}/clusters/{FARM}", headers=staff.bearer("vera")).json()
    assert (one["taken_by"], whole["taken_by"]) == ("rob", "rob")
    assert one["taken_at"] == whole["taken_at"]
    assert one["taken_at"]
    assert post("vera", "k3").status_code == 403
    assert post("ann", "k4", seen="other").status_code == 409
    assert client.get(f"{API}/reviews?action=take", headers=staff.bearer("vera")).json()["reviews"]
    alone = {"action": "take", "targets": [STRANGERS[0]]}
    assert client.post(f"{API}/reviews", json=alone, headers=staff.bearer("ann")).status_code == 422
    undo = f"{API}/reviews/{first.json()['decision_id']}/undo"
    assert client.post(undo, json={"reason_code": "let_go"}, headers=staff.bearer("ann")).status_code == 201


def test_the_audit_log_has_a_line_of_it(served: Served, ours: Path) -> None:
    says(str(ours), "take", FARM, reason="at_work", seen=seen(MEMBERS))
    client = served(ours)
    (line,) = client.get(f"{API}/audit?action=take").json()["lines"]
    assert (line["actor"], line["num_accounts"], line["clusters"]) == ("ann", 10, [FARM])
    assert (line["reason"], line["standing"]) == ("somebody works on it", "decides nothing")
    assert '<option value="take"' in client.get(f"{ON}/audit").text


def test_a_take_is_of_the_members_of_then_and_a_console_without_login_shows_it(served: Served, ours: Path) -> None:
    says(str(ours), "take", FARM, reason="at_work", seen=seen(MEMBERS))
    page = served(ours).get(QUEUE).text
    assert "taken by ann" in text_of(page)
    assert 'value="mine"' not in page
    fewer = {table: [row for row in of if row.get("account") != MEMBERS[9]] for table, of in public_rows().items()}
    publish(ours, fewer, as_of=NIGHT + timedelta(days=2), run_id="run2", minutes=2)
    client = served(ours)
    assert client.get(f"{API}/clusters").json()["clusters"][0]["taken_by"] is None
    assert "aken by" not in text_of(client.get(CLUSTER).text)
    assert "Taken by ann" in text_of(client.get(f"{CLUSTER}?as_of=2026-04-02T00:00:00Z").text)


def test_names_of_takers_are_shown_and_do_nothing(served: Served, ours: Path) -> None:
    evil = "<script>alert(1)</script>"
    says(str(ours), "take", FARM, reason="at_work", seen=seen(MEMBERS), actor=evil)
    client = served(ours)
    for path in (QUEUE, CLUSTER, f"{ON}/audit", f"{QUEUE}?whose=nobody"):
        assert "<script>alert" not in client.get(path).text
    assert "taken by &lt;script&gt;" in client.get(QUEUE).text


def test_a_filter_that_there_is_not_is_refused(client: TestClient, staff: Staff) -> None:
    assert client.get(f"{API}/clusters?whose=ann", headers=staff.bearer("ann")).status_code == 422
    assert client.get(f"{QUEUE}?whose=ann", headers=staff.bearer("ann")).status_code == 400


def test_a_note_of_a_taken_cluster_leaves_it(console_of: ConsoleOf) -> None:
    ann, rob = console_of("ann"), console_of("rob")
    taken(ann)
    rob.done(CLUSTER, CLUSTER, action="note", note="ask the shop")
    assert "Taken by ann" in text_of(rob.page(CLUSTER))
