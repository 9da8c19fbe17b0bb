"""Who changed between two nights: what an operator reads, and what a machine does."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from rich.console import Console

from abuse.cli import main
from abuse.lake.publication import current
from abuse.operate.diff import MAX_SHOWN, Diff, diff, render
from abuse.tables import Decisions
from tests.lake.test_publication import NIGHT, publish

if TYPE_CHECKING:
    from pathlib import Path

MONEY, TIME = "money_link: Money ties it to the group.", "same_time: 9 others began with it."
DOUBT, NONE = "one_kind_of_evidence: 1 kind holds; 2 are needed.", "no_links: Nothing ties it."
NIGHTS = ("2026-04-01T00:00:00Z", "2026-04-02T00:00:00Z", "2026-04-03T00:00:00Z")
ABSENT = None
STORY: dict[str, tuple[tuple[str, list[str]] | None, ...]] = {  # account -> verdict and reasons of each night
    "0xout": (("review", [MONEY, DOUBT]), ("disqualified", [MONEY, TIME]), ("disqualified", [MONEY, TIME])),
    "0xover": (("disqualified", [MONEY]), ("clear", [MONEY, "review_overturned: A person said so."]), ABSENT),
    "0xnew": (ABSENT, ("disqualified", [MONEY, TIME]), ("review", [MONEY])),
    "0xclear": (ABSENT, ("clear", [NONE]), ("clear", [NONE])),
    "0xgone": (("clear", [NONE]), ABSENT, ABSENT),
    "0xstays": (("clear", [NONE]), ("clear", [NONE]), ("clear", [NONE])),
}


def decision(account: str, verdict: str, reasons: list[str], rules: str = "1") -> dict[str, Any]:
    row = {"account": account, "verdict": verdict, "machine_verdict": verdict, "reasons": reasons}
    return row | {"evidence_kinds": [], "evidence": [], "rule_version": rules, "model_version": "gap-1"}


def told(lake: str, night: int, rows: list[dict[str, Any]]) -> None:
    publish(lake, {Decisions: rows}, as_of=NIGHT + timedelta(days=night), run_id=f"run{night}", minutes=night)


@pytest.fixture
def lake(tmp_path: Path) -> str:
    for night in range(3):
        said = {account: nights[night] for account, nights in STORY.items()}
        told(str(tmp_path), night, [decision(a, *row, rules=f"{night // 2}") for a, row in said.items() if row])
    return str(tmp_path)


def between(lake: str, then: int, now: int) -> Diff:
    before, after = (current(lake, "drop", NIGHT + timedelta(days=night)) for night in (then, now))
    return diff(before, after)


def page(found: Diff) -> str:
    out = io.StringIO()
    render(found, Console(file=out, width=100))
    return out.getvalue()


def test_counts_come_first_then_the_accounts_with_their_reasons(lake: str) -> None:
    assert (
        page(between(lake, 0, 1))
        == """Campaign drop, from 2026-04-01 to 2026-04-02
  run    run0 -> run1
  review       -> disqualified           1
  took no part -> disqualified           1
  disqualified -> clear                  1
  clear        -> took no part           1
  1 more took no part then and is not flagged: not listed.

Accounts
  0xout: review -> disqualified
    - 9 others began with it.
    - no longer: 1 kind holds; 2 are needed.
  0xnew: took no part -> disqualified
    - Money ties it to the group.
    - 9 others began with it.
  0xover: disqualified -> clear
    - A person said so.
  0xgone: clear -> took no part
    - no longer: Nothing ties it.
"""
    )


def test_nights_that_are_not_neighbours_and_were_decided_by_other_rules(lake: str) -> None:
    found = between(lake, 0, 2)
    assert [(c.account, c.before, c.after) for c in found.changes] == [
        ("0xout", "review", "disqualified"),
        ("0xnew", None, "review"),
        ("0xover", "disqualified", None),
        ("0xgone", "clear", None),
    ]
    assert "  rules  0 -> 1\n" in page(found)
    assert "model" not in page(found), "the same in both"


def test_the_other_way_round_is_the_way_back(lake: str) -> None:
    found = between(lake, 1, 0)
    assert {(c.account, c.before, c.after) for c in found.changes} == {
        ("0xout", "disqualified", "review"),
        ("0xnew", "disqualified", None),
        ("0xclear", "clear", None),
        ("0xover", "clear", "disqualified"),
    }
    assert found.num_new_unflagged == 1, "who is clear and was not there later"


def test_a_night_and_itself_is_one_line(lake: str) -> None:
    assert page(between(lake, 1, 1)).splitlines()[1:] == ["  That is one night twice: nothing to compare."]


def test_nothing_changed_and_nobody_took_part_are_said(tmp_path: Path) -> None:
    for night, rows in enumerate(([decision("a", "clear", [NONE])], [decision("a", "clear", [NONE])], [])):
        told(str(tmp_path), night, rows)
    assert "Nobody's verdict changed." in page(between(str(tmp_path), 0, 1))
    assert "took no part" in page(between(str(tmp_path), 1, 2))
    assert "model  gap-1 -> none" in page(between(str(tmp_path), 1, 2))


def test_a_verdict_that_changed_for_the_same_reasons_says_so(tmp_path: Path) -> None:
    for night, verdict in enumerate(("review", "clear")):
        told(str(tmp_path), night, [decision("a", verdict, [MONEY])])
    assert "    - The same reasons hold as before.\n" in page(between(str(tmp_path), 0, 1))


def test_only_the_first_are_printed_and_json_has_all(tmp_path: Path) -> None:
    for night, verdict in enumerate(("clear", "review")):
        told(str(tmp_path), night, [decision(f"0x{n:04}", verdict, [MONEY]) for n in range(60)])
    text = page(between(str(tmp_path), 0, 1))
    assert text.count(": clear -> review") == MAX_SHOWN
    assert text.endswith("  and 10 more: see --json\n")
    assert len(json.loads(command(tmp_path, *NIGHTS[:2], "--json"))["changes"]) == 60


def test_text_of_the_lake_is_never_obeyed(tmp_path: Path) -> None:
    account = "[red]x[/red]\x1b[2J\u202e; rm -rf $HOME"
    for night, verdict in enumerate(("clear", "review")):
        told(str(tmp_path), night, [decision(account, verdict, ["money_link: [bold]\x1b[31mboo\u2028[/]"][:night])])
    text = page(between(str(tmp_path), 0, 1))
    assert text.replace("\n", "").isprintable()
    assert "[red]x[/red]\\x1b[2J\\u202e; rm -rf $HOME: clear -> review" in text
    assert command(tmp_path, *NIGHTS[:2], "--json").isascii()


def command(lake: Path, *more: str) -> str:
    done = CliRunner().invoke(main, ["diff", "--campaign", "drop", "--lake", str(lake), *more])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_command_prints_the_page_and_json_for_machines(lake: str, tmp_path: Path) -> None:
    assert "0xout: review -> disqualified" in command(tmp_path, *NIGHTS[:2])
    found = json.loads(command(tmp_path, *NIGHTS[:2], "--json"))
    assert found["campaign_id"] == "drop"
    assert found["before"] == {
        "as_of": "2026-04-01T00:00:00+00:00",
        "run_id": "run0",
        "rule_versions": ["0"],
        "model_versions": ["gap-1"],
    }
    assert {"before": None, "after": "disqualified", "num": 1} in found["counts"]
    why = [TIME, "no longer: 1 kind holds; 2 are needed."]
    assert found["changes"][0] == {"account": "0xout", "before": "review", "after": "disqualified", "why": why}


@pytest.mark.parametrize(
    ("nights", "said"),
    [
        ((NIGHTS[0], "2026-05-01T00:00:00Z"), "no publication of campaign 'drop' as of 2026-05-01"),
        (("yesterday", NIGHTS[0]), "'yesterday', wanted a time such as"),
    ],
)
def test_a_night_that_is_unknown_is_one_line(lake: str, nights: tuple[str, str], said: str) -> None:
    done = CliRunner().invoke(main, ["diff", "--campaign", "drop", "--lake", lake, *nights])
    assert done.exit_code == 1
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
