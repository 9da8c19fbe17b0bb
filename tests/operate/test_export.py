"""What the payout job is handed: whole, in order, the same every time, and safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from abuse.cli import main
from abuse.errors import InputError, LakeError
from abuse.lake.publication import current
from abuse.operate.export import MANIFEST, _cell, check, export, out_now
from abuse.review.decide import undo
from abuse.tables import DisqualifiedAccounts
from tests.lake.test_publication import NIGHT, publish
from tests.operate.test_why import decision
from tests.review.made_up import FARM, TEAM, now, published, said, says

ODD = ["=cmd|' /C calc'!A0", "+1", "-2", "@sum(a1)", "\tx", "\rx", "'quoted", 'a,"b"\r\nc', "x\ry", "Ünï\u202e", "0xb"]
"""What an attacker may call an account, and what csv must carry."""


def told(lake: str, accounts: list[str], night: int = 0, **more: Any) -> None:
    rows = [decision(account) for account in accounts]
    about: dict[str, Any] = {"as_of": NIGHT + timedelta(days=night), "run_id": f"run{night}", "minutes": night}
    publish(lake, {DisqualifiedAccounts: rows}, **(about | more))


@pytest.fixture
def lake(tmp_path: Path) -> str:
    told(str(tmp_path / "lake"), ["0xc", "0xa", "0xb"])
    return str(tmp_path / "lake")


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def lines(folder: Path) -> list[dict[str, str]]:
    (name,) = (path for path in folder.iterdir() if path.suffix == ".csv")
    return list(csv.DictReader(io.StringIO(name.read_bytes().decode(), newline="")))


def undone(cell: str) -> str:
    """As the manifest says."""
    return cell.removeprefix("'")


def test_every_row_arrives_by_account_with_what_stands_behind_it(lake: str, tmp_path: Path) -> None:
    manifest = export(current(lake, "drop"), str(tmp_path / "out"))
    rows = current(lake, "drop").read(DisqualifiedAccounts).to_pylist()
    told_of = {row["account"]: row for row in rows}
    found = lines(tmp_path / "out")
    assert [row["account"] for row in found] == ["0xa", "0xb", "0xc"]
    assert manifest["rows"] == 3
    assert [column["name"] for column in manifest["columns"]] == list(found[0]) == DisqualifiedAccounts.columns()
    for row in found:
        theirs = told_of[row["account"]]
        assert json.loads(row["reasons"]) == theirs["reasons"]
        assert float(row["score"]) == theirs["score"]
        assert row["as_of"] == "2026-04-01T00:00:00Z"
        items = json.loads(row["evidence"])
        assert [item["tx_hash"] for item in items] == [item["tx_hash"] for item in theirs["evidence"]]
        assert items[0]["at"] == "2026-03-02T10:11:12Z"
        assert items[3]["amount"] is None


def test_no_cell_starts_a_formula_and_every_account_comes_back_as_it_was(tmp_path: Path) -> None:
    told(str(tmp_path / "lake"), ODD)
    export(current(str(tmp_path / "lake"), "drop"), str(tmp_path / "out"))
    found = lines(tmp_path / "out")
    cells = [cell for row in found for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
    assert sorted(undone(row["account"]) for row in found) == sorted(ODD)


@given(st.text())
def test_one_apostrophe_less_is_what_was_there(text: str) -> None:
    cell = _cell(text)
    assert undone(cell) == text
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_same_publication_is_the_same_bytes_whatever_became_of_the_table(
    lake: str, tmp_path: Path, kind: str
) -> None:
    export(current(lake, "drop"), str(tmp_path / "one"), kind)
    told(lake, ["0xlater"], night=1)
    export(current(lake, "drop", NIGHT), str(tmp_path / "two"), kind)
    assert files(tmp_path / "one") == files(tmp_path / "two")
    export(current(lake, "drop"), str(tmp_path / "later"), kind)
    assert files(tmp_path / "later") != files(tmp_path / "one")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_peoples_word_counts_at_once(tmp_path: Path, kind: str) -> None:
    lake, out = published(tmp_path / "lake"), tmp_path / "out"
    before = export(current(lake, "drop"), str(out), kind)
    assert (before["rows"], before["reviews"]) == (40, {"known": 0, "put_on": 0, "taken_off": 0})
    says(lake, "overturn", FARM[0])
    says(lake, "exempt", FARM[1])
    says(lake, "note", FARM[2], note="nothing")
    says(lake, "confirm", TEAM[0])
    undo(lake, "drop", said("undo"), says(lake, "overturn", FARM[3]).decision_id)
    manifest = export(current(lake, "drop"), str(out), kind)
    assert manifest["reviews"] == {"known": 6, "put_on": 1, "taken_off": 2}
    found = out_now(now(lake))[0]
    assert {row["account"] for row in found.to_pylist()} == {*FARM[2:], TEAM[0]}
    assert manifest["rows"] == found.num_rows == 39
    (confirmed,) = (row["reasons"] for row in found.to_pylist() if row["account"] == TEAM[0])
    assert confirmed[0].startswith("review_confirmed: ")
    assert check(str(out)) == manifest
    assert before["files"][0]["name"] != manifest["files"][0]["name"], "a reader between the two finds a whole list"
    assert len(files(out)) == 2
    assert export(current(lake, "drop"), str(tmp_path / "again"), kind) == manifest


def test_the_order_in_which_rows_were_written_is_no_matter(lake: str, tmp_path: Path) -> None:
    told(str(tmp_path / "other"), ["0xb", "0xc", "0xa"])
    for kind in ("csv", "parquet"):
        for name in ("lake", "other"):
            export(current(str(tmp_path / name), "drop"), str(tmp_path / f"{name}-{kind}"), kind)
        assert files(tmp_path / f"lake-{kind}") == files(tmp_path / f"other-{kind}")


def test_parquet_holds_the_declared_types(lake: str, tmp_path: Path) -> None:
    manifest = export(current(lake, "drop"), str(tmp_path / "out"), "parquet")
    found = pq.read_table(tmp_path / "out" / manifest["files"][0]["name"])
    assert found.schema == DisqualifiedAccounts.arrow_schema()
    assert found.equals(current(lake, "drop").read(DisqualifiedAccounts).sort_by("account"))


def test_the_manifest_says_what_it_is_and_vouches_for_the_file(lake: str, tmp_path: Path) -> None:
    export(current(lake, "drop"), str(tmp_path / "out"))
    found = json.loads((tmp_path / "out" / MANIFEST).read_text())
    run = current(lake, "drop").run
    assert (found["campaign"], found["as_of"], found["run_id"]) == ("drop", "2026-04-01T00:00:00Z", run.run_id)
    assert found["versions"] == run.versions
    (file,) = found["files"]
    content = (tmp_path / "out" / file["name"]).read_bytes()
    assert (file["bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert found == check(str(tmp_path / "out"))


def test_a_publication_that_disqualifies_nobody_is_a_header_and_no_error(tmp_path: Path) -> None:
    told(str(tmp_path / "lake"), [])
    assert export(current(str(tmp_path / "lake"), "drop"), str(tmp_path / "out"))["rows"] == 0
    assert lines(tmp_path / "out") == []
    assert check(str(tmp_path / "out"))["rows"] == 0


def data_file(folder: Path) -> Path:
    return next(path for path in folder.iterdir() if path.name != MANIFEST)


def edited(manifest: Path, **changes: object) -> None:
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | changes))


BROKEN = {  # what became of the export -> what is said
    "no manifest yet": (lambda out: (out / MANIFEST).unlink(), "no manifest.json"),
    "no data": (lambda out: data_file(out).unlink(), "no disqualified_accounts-run0-"),
    "cut short": (lambda out: data_file(out).write_bytes(data_file(out).read_bytes()[:-1]), "bytes, not"),
    "another byte": (
        lambda out: data_file(out).write_bytes(data_file(out).read_bytes().replace(b"0xa", b"0xz")),
        "another sha256"),
    "no JSON": (lambda out: (out / MANIFEST).write_text("{"), "that no export wrote"),
    "a list": (lambda out: (out / MANIFEST).write_text("[]"), "that no export wrote"),
    "a name that leads elsewhere": (
        lambda out: edited(out / MANIFEST, files=[{"name": "../x", "bytes": 1, "sha256": "a"}]),
        "that no export wrote"),
}  # fmt: skip


@pytest.mark.parametrize(("break_it", "said"), BROKEN.values(), ids=BROKEN)
def test_an_export_that_is_not_whole_is_refused(lake: str, tmp_path: Path, break_it: Any, said: str) -> None:
    export(current(lake, "drop"), str(tmp_path / "out"))
    break_it(tmp_path / "out")
    with pytest.raises(LakeError) as refused:
        check(str(tmp_path / "out"))
    assert said in refused.value.found


def test_a_new_night_takes_the_place_of_the_one_before_and_leaves_the_rest_alone(lake: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(current(lake, "drop"), str(out))
    (out / "notes.txt").write_text("mine")
    told(lake, ["0xnew"], night=1)
    export(current(lake, "drop"), str(out), "parquet")
    (name,) = {path.name for path in out.iterdir()} - {MANIFEST, "notes.txt"}
    assert re.fullmatch(r"disqualified_accounts-run1-[0-9a-f]{12}\.parquet", name)
    assert check(str(out))["run_id"] == "run1"


def test_another_campaigns_export_is_not_overwritten(lake: str, tmp_path: Path) -> None:
    told(lake, ["0xother"], campaign_id="other")
    export(current(lake, "drop"), str(tmp_path / "out"))
    before = files(tmp_path / "out")
    with pytest.raises(InputError, match="an export of drop, wanted a new folder, or an export of other"):
        export(current(lake, "other"), str(tmp_path / "out"))
    assert files(tmp_path / "out") == before


def test_the_command_hands_over_and_checks(lake: str, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    done = CliRunner().invoke(main, ["export", "--campaign", "drop", "--lake", lake, "--out", out])
    assert done.exit_code == 0, done.output
    assert "3 accounts of drop as of 2026-04-01T00:00:00Z, run run0" in done.output
    assert CliRunner().invoke(main, ["export", "--check", out]).exit_code == 0
    (tmp_path / "out" / MANIFEST).unlink()
    done = CliRunner().invoke(main, ["export", "--check", out])
    assert done.exit_code == 1
    assert done.stderr == (
        f"abuse: export {out}: no manifest.json, wanted an export as it was written. "
        "Export it again: `abuse export ...`.\n"
    )


@pytest.mark.parametrize("words", [[], ["--campaign", "drop"], ["--check", "x", "--out", "y"], ["--lake", "x"]])
def test_half_a_question_is_usage(words: list[str]) -> None:
    assert CliRunner().invoke(main, ["export", *words]).exit_code == 2
