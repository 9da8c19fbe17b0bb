"""What people decide on pages is what the ledger says, once, by whoever may, about what they saw."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from abuse.tables import ClusterMembers, Clusters, Decisions, Scores
from tests.console.conftest import ConsoleOf, Served
from tests.console.lakes import FARM, MEMBERS, STRANGERS, decision, farm, public_rows, publish
from tests.console.people import API, ON, Staff, form_of, logged_in, said, text_of
from tests.lake.test_publication import NIGHT

CLUSTER = f"{ON}/clusters/{FARM}"
ALONE = f"{ON}/accounts/{STRANGERS[0]}"


def grown() -> dict[Any, list[dict[str, Any]]]:
    """The farm without its last member."""
    rows = public_rows()
    return {table: [row for row in of if row.get("account") != MEMBERS[9]] for table, of in rows.items()}


@pytest.mark.parametrize(("action", "reason"), [("confirm", "one_operator"), ("hold", "needs_facts")])
def test_a_word_about_a_cluster_is_in_the_ledger_and_on_the_page(
    console_of: ConsoleOf, ours: Path, action: str, reason: str
) -> None:
    page = console_of("ann").done(CLUSTER, CLUSTER, action=action, reason_code=reason, note="I looked.\r\nTwice.")
    rows = said(ours)
    assert {row["account"] for row in rows} == set(MEMBERS)
    assert {(row["actor"], row["role"], row["action"], row["note"]) for row in rows} == {
        ("ann", "reviewer", action, "I looked.\nTwice.")
    }
    assert "10 accounts." in page
    assert "It counts in the next publication" in page
    assert f"Now: 10 {'disqualified' if action == 'confirm' else 'review'}" in page


def test_a_queue_forgets_what_is_settled_and_offers_what_is_next(console_of: ConsoleOf) -> None:
    ann = console_of("ann")
    assert FARM in ann.page(f"{ON}/queue")
    page = ann.done(CLUSTER, CLUSTER, action="confirm", reason_code="one_operator")
    assert "Nothing else waits in the queue" in page
    assert "Nothing waits for a person" in ann.page(f"{ON}/queue")
    assert "confirm 10" in text_of(ann.page(f"{ON}/queue?show=open"))


def test_what_comes_next_is_what_has_the_next_lower_score_and_then_the_first(
    served: Served, tmp_path: Path, staff: Staff
) -> None:
    other, third = "ab" * 8, "cd" * 8
    rows = public_rows()
    for cluster_id, account, score in ((other, STRANGERS[0], 0.99), (third, STRANGERS[1], 0.5)):
        rows[Clusters].append(farm(cluster_id) | {"founder": account, "size": 1})
        rows[ClusterMembers].append(rows[ClusterMembers][0] | {"cluster_id": cluster_id, "account": account})
        rows[Scores].append(rows[Scores][0] | {"cluster_id": cluster_id, "account": account, "score": score})
        rows[Decisions].append(decision(account, "review", cluster_id=cluster_id))
    rows[Decisions] = [row for row in rows[Decisions] if row["account"] not in STRANGERS or row.get("cluster_id")]
    publish(tmp_path / "lake", rows)
    ann = logged_in(served(tmp_path / "lake", access=staff.access), staff, "ann")

    def next_of(cluster_id: str) -> str | None:
        found = re.search(r'clusters/(\w+)"[^>]* data-next', ann.page(f"{ON}/clusters/{cluster_id}"))
        return found and found[1]

    assert [next_of(one) for one in (other, FARM, third)] == [FARM, third, other]
    page = ann.done(CLUSTER, CLUSTER, action="confirm", reason_code="one_operator")
    assert f"Next in the queue n {third}" in page
    assert [next_of(one) for one in (other, third)] == [third, other]


def test_an_account_is_exempted_noted_and_overturned_from_its_own_page(console_of: ConsoleOf, ours: Path) -> None:
    ann, path = console_of("ann"), f"{ON}/accounts/{MEMBERS[0]}"
    page = ann.done(path, path, action="overturn", reason_code="acquaintances")
    assert "Now: clear Public tables say disqualified until" in page
    ann.done(path, path, action="note", note="called them")
    assert "Now: exempt" in ann.done(path, path, action="exempt", reason_code="own_team")
    assert [row["action"] for row in said(ours)] == ["overturn", "note", "exempt"]
    assert {row["account"] for row in said(ours)} == {MEMBERS[0]}


def test_ticked_members_are_split_off_and_the_rest_stays(console_of: ConsoleOf, ours: Path) -> None:
    ann = console_of("ann")
    page = ann.done(CLUSTER, f"{CLUSTER}/members", action="split", reason_code="not_of_group", account=MEMBERS[:2])
    assert "Split off 2 accounts." in page
    assert "Now: 7 disqualified 1 review 2 clear" in page
    assert {row["account"] for row in said(ours)} == set(MEMBERS[:2])
    nobody = ann.send(CLUSTER, f"{CLUSTER}/members", action="confirm", reason_code="one_operator")
    assert "none is ticked" in ann.page(nobody.headers["location"].partition("#")[0])
    assert len(said(ours)) == 2


def test_a_form_sent_twice_counts_once(console_of: ConsoleOf, ours: Path) -> None:
    ann = console_of("ann")
    sent = form_of(ann.page(ALONE), ALONE) | {"action": "hold", "reason_code": "needs_facts"}
    first, second = (ann.client.post(ALONE, data=sent) for _ in range(2))
    other = sent | {"action": "exempt", "reason_code": "own_team"}
    third = ann.client.post(ALONE, data=other)
    assert [one.status_code for one in (first, second, third)] == [303, 303, 303]
    assert "in the ledger already" in ann.page(second.headers["location"])
    assert [row["action"] for row in said(ours)] == ["hold", "exempt"], "the same page may say another thing"


@pytest.mark.parametrize("path", [CLUSTER, f"{ON}/accounts/{MEMBERS[2]}"])
def test_members_that_changed_since_the_page_was_read_are_decided_on_by_nobody(
    console_of: ConsoleOf, ours: Path, path: str
) -> None:
    ann = console_of("ann")
    sent = form_of(ann.page(path), path) | {"action": "confirm", "reason_code": "one_operator"}
    publish(ours, grown(), as_of=NIGHT + timedelta(days=2), run_id="run2", minutes=2)
    answer = ann.client.post(path, data=sent)
    page = text_of(ann.page(answer.headers["location"].partition("#")[0]))
    assert "Nothing was written: its members are others than those you saw." in page
    assert said(ours) == []


def test_many_clusters_are_answered_one_by_one(console_of: ConsoleOf, ours: Path) -> None:
    ann, queue = console_of("ann"), f"{ON}/queue"
    action = f"{queue}?show=todo&sort=score&page=1"
    page = ann.page(queue)
    ticks = [f"{FARM} {form_of(ann.page(CLUSTER), CLUSTER)['seen']}", f"{'0' * 16} {'1' * 16}", "nonsense"]
    assert ticks[0] in page
    done = ann.done(queue, action, action="confirm", reason_code="one_operator", cluster=ticks)
    assert f"{FARM} Confirmed 10 accounts." in done
    assert f"{'0' * 16} Nothing was written" in done
    assert len(said(ours)) == 10


@pytest.mark.parametrize("action", ["confirm", "overturn", "hold", "exempt"])
def test_a_viewer_is_offered_remarks_alone_and_refused_the_rest(console_of: ConsoleOf, ours: Path, action: str) -> None:
    vera = console_of("vera")
    for path in (CLUSTER, ALONE):
        page = vera.page(path)
        assert 'value="note"' in page
        assert f'value="{action}"' not in page
        answer = vera.client.post(path, data=form_of(page, path) | {"action": action, "reason_code": "chance"})
        if answer.status_code != 403:
            assert "Nothing was written: 'exempt'" in text_of(vera.page(answer.headers["location"].partition("#")[0]))
    answer = vera.client.post(f"{CLUSTER}/members", data=form_of(page, path) | {"action": action, "account": MEMBERS})
    assert answer.status_code == 403
    assert said(ours) == []
    assert "by vera" in vera.done(ALONE, ALONE, action="note", note="seen")


@pytest.mark.parametrize(
    ("action", "filled", "told"),
    [
        ("confirm", {}, "none is chosen, wanted one of: one_operator"),
        ("confirm", {"reason_code": "chance"}, "is no reason to confirm"),
        ("note", {}, "text of at most"),
        ("delete", {"reason_code": "chance"}, "'delete', wanted one of: confirm"),
    ],
)
def test_what_no_page_offers_is_refused_in_words(
    console_of: ConsoleOf, ours: Path, action: str, filled: dict[str, str], told: str
) -> None:
    ann = console_of("ann")
    assert told in ann.done(CLUSTER, CLUSTER, action=action, **filled)
    assert said(ours) == []


def test_a_note_is_text_and_stays_it(console_of: ConsoleOf) -> None:
    evil = "<script>alert(1)</script>\n\u202eback \"'>"
    page = console_of("ann")
    page.done(ALONE, ALONE, action="note", note=evil)
    for path in (ALONE, f"{ON}/appeals"):
        text = page.page(path)
        assert "<script>alert" not in text
        assert "\u202e" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;<br>" in page.page(ALONE)


def test_a_part_of_the_page_is_enough_for_htmx_and_brings_the_members_along(console_of: ConsoleOf) -> None:
    ann = console_of("ann")
    part = {"hx-request": "true", "hx-target": "decide"}
    sent = form_of(ann.page(CLUSTER), CLUSTER) | {"action": "confirm", "reason_code": "one_operator"}
    answer = ann.client.post(CLUSTER, data=sent, headers=part, follow_redirects=True)
    assert answer.text.lstrip().startswith('<section id="decide"')
    assert 'id="members" hx-swap-oob="true"' in answer.text
    assert "Confirmed 10 accounts." in answer.text
    assert form_of(answer.text, CLUSTER)["key"] != sent["key"], "the next word is another"


def test_an_older_night_is_looked_at_and_not_decided_on(console_of: ConsoleOf) -> None:
    page = console_of("ann").page(f"{CLUSTER}?as_of=2026-04-01T00:00:00Z")
    assert 'value="confirm"' not in page
    assert "Decisions are about the current night" in page


def test_a_console_that_only_reads_has_nothing_to_write_with(served: Any, lake: Path, staff: Staff) -> None:
    client = served(lake)
    assert "<form method=" not in client.get(CLUSTER).text
    for path in (CLUSTER, ALONE, f"{ON}/queue", f"{ON}/appeals", f"{API}/reviews", "/login"):
        assert client.post(path, headers=staff.bearer("carl")).status_code in (404, 405)
