"""An appeal's whole life on pages: written down, answered in words, and what follows from the answer."""

from __future__ import annotations

from pathlib import Path

from tests.console.conftest import ConsoleOf
from tests.console.lakes import MEMBERS
from tests.console.people import ON, form_of, said, text_of

APPEALS, ANSWER = f"{ON}/appeals", f"{ON}/appeals/answer"
ACCOUNT = f"{ON}/accounts/{MEMBERS[0]}"


def test_an_appeal_is_written_down_answered_and_listed(console_of: ConsoleOf, ours: Path) -> None:
    vera, ann = console_of("vera"), console_of("ann")
    page = vera.done(ACCOUNT, APPEALS, note="We are\r\n<b>one</b> family")
    assert "Appeal opened of 1 account." in page
    assert "its owner asks for a review" in page
    page = vera.page(APPEALS)
    assert "We are<br>&lt;b&gt;one&lt;/b&gt; family" in page
    assert "Open: 1" in text_of(page)
    assert f'action="{ANSWER}"' not in page, "a viewer does not answer"
    assert vera.client.post(ANSWER, data=form_of(page, APPEALS) | {"outcome": "granted"}).status_code == 403
    page = ann.done(APPEALS, ANSWER, outcome="granted", note="You are right.")
    assert "Appeal answered of 1 account." in page
    assert "Overturned 1 account." in page
    assert "Open: 0" in page
    assert "You are right." in page
    opened, *answered = [row["action"] for row in said(ours)]
    assert opened == "appeal_opened"
    assert sorted(answered) == ["appeal_resolved", "overturn"], "of one instant: in either order"
    assert "Now: clear" in text_of(ann.page(ACCOUNT))


def test_older_appeals_come_first_and_one_is_opened_once(console_of: ConsoleOf, ours: Path) -> None:
    ann = console_of("ann")
    for account in (MEMBERS[3], MEMBERS[2], MEMBERS[3].upper().replace("X", "x")):
        ann.done(APPEALS, APPEALS, account=f" {account} ")
    page = ann.page(APPEALS)
    assert page.index(MEMBERS[3]) < page.index(MEMBERS[2])
    assert len(said(ours)) == 2
    unknown = ann.done(APPEALS, APPEALS, account="0xnobody")
    assert "Nothing was written: did not take part" in unknown


def test_a_denied_appeal_stays_out_and_an_answer_can_be_taken_back(console_of: ConsoleOf, ours: Path) -> None:
    ann = console_of("ann")
    ann.done(ACCOUNT, APPEALS)
    page = ann.done(ACCOUNT, ANSWER, outcome="denied", note="No.")
    assert "Now: disqualified" in page
    (answer,) = (row for row in said(ours) if row["action"] == "appeal_resolved")
    ann.done(APPEALS, f"{ON}/decisions/{answer['decision_id']}/undo", reason_code="mistake")
    assert "Open: 1" in text_of(ann.page(APPEALS))


def test_a_grant_that_needs_a_second_person_leaves_it_open_until_then(console_of: ConsoleOf, ours: Path) -> None:
    bert, carl = console_of("bert"), console_of("carl")
    cluster = f"{ON}/clusters/c9d8e7f6a5b40312"
    bert.done(cluster, f"{cluster}/members", action="overturn", reason_code="chance", account=MEMBERS[1:6])
    bert.done(ACCOUNT, APPEALS)
    page = bert.done(APPEALS, ANSWER, outcome="granted")
    assert "Overturning 1 account waits for a second person" in page
    assert "Open: 1" in page
    (waits,) = (row for row in said(ours) if row["needs_approval"])
    carl.done(APPEALS, f"{ON}/decisions/{waits['decision_id']}/approve")
    assert "Open: 0" in bert.done(APPEALS, ANSWER, outcome="granted")
    assert "Now: clear" in text_of(bert.page(ACCOUNT))


def test_an_account_of_any_name_is_decided_on_from_the_page(console_of: ConsoleOf) -> None:
    """What the page quotes, it reads back; a name may hold anything."""
    from abuse.console.act.appeals import account_of
    from abuse.console.act.forms import Form

    evil = "a%2Fb\x1b?#&"
    assert account_of(Form({"of": ["a%252Fb%1B%3F%23%26"]})) == evil
    assert account_of(Form({"account": [" 0xab "], "of": [""]})) == "0xab"
