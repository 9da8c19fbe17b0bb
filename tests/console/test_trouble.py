"""A lake that goes away, or that may not be written to, is told for what it is, and nothing that was seen is lost."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from deltalake.exceptions import DeltaError

from abuse.console.api.status import TROUBLE
from abuse.lake import ledger
from tests.console.conftest import ConsoleOf, Served
from tests.console.lakes import FARM, MEMBERS
from tests.console.people import API, ON, Staff, form_of, said, text_of
from tests.review.made_up import says

CLUSTER = f"{ON}/clusters/{FARM}"


@pytest.mark.parametrize("lost", ["all", "reviews", "runs"])
def test_a_ledger_that_was_there_and_is_gone_is_trouble_and_what_was_seen_stays(
    served: Served, ours: Path, lost: str
) -> None:
    client = served(ours)
    assert client.get(f"{ON}/queue").status_code == 200
    assert client.get("/readyz").status_code == 200
    table, away = ours if lost == "all" else ours / lost, ours.parent / "away"
    if lost == "reviews":
        says(str(ours), "confirm", MEMBERS[0])
        assert client.get("/readyz").status_code == 200
    table.rename(away)
    for _ in range(2):
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["trouble"] == TROUBLE
        assert str(ours) not in answer.text, "whoever is not signed in is told no path"
        page = client.get("/").text
        assert f"table {'runs' if lost == 'all' else lost} is gone" in page
        assert "The lake cannot be read just now" in page
        assert "Spring drop" in page
        assert client.get(f"{ON}/queue").status_code == 200
    away.rename(table)
    assert client.get("/readyz").json()["trouble"] is None


@pytest.fixture
def shut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may write to the lake any more."""

    def write(*_: object, **__: object) -> None:
        raise DeltaError("Unable to open file: Permission denied (os error 13)\nand more")

    monkeypatch.setattr(ledger, "write_deltalake", write)


NOT_WRITTEN = "reviews: not written (DeltaError: Unable to open file: Permission denied (os error 13)), wanted a commit"


@pytest.mark.parametrize(
    ("path", "to", "word"),
    [
        (CLUSTER, CLUSTER, {"action": "confirm", "reason_code": "one_operator"}),
        (CLUSTER, f"{CLUSTER}/members", {"action": "hold", "reason_code": "needs_facts", "account": MEMBERS[0]}),
        (f"{ON}/accounts/{MEMBERS[0]}", f"{ON}/accounts/{MEMBERS[0]}", {"action": "note"}),
    ],
    ids=["a cluster", "some of its members", "an account"],
)
def test_what_the_lake_does_not_take_is_told_on_the_page_with_the_note_that_was_typed(
    console_of: ConsoleOf, ours: Path, shut: None, path: str, to: str, word: dict[str, str]
) -> None:
    ann, note = console_of("ann"), "first </textarea>\r\nand \u202esecond"
    answer = ann.send(path, to, note=note, **word)
    page = ann.page(answer.headers["location"].partition("#")[0])
    assert NOT_WRITTEN in text_of(page)
    boxes = re.findall(r"<textarea id=\"([^\"]+)\"[^>]*>([^<]*)<", page)
    (noted,) = [name for name, typed in boxes if typed]
    assert dict(boxes)[noted] == "first &lt;/textarea&gt;\r\nand \u202esecond"
    assert form_of(page, to)["noted"] == noted
    assert said(ours) == []


def test_many_at_once_and_an_appeal_are_told_too(console_of: ConsoleOf, ours: Path, shut: None) -> None:
    ann = console_of("ann")
    tick = f"{FARM} {form_of(ann.page(CLUSTER), CLUSTER)['seen']}"
    queue = next(to for to in re.findall(r'action="([^"]+)"', ann.page(f"{ON}/queue")) if "queue?" in to)
    many = ann.done(
        f"{ON}/queue", unescape(queue), cluster=tick, action="hold", reason_code="needs_facts", note="for both kinds"
    )
    appeal = ann.done(f"{ON}/appeals", f"{ON}/appeals", account=MEMBERS[0], note="she asks")
    for page, note in ((many, "for both kinds"), (appeal, "she asks")):
        assert NOT_WRITTEN in page
        assert note in page
    assert said(ours) == []


def test_a_machine_is_told_to_come_back(console_of: ConsoleOf, staff: Staff, shut: None) -> None:
    body = {"action": "confirm", "targets": [MEMBERS[0]], "reason_code": "one_operator"}
    answer = console_of("ann").client.post(f"{API}/reviews", json=body, headers=staff.bearer("ann"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert NOT_WRITTEN in answer.json()["detail"]
