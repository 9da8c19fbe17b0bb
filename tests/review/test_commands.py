"""The commands of people's side: without a JVM, for machines too, and as safe to print as to paste."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from abuse import words
from abuse.cli import main
from abuse.commands import review
from abuse.lake.ledger import ledger
from abuse.tables import VERDICTS, Reviews
from tests.review.made_up import ALONE, BOB, FARM, TEAM, seen, verdicts

EVIL_NOTE = "\x1b[2J\x07[red]\u202e\x7f"


def asked(lake: str, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--campaign", "drop", "--lake", lake])


def done(lake: str, *words: str) -> str:
    found = asked(lake, *words)
    assert found.exit_code == 0, found.output
    return found.stdout


def told(lake: str, *words: str) -> Any:
    text = done(lake, *words, "--json")
    assert text.replace("\n", "").isprintable()
    assert text.isascii()
    return json.loads(text)


def test_a_campaign_from_the_queue_to_the_reversals(lake: str, tmp_path: Path) -> None:
    (waiting,) = told(lake, "review", "list")
    assert (waiting["id"], waiting["size"], waiting["kinds"]) == ("team", 8, ["review"])
    shown = told(lake, "review", "show", "team")
    assert shown["digest"] == waiting["digest"]
    assert len(shown["members"]) == 8
    (word,) = told(lake, "review", "decide", "overturn", "team", "--seen", shown["digest"], "--reason", "acquaintances")
    assert (word["is_new"], word["needs_approval"], len(word["accounts"])) == (True, False, 8)
    assert told(lake, "review", "list") == []
    frozen = told(lake, "freeze", "--note", "May")
    (off,) = told(lake, "review", "decide", "overturn", "farm", "--seen", seen(FARM), "--reason", "shared_payer")
    assert off["needs_approval"]
    assert asked(lake, "review", "approve", off["decision_id"]).exit_code == 1, "by who made it"
    told(lake, "review", "approve", off["decision_id"], "--actor", "bert")
    told(lake, "exempt", BOB, "--reason", "own_team")
    told(lake, "appeal", "open", ALONE, "--role", "viewer")
    told(lake, "appeal", "resolve", ALONE, "denied")
    told(lake, "review", "undo", word["decision_id"], "--reason", "mistake")
    since = told(lake, "reversals", "--out", str(tmp_path / "r.csv"))
    assert since["freeze"]["freeze_id"] == frozen["freeze_id"]
    assert {one["account"] for one in since["reversals"]} == set(FARM)
    assert len((tmp_path / "r.csv").read_text().splitlines()) == 41
    assert verdicts(lake, TEAM) == {"review"}


def test_pages_say_what_to_do_next(lake: str) -> None:
    assert "cluster team: 8 of 8 accounts, score 0.9, seen" in done(lake, "review", "list")
    assert "waiting for a person" in done(lake, "review", "list")
    assert "abuse review decide confirm team --seen" in done(lake, "review", "show", "team")
    text = done(lake, "review", "decide", "overturn", "farm", "--seen", seen(FARM), "--reason", "chance")
    assert "It counts once an approver other than you agrees: abuse review approve " in text
    text = done(lake, "review", "decide", "hold", BOB, "--reason", "needs_facts")
    assert f"abuse publish --campaign drop --lake {lake}" in text
    assert "hold of 1 account, in the ledger already" in done(
        lake, "review", "decide", "hold", BOB, "--reason", "needs_facts"
    )
    assert "40 of 51 accounts are out" in done(lake, "freeze")
    assert "0 reversed since" in done(lake, "reversals")


def test_notes_are_kept_as_they_are_and_printed_so_that_a_terminal_obeys_nothing(lake: str) -> None:
    done(lake, "review", "decide", "note", BOB, "--note", EVIL_NOTE)
    assert ledger(lake, Reviews)["note"].to_pylist() == [EVIL_NOTE]
    text = done(lake, "review", "show", BOB)
    assert text.replace("\n", "").isprintable()
    assert "\\x1b[2J\\x07[red]\\u202e\\x7f" in text
    assert told(lake, "review", "show", BOB)["history"][0]["note"] == EVIL_NOTE


WRONG = {  # words -> exit code, what is said
    "no reason": (("review", "decide", "confirm", BOB), 2, "--reason is missing; one of: one_operator"),
    "no target": (("review", "decide", "confirm", "--reason", "one_operator"), 2, "Missing argument"),
    "no such action": (("review", "decide", "delete", BOB), 2, "'delete' is not one of"),
    "no such role": (("exempt", BOB, "--reason", "chance", "--role", "king"), 2, "'king' is not one of"),
    "an unknown account": (("exempt", "0xno", "--reason", "chance"), 1, "abuse: account 0xno: did not take part"),
    "unseen": (("review", "decide", "confirm", "team", "--reason", "one_operator"), 1, "without --seen"),
    "nothing frozen": (("reversals",), 1, "no freeze"),
    "no appeal": (("appeal", "resolve", BOB, "denied"), 1, "has no open appeal"),
    "no such decision": (("review", "undo", "d1", "--reason", "mistake"), 1, "decision d1: is unknown"),
}


@pytest.mark.parametrize(("words", "exit_code", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_and_nothing_written(
    lake: str, words: tuple[str, ...], exit_code: int, said: str
) -> None:
    found = asked(lake, *words)
    assert (found.exit_code, said in found.stderr) == (exit_code, True), found.stderr
    assert exit_code == 2 or len(found.stderr.splitlines()) == 1
    assert ledger(lake, Reviews).num_rows == 0


def test_a_campaign_nobody_published_is_one_line(tmp_path: Path) -> None:
    exempt = ("exempt", "x", "--reason", "own_team")
    for command in (("review", "list"), ("review", "show", "x"), ("freeze",), ("publish",), exempt):
        found = asked(str(tmp_path / "none"), *command)
        assert (found.exit_code, len(found.stderr.splitlines())) == (1, 1)
        assert "no publication of campaign 'drop'" in found.stderr
    assert not (tmp_path / "none").exists()


ASK = """
import sys
from abuse.cli import main
main(sys.argv[1:], standalone_mode=False)
print("pyspark" in sys.modules, "torch" in sys.modules)
"""


@pytest.mark.parametrize("words", [("review", "list"), ("review", "show", "team"), ("freeze",)], ids=" ".join)
def test_people_wait_for_no_jvm(lake: str, words: tuple[str, ...]) -> None:
    command = [sys.executable, "-c", ASK, *words, "--campaign", "drop", "--lake", lake]
    found = subprocess.run(command, capture_output=True, text=True, check=True, env={"PATH": "/nowhere"})
    assert found.stdout.splitlines()[-1] == "False False"


def test_the_options_name_what_the_tables_know() -> None:
    assert VERDICTS == words.VERDICTS
    assert set(review.DECIDED) < set(words.ACTIONS)


def test_a_cluster_is_taken_seen_in_the_list_and_let_go(lake: str) -> None:
    (word,) = told(lake, "review", "decide", "take", "team", "--seen", seen(TEAM), "--actor", "ann")
    assert (word["action"], word["taken_from"]) == ("take", None)
    (item,) = told(lake, "review", "list")
    assert item["taken_by"] == "ann"
    text = done(lake, "review", "decide", "take", "team", "--seen", seen(TEAM), "--actor", "rob")
    assert "ann had it until then" in text
    assert "abuse publish" not in text, "it changes no table"
    assert "taken by rob" in done(lake, "review", "list")
    told(
        lake, "review", "undo", told(lake, "review", "show", "team")["history"][-1]["decision_id"], "--reason", "let_go"
    )
    assert "taken by ann" in done(lake, "review", "list")
