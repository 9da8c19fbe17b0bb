"""What people said counts at once on an account's page and in its answer, as in `abuse why`; lists are as published."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path

from abuse.console.pages.account import for_ops, for_user
from abuse.console.read import accounts
from abuse.console.read.ledgers import Ledgers
from abuse.console.read.shelf import Shelf
from abuse.console.read.words import said_of, standing_now
from abuse.lake.publication import FOLLOWS, REFRESHED, current, runs
from abuse.operate.draw.nights import latest_of_nights
from abuse.operate.why import explain, said
from abuse.review.decide import undo
from tests.console.conftest import RULES, Served
from tests.console.lakes import FARM, MEMBERS, STRANGERS, public_rows, publish
from tests.lake.test_publication import NIGHT
from tests.review import made_up
from tests.review.made_up import says

ON = "/campaigns/drop"
LATER = NIGHT + timedelta(days=1)


def spoken(lake: Path) -> str:
    """A lake in which people said something of every kind."""
    publish(lake)
    where = str(lake)
    says(where, "overturn", MEMBERS[0], note="<script>alert(1)</script>\u202e")
    says(where, "confirm", MEMBERS[9])
    says(where, "exempt", STRANGERS[0])
    says(where, "hold", STRANGERS[1], reason="needs_facts")
    undo(where, "drop", made_up.said("undo"), says(where, "overturn", MEMBERS[1]).decision_id)
    return where


def test_an_answer_and_a_page_say_what_stands_and_what_the_tables_say(served: Served, tmp_path: Path) -> None:
    spoken(tmp_path / "lake")
    client = served(tmp_path / "lake")
    found = client.get(f"/api/v1{ON}/accounts/{MEMBERS[0]}").json()
    assert (found["verdict"], found["published_verdict"], found["machine_verdict"]) == (
        "clear",
        "disqualified",
        "disqualified",
    )
    assert found["for_user"]["verdict"] == "clear"
    page = client.get(f"{ON}/accounts/{MEMBERS[0]}").text
    assert "<strong>Overturn</strong>" in page
    assert "Public tables say disqualified until the next night" in page
    assert "This account does not qualify" not in page
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "Nobody said anything yet" in client.get(f"{ON}/accounts/{MEMBERS[2]}").text
    rows = client.get(f"/api/v1{ON}/decisions?verdict=disqualified").json()["decisions"]
    assert MEMBERS[0] in {row["account"] for row in rows}, "the publication's own"
    assert client.get(f"{ON}/history/{MEMBERS[0]}").text.count("clear") == 1


def test_it_says_what_why_says(tmp_path: Path) -> None:
    """Also of a group that is another than the one a person saw."""
    lake = spoken(tmp_path / "lake")
    rows = public_rows()
    for table in rows:
        rows[table] = [row for row in rows[table] if row.get("account") not in MEMBERS[4:8]]
    publish(tmp_path / "lake", rows, as_of=LATER, run_id="run2", minutes=1)
    (tmp_path / "models").mkdir()
    shelf = Shelf(Ledgers(lake, 0.0), tmp_path / "models", RULES)
    codes = set()
    for as_of in (NIGHT, LATER):
        publication = current(lake, "drop", as_of)
        with shelf.view("drop", as_of) as view:
            for name in (*MEMBERS[:4], *MEMBERS[8:], *STRANGERS):
                published = accounts.account(view, name)
                row = standing_now(view, shelf.ledgers, published)
                lines = said(said_of(shelf.ledgers, "drop", name), published, row)
                wanted = dataclasses.replace(explain(publication, name, "ops"), history=[])
                assert for_ops(view, row, lines) == wanted
                codes |= set(wanted.facts["reason_codes"])
                own = frozenset(one["address"] for one in accounts.addresses(view, name))
                told = dataclasses.replace(explain(publication, name, "user", own), history=[])
                assert for_user(view, row) == (told if view.has_owners else None)
            assert view.has_owners == (as_of == LATER), "of these lakes' working tables only one night's are there"
    shelf.close()
    assert {"review_overturned", "review_confirmed", "review_exempt", "review_held", "members_changed"} <= codes


def test_a_word_is_known_at_the_next_look(served: Served, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    publish(lake)
    client = served(lake)
    asked = f"/api/v1{ON}/accounts/{MEMBERS[3]}"
    assert client.get(asked).json()["verdict"] == "disqualified"
    says(str(lake), "overturn", MEMBERS[3])
    assert client.get(asked).json()["verdict"] == "clear"


def test_a_held_night_stays_held_whatever_is_said_of_the_publication_before(served: Served, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    publish(lake)
    publish(lake, run_id="run2", status="held", minutes=1)
    publish(lake, run_id="run3", minutes=2, reason=f"{REFRESHED} run1")
    publish(lake, run_id="run3", attempt=2, minutes=3, reason=f"{FOLLOWS} {NIGHT.isoformat()}")
    publish(lake, as_of=LATER, run_id="run4", minutes=4)
    publish(lake, as_of=LATER, run_id="run5", minutes=5, reason=f"{REFRESHED} run4")
    found = latest_of_nights(runs(str(lake)))
    assert [(run.run_id, run.status) for run in found] == [("run5", "published"), ("run2", "held")]
    page = served(lake).get(ON).text
    assert "run2" in page
    assert FARM in served(lake).get(f"{ON}/queue").text
