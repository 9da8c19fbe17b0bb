"""Payout gets one list and keeps it; what people reverse later is a list of its own."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from abuse.cli import main
from abuse.errors import InputError, LakeError
from abuse.lake.ledger import append, ledger, replace_rows
from abuse.lake.maintain import maintain
from abuse.lake.people import Now, review_ids, run_name
from abuse.lake.publication import Publication, current, runs
from abuse.operate.handover import check
from abuse.review.decide import undo
from abuse.review.freeze import export_frozen, freeze, freezes, reversals, write_csv
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


def test_a_review_that_comes_in_while_the_list_is_frozen_is_not_left_out(
    lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Publication.read

    def slow(self: Publication, table: Any, *args: Any, **kwargs: Any) -> Any:
        if table is DisqualifiedAccounts:
            monkeypatch.undo()
            says(lake, "overturn", FARM[0])
        return read(self, table, *args, **kwargs)

    monkeypatch.setattr(Publication, "read", slow)
    with pytest.raises(LakeError, match=r"lacks reviews that came in just now.*abuse publish"):
        freeze(lake, "drop", "ann", None)
    assert ledger(lake, Freezes).num_rows == 0


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


def handed(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """The manifest, and who is on the list."""
    manifest = check(str(folder))
    with (folder / manifest["files"][0]["name"]).open(encoding="utf-8", newline="") as file:
        return manifest, [row["account"] for row in csv.DictReader(file)]


def test_a_frozen_list_is_handed_over_as_it_was_whatever_came_since(lake: str, tmp_path: Path) -> None:
    """People's word, later nights, another freeze and a clean-up of the lake change nothing of what payout gets."""
    says(lake, "overturn", FARM[3])
    frozen = freeze(lake, "drop", "ann", None)
    says(lake, "overturn", FARM[0])
    says(lake, "confirm", TEAM[0])
    published(tmp_path / "lake", CLUSTERS | {"farm": FARM[:30]}, run_id="run2")  # the same night again
    published(tmp_path / "lake", CLUSTERS | {"farm": FARM[:20]}, as_of=NIGHT + timedelta(days=1), run_id="run3")
    later = freeze(lake, "drop", "ann", "second payout")
    maintain(lake, Maintain(keep_days=1), now=datetime.now(UTC) + timedelta(days=3000))
    export_frozen(lake, "drop", frozen["freeze_id"], str(tmp_path / "out"))
    manifest, accounts = handed(tmp_path / "out")
    assert accounts == sorted(FARM)
    assert (manifest["run_id"], manifest["rows"], "reviews" in manifest) == ("run1", frozen["num_disqualified"], False)
    assert manifest["freeze"]["freeze_id"] == frozen["freeze_id"]
    assert manifest["versions"] == json.loads(frozen["versions"])
    export_frozen(lake, "drop", None, str(tmp_path / "out"))
    manifest, accounts = handed(tmp_path / "out")
    assert (manifest["freeze"]["freeze_id"], accounts) == (later["freeze_id"], FARM[:20])
    assert (manifest["since"]["added"], manifest["since"]["removed"]) == (0, 20)


def test_a_lake_that_holds_another_list_than_was_frozen_hands_none_over(lake: str, tmp_path: Path) -> None:
    frozen = freeze(lake, "drop", "ann", None)
    append(lake, Freezes, [frozen | {"freeze_id": "other", "list_digest": "0" * 16, "frozen_at": datetime.now(UTC)}])
    with pytest.raises(LakeError, match="freeze other: the table lists other accounts than were frozen"):
        export_frozen(lake, "drop", None, str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()
    with pytest.raises(InputError, match="no freeze nope"):
        export_frozen(lake, "drop", "nope", str(tmp_path / "out"))


def test_the_command_hands_a_frozen_list_over(lake: str, tmp_path: Path) -> None:
    frozen = freeze(lake, "drop", "ann", None)
    says(lake, "overturn", FARM[0])
    words = ["export", "--campaign", "drop", "--lake", lake]
    for freeze_id in ([], [frozen["freeze_id"]]):
        done = CliRunner().invoke(main, [*words, "--freeze", *freeze_id, "--out", str(tmp_path / "out")])
        assert done.exit_code == 0, done.output
        assert f"40 accounts of drop as of 2026-04-01T00:00:00Z, run run1, freeze {frozen['freeze_id']}" in done.output


def test_reversals_name_the_account_as_the_campaign_wrote_it(tmp_path: Path) -> None:
    rows = tables({"farm": FARM})
    for row in rows[Decisions]:
        row["account_as_given"] = row["account"].upper().replace("X", "x")
    lake = str(tmp_path / "lake")
    publish(lake, rows)
    freeze(lake, "drop", "ann", None)
    says(lake, "overturn", FARM[9])
    (one,) = reversals(lake, "drop")[1]
    assert (one.account, one.account_as_given) == (FARM[9], FARM[9].upper().replace("X", "x"))


def test_a_spreadsheet_runs_nothing_of_it(tmp_path: Path) -> None:
    evil = "=HYPERLINK(1)"
    lake = published(tmp_path / "lake", {"farm": [*FARM, evil, "-1:ab", f"'{evil}"]})
    freeze(lake, "drop", "ann", None)
    says(lake, "overturn", evil, "-1:ab", f"'{evil}", FARM[0])
    write_csv(str(tmp_path / "out.csv"), reversals(lake, "drop")[1])
    rows = list(csv.reader((tmp_path / "out.csv").open(encoding="utf-8")))
    assert rows[0][:4] == ["account", "account_as_given", "before", "after"]
    assert {row[0] for row in rows[1:]} == {FARM[0], f"'{evil}", "'-1:ab", f"''{evil}"}


def test_nobody_reverses_what_nobody_froze(lake: str) -> None:
    with pytest.raises(InputError, match="wanted a list that was frozen"):
        reversals(lake, "drop")
