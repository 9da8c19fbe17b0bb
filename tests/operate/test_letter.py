"""What the owner of an account is told once a person, or the machine, decided in its favour; and by which name."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable, write_deltalake

import abuse
from abuse.authority import ALLOW_LISTED
from abuse.errors import InputError
from abuse.lake.ledger import replace_rows
from abuse.lake.publication import current
from abuse.operate.why import as_json, explain
from abuse.operate.wording import IN_FAVOUR, NOT_ENOUGH, USER_REASONS, USER_VERDICTS
from abuse.review.appeals import open_appeal, resolve_appeal
from abuse.review.decide import undo
from abuse.tables import Decisions, Runs
from tests.lake.test_publication import NIGHT, publish
from tests.operate.test_why import FUNDER, ME, Audience, decision, page, tables
from tests.review.made_up import RULES, said, says

GROUP = ["cluster_size", "money_link", "sink_link", "sequence_link", "identity_link", "same_time", "farm_score"]
AGAINST = [USER_REASONS[code] for code in GROUP]
HANDED = "A person has looked at this account. It was decided in its favour."
GIVEN = "0xA1" + "a1" * 19


def reasons(codes: list[str]) -> list[str]:
    return [f"{code}: 41 others did so with {FUNDER}." for code in codes]


@pytest.fixture
def lake(tmp_path: Path) -> str:
    publish(str(tmp_path), tables(decision(reasons=reasons(GROUP))))
    return str(tmp_path)


def granted(lake: str) -> None:
    open_appeal(lake, "drop", said("appeal_opened", "owner_asked"), ME)
    assert HANDED not in text(lake), "nobody has looked at it yet"
    resolve_appeal(lake, "drop", said("appeal_resolved", "x"), ME, "granted", RULES)


def exempted_after_a_confirmation(lake: str) -> None:
    says(lake, "confirm", ME)
    assert "A person has looked at this account. The decision stands." in text(lake)
    says(lake, "exempt", ME)


WAYS = {  # what people do -> the verdict it makes
    "an appeal is granted": (granted, "clear"),
    "it is overturned": (lambda lake: says(lake, "overturn", ME), "clear"),
    "it is found to be no part of the group": (lambda lake: says(lake, "split", ME), "clear"),
    "it is exempted": (lambda lake: says(lake, "exempt", ME), "exempt"),
    "it is exempted after it was confirmed": (exempted_after_a_confirmation, "exempt"),
}


def text(lake: str) -> str:
    return " ".join(page(lake, audience="user").split())


def speaks_against(letter: str) -> list[str]:
    return [sentence for sentence in AGAINST if sentence in letter]


@pytest.mark.parametrize(("decide", "verdict"), WAYS.values(), ids=WAYS)
def test_whom_a_person_cleared_is_told_so_and_nothing_that_spoke_against_them(
    lake: str, decide: Any, verdict: str
) -> None:
    assert speaks_against(text(lake)) == AGAINST
    decide(lake)
    letter = text(lake)
    assert speaks_against(letter) == []
    assert HANDED in letter
    assert USER_VERDICTS[verdict] in letter
    told = explain(current(lake, "drop"), ME, "user")
    assert (told.verdict, told.reasons, told.evidence, told.is_partial) == (verdict, [HANDED], [], False)
    assert not [sentence for sentence in AGAINST if sentence in as_json(told)]
    ops = explain(current(lake, "drop"), ME, "ops")
    assert len(ops.reasons) == 1 + len(GROUP), "ops read everything as before"
    assert len(ops.evidence) == 4


def test_what_is_taken_back_is_told_no_more(lake: str) -> None:
    undo(lake, "drop", said("undo"), says(lake, "overturn", ME).decision_id)
    letter = text(lake)
    assert HANDED not in letter
    assert speaks_against(letter) == AGAINST


def test_an_appeal_that_is_open_again_after_it_was_cleared_is_told_with_it(lake: str) -> None:
    says(lake, "overturn", ME)
    open_appeal(lake, "drop", said("appeal_opened", "owner_asked"), ME)
    assert explain(current(lake, "drop"), ME, "user").reasons == [HANDED, USER_REASONS["appeal_open"]]


def test_a_denied_appeal_leaves_the_reasons(lake: str) -> None:
    open_appeal(lake, "drop", said("appeal_opened", "owner_asked"), ME)
    resolve_appeal(lake, "drop", said("appeal_resolved", "x"), ME, "denied", RULES)
    assert speaks_against(text(lake)) == AGAINST


CLEARED = {  # the codes of a night's decision, its verdict -> what the letter says
    "the machine leaves a small group alone": (["small_group", "money_link"], "clear", [NOT_ENOUGH]),
    "nothing ties it": (["no_links"], "clear", [USER_REASONS["no_links"]]),
    "a reason that the letter knows no words for": (["brand_new"], "clear", []),
    "what ties it is unknown": (["unknown_payer", "farm_score"], "clear", [USER_REASONS["unknown_payer"]]),
    "the allow-list names it": ([ALLOW_LISTED, *GROUP], "exempt", ["The campaign has approved this account."]),
    "it cannot be read": (["bad_row"], "not_analysed", [USER_REASONS["bad_row"]]),
    "times are unknown": (["time_unknown", "small_group"], "clear", [USER_REASONS["time_unknown"], NOT_ENOUGH]),
}


@pytest.mark.parametrize(("codes", "verdict", "told"), CLEARED.values(), ids=CLEARED)
def test_a_letter_of_a_night_says_what_speaks_for_the_account(
    tmp_path: Path, codes: list[str], verdict: str, told: list[str]
) -> None:
    machine = "clear" if verdict == "clear" else "not_analysed"
    publish(str(tmp_path), tables(decision(verdict=verdict, machine_verdict=machine, reasons=reasons(codes))))
    assert explain(current(str(tmp_path), "drop"), ME, "user").reasons == told


def test_every_reason_has_words_for_its_owner_and_speaks_for_or_against_them() -> None:
    assert set(IN_FAVOUR).isdisjoint(GROUP)
    assert set(IN_FAVOUR) <= {*USER_REASONS}
    found = set(
        re.findall(
            r'"([a-z_]+): ', (Path(abuse.__file__).parent / "steps/decide/reasons.py").read_text(encoding="utf-8")
        )
    )
    assert len(found) > 10
    assert found <= {*GROUP, *IN_FAVOUR}, "a letter would call it a rule of the campaign, or not say it at all"


@pytest.mark.parametrize("asked", [GIVEN, f" {GIVEN}\n", ME, "Bob von Ü", "bob"])
def test_an_account_is_found_and_told_as_the_campaign_wrote_it(tmp_path: Path, asked: str) -> None:
    """Also where its own form is not the campaign's in another case."""
    bob = decision("bob", account_as_given="Bob von Ü", evidence=[])
    publish(str(tmp_path), tables(decision(account_as_given=GIVEN), bob))
    name, given = ("bob", "Bob von Ü") if "b" in asked.lower()[:1] else (ME, GIVEN)
    audiences: tuple[Audience, ...] = ("ops", "user")
    for audience in audiences:
        told = explain(current(str(tmp_path), "drop"), asked, audience)
        assert (told.account, told.account_as_given) == (name, given)
        letter = page(str(tmp_path), asked, audience)
        assert letter.startswith(f"Account {given}: disqualified\n")
        assert (f"in the tables {name}\n" in letter) == (audience == "ops")
    if name == ME:
        assert "a shared wallet -> this account" in page(str(tmp_path), asked, "user")


@pytest.mark.parametrize("empty", [None, ""])
def test_where_the_campaigns_writing_is_unknown_the_account_stands_for_it(tmp_path: Path, empty: str | None) -> None:
    publish(str(tmp_path), tables(decision(account_as_given=empty)))
    assert page(str(tmp_path)).startswith(f"Account {ME}: disqualified\n")
    assert "in the tables" not in page(str(tmp_path))


def test_a_night_of_before_the_column_is_read_all_the_same(tmp_path: Path) -> None:
    lake = str(tmp_path)
    publish(lake, tables(decision(account_as_given=GIVEN)))
    uri = f"{lake}/decisions"
    rows = DeltaTable(uri).to_pyarrow_table().drop_columns([Decisions.account_as_given])
    write_deltalake(uri, rows, mode="overwrite", schema_mode="overwrite")
    (run,) = DeltaTable(f"{lake}/runs").to_pyarrow_table().to_pylist()
    versions = json.loads(run["versions"]) | {"decisions": DeltaTable(uri).version()}
    replace_rows(lake, Runs, [run | {"versions": json.dumps(versions)}], "true")
    assert page(lake).startswith(f"Account {ME}: disqualified\n")
    with pytest.raises(InputError, match=r"account Bob: did not take part .* wanted one of its 1 participant"):
        explain(current(lake, "drop"), "Bob", "ops")


def test_a_person_may_decide_by_the_campaigns_writing(tmp_path: Path) -> None:
    """An owner appeals by the name in the letter."""
    publish(str(tmp_path), tables(decision("bob", account_as_given="Bob von Ü", evidence=[]), decision()))
    assert says(str(tmp_path), "overturn", "Bob von Ü", ME).accounts == sorted(["bob", ME])
    with pytest.raises(InputError, match="account Bob von Y: did not take part"):
        says(str(tmp_path), "overturn", "Bob von Y")


def test_an_exact_account_is_meant_before_another_that_was_written_so(tmp_path: Path) -> None:
    publish(
        str(tmp_path),
        tables(decision("carl", account_as_given="dora"), decision("dora", account_as_given="dora")),
        as_of=NIGHT + timedelta(days=1),
    )
    assert explain(current(str(tmp_path), "drop"), "dora", "ops").account == "dora"
