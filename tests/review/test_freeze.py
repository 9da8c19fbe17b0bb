"""Payout gets one list and keeps it; what people reverse later is a list of its own."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from abuse.errors import InputError, LakeError
from abuse.lake.ledger import append, ledger, replace_rows
from abuse.lake.maintain import maintain
from abuse.lake.people import Now, review_ids, run_name
from abuse.lake.publication import current, runs
from abuse.review.decide import undo
from abuse.review.freeze import freeze, freezes, reversals, write_csv
from abuse.settings import Maintain
from abuse.tables import Decisions, DisqualifiedAccounts, Freezes, Runs
from tests.lake.test_publication import NIGHT, publish
from tests.review.made_up import BOB, CLUSTERS, FARM, TEAM, now, published, said, says, tables


def changed(lake: str, freeze_id: str | None = None) -> list[tuple[str, str, str]]:
    return [(one.account, one.before, one.after) for one in reversals(lake, "drop", freeze_id)[1]]


def test_the_list_is_written_down_once(lake: str) -> None:
    row = freeze(lake, "drop", "ann", "first payout")
    assert (row["run_id"], row["num_disqualified"], row["num_participants"]) == ("run1", 40, 51)
    assert freeze(lake, "drop", "bert", None) == row
    again = ledger(lake, Runs).to_pylist()[0] | {"attempt": 2}  # as when an older date is published
    append(lake, Runs, [again | {"finished_at": again["finished_at"] + timedelta(minutes=1)}])
    assert freeze(lake, "drop", "bert", None) == row, "the same list of the same run"
    assert ledger(lake, Freezes).num_rows == 1
    assert changed(lake) == []
    with pytest.raises(LakeError, match="append-only"):
        replace_rows(lake, Freezes, [row], "campaign_id = 'drop'")


def test_what_people_reverse_is_told_either_way_and_the_list_stays(lake: str) -> None:
    says(lake, "overturn", FARM[3])
    freeze(lake, "drop", "ann", None)
    says(lake, "overturn", FARM[0], reason="shared_payer", actor="bert")
    says(lake, "exempt", FARM[1])
    says(lake, "confirm", TEAM[0])
    says(lake, "hold", BOB)
    says(lake, "note", FARM[2], note="nothing")
    assert changed(lake) == [
        (FARM[0], "disqualified", "clear"),
        (FARM[1], "disqualified", "exempt"),
        (FARM[3], "disqualified", "clear"),
        (TEAM[0], "review", "disqualified"),
    ]
    first = reversals(lake, "drop")[1][0]
    assert (first.actor, first.reason.partition(":")[0]) == ("bert", "review_overturned")


def test_a_reversal_that_is_taken_back_is_none(lake: str) -> None:
    freeze(lake, "drop", "ann", None)
    found = says(lake, "overturn", FARM[0])
    undo(lake, "drop", said("undo"), found.decision_id)
    assert changed(lake) == []


def test_a_reversal_by_an_undo_names_who_took_the_word_back_and_not_who_spoke_last(lake: str) -> None:
    confirmed = says(lake, "confirm", TEAM[0])
    rows = tables(CLUSTERS)
    (row,) = (row for row in rows[Decisions] if row["account"] == TEAM[0])
    row |= {"verdict": "disqualified", "reasons": ["review_confirmed: A person did.", *row["reasons"]]}
    publish(lake, rows, as_of=NIGHT + timedelta(days=1), run_id="run2", minutes=1440)
    freeze(lake, "drop", "ann", None)
    undo(lake, "drop", said("undo", actor="bert"), confirmed.decision_id)
    says(lake, "note", TEAM[0], note="seen", actor="carl")
    (one,) = reversals(lake, "drop")[1]
    assert (one.account, one.after, one.actor) == (TEAM[0], "review", "bert")


def test_later_nights_change_nothing_of_it_and_a_later_freeze_begins_anew(lake: str, tmp_path: Path) -> None:
    first = freeze(lake, "drop", "ann", None)
    smaller = CLUSTERS | {"farm": FARM[:30]}
    published(tmp_path / "lake", smaller, as_of=NIGHT + timedelta(days=1), run_id="run2")
    says(lake, "overturn", FARM[0])
    assert changed(lake) == [(FARM[0], "disqualified", "clear")]
    second = freeze(lake, "drop", "ann", "second payout")
    assert [row["freeze_id"] for row in freezes(lake, "drop")] == [second["freeze_id"], first["freeze_id"]]
    assert second["num_disqualified"] == 30
    assert changed(lake, first["freeze_id"]) == [(FARM[0], "disqualified", "clear")]
    with pytest.raises(InputError, match="no freeze nope"):
        reversals(lake, "drop", "nope")


def test_a_list_without_peoples_word_is_not_frozen(lake: str) -> None:
    """Of a run that says what it was made of, as nights write it."""
    run = runs(lake)[0]
    known = run_name("base", review_ids(now(lake).rows))
    row = ledger(lake, Runs).to_pylist()[0] | {"run_id": known, "report": '{"base": "base"}', "attempt": 2}
    append(lake, Runs, [row | {"finished_at": run.finished_at + timedelta(minutes=1)}])
    assert Now.of(current(lake, "drop")).publication.run.run_id == known
    says(lake, "overturn", FARM[0])
    with pytest.raises(LakeError, match="does not know all reviews, wanted a publication with people's word"):
        freeze(lake, "drop", "ann", None)


def test_maintenance_keeps_what_was_frozen_for_good(lake: str, tmp_path: Path) -> None:
    frozen = freeze(lake, "drop", "ann", None)
    published(tmp_path / "lake", CLUSTERS | {"farm": FARM[:30]}, run_id="run2")  # the same night again
    years = datetime.now(UTC) + timedelta(days=3000)
    maintain(lake, Maintain(keep_days=1), now=years)
    says(lake, "overturn", FARM[5])
    assert changed(lake, frozen["freeze_id"]) == [(FARM[5], "disqualified", "clear")]
    assert current(lake, "drop").read(DisqualifiedAccounts).num_rows == 30


def test_a_spreadsheet_runs_nothing_of_it(tmp_path: Path) -> None:
    evil = "=HYPERLINK(1)"
    lake = published(tmp_path / "lake", {"farm": [*FARM, evil, "-1:ab", f"'{evil}"]})
    freeze(lake, "drop", "ann", None)
    says(lake, "overturn", evil, "-1:ab", f"'{evil}", FARM[0])
    write_csv(str(tmp_path / "out.csv"), reversals(lake, "drop")[1])
    rows = list(csv.reader((tmp_path / "out.csv").open(encoding="utf-8")))
    assert rows[0][:3] == ["account", "before", "after"]
    assert {row[0] for row in rows[1:]} == {FARM[0], f"'{evil}", "'-1:ab", f"''{evil}"}


def test_nobody_reverses_what_nobody_froze(lake: str) -> None:
    with pytest.raises(InputError, match="wanted a list that was frozen"):
        reversals(lake, "drop")
