"""Two people on one cluster: both are heard, one agrees with another, and what was said can be taken back."""

from __future__ import annotations

from pathlib import Path

from tests.console.conftest import ConsoleOf
from tests.console.lakes import FARM, STRANGERS
from tests.console.people import ON, form_of, said, text_of

CLUSTER = f"{ON}/clusters/{FARM}"
ALONE = f"{ON}/accounts/{STRANGERS[0]}"


def test_two_reviewers_on_one_cluster_are_both_heard_and_the_later_word_counts(
    console_of: ConsoleOf, ours: Path
) -> None:
    ann, rob = console_of("ann"), console_of("rob")
    hers = form_of(ann.page(CLUSTER), CLUSTER) | {"action": "confirm", "reason_code": "one_operator"}
    his = form_of(rob.page(CLUSTER), CLUSTER) | {"action": "hold", "reason_code": "second_opinion"}
    assert ann.client.post(CLUSTER, data=hers).status_code == 303
    told = rob.client.post(CLUSTER, data=his)
    assert told.status_code == 303
    page = text_of(rob.page(told.headers["location"].partition("#")[0]))
    assert "Held 10 accounts." in page
    assert "Meanwhile ann said: Confirm, of 10 of these accounts. Both are kept" in page
    page = text_of(ann.page(CLUSTER))
    assert "Now: 10 review" in page
    assert "by ann" in page
    assert "by rob" in page
    assert len(said(ours)) == 20
    for heard in ("0", "x", "9" * 5000, "-1"):
        assert "Remark kept" in rob.done(CLUSTER, CLUSTER, action="note", note=f"after {heard[:5]}", heard=heard)


def test_letting_off_many_waits_for_another_approver_and_then_counts(console_of: ConsoleOf, ours: Path) -> None:
    bert, carl, ann = console_of("bert"), console_of("carl"), console_of("ann")
    page = bert.done(CLUSTER, CLUSTER, action="overturn", reason_code="shared_payer")
    assert "Overturning 10 accounts waits for a second person" in page
    assert "Now: 9 disqualified 1 review" in page
    assert FARM in bert.page(f"{ON}/queue?show=approval")
    decision = str(said(ours)[0]["decision_id"])
    agree = f"{ON}/decisions/{decision}/approve"
    for name in (ann, bert):
        assert f'action="{agree}"' not in name.page(CLUSTER), "no reviewer, and not who asked"
    own = bert.client.post(agree, data=form_of(bert.page(CLUSTER), CLUSTER) | {"back": CLUSTER})
    assert "the approval of another person" in bert.page(own.headers["location"].partition("#")[0])
    assert ann.client.post(agree, data=form_of(ann.page(CLUSTER), CLUSTER)).status_code == 403
    assert len(said(ours)) == 10
    page = carl.done(f"{ON}/appeals", agree)
    assert "Approved for 10 accounts." in page
    assert "Now: 10 clear" in text_of(ann.page(CLUSTER))


def test_a_decision_is_taken_back_by_another_entry(console_of: ConsoleOf, ours: Path) -> None:
    ann = console_of("ann")
    ann.done(CLUSTER, CLUSTER, action="confirm", reason_code="one_operator")
    decision = str(said(ours)[0]["decision_id"])
    page = ann.done(CLUSTER, f"{ON}/decisions/{decision}/undo", reason_code="mistake")
    assert "Taken back for 10 accounts." in page
    assert "taken back" in page
    assert FARM in ann.page(f"{ON}/queue")
    assert [row["action"] for row in said(ours)] == ["confirm"] * 10 + ["undo"] * 10
