"""What the payout job is handed: whole, in order, the same every time, safe to open in a spreadsheet, and never lost.

Longer than 200 lines because all that a payout job rests on is read together.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from abuse.cli import main
from abuse.errors import InputError, LakeError
from abuse.lake.publication import current
from abuse.lake.storage.local import Local
from abuse.operate.export import export, out_now
from abuse.operate.handover import MANIFEST, check, earlier
from abuse.operate.sheets import cell
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
    written = cell(text)
    assert undone(written) == text
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


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
    assert export(current(lake, "drop"), str(tmp_path / "again"), kind) | {"since": 0} == manifest | {"since": 0}


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
    rows = current(lake, "drop").read(DisqualifiedAccounts).sort_by("account")
    given = rows.column_names.index("account_as_given")
    assert rows["account_as_given"].null_count == 3, "a night that did not know it"
    assert found.equals(rows.set_column(given, rows.schema.field(given), rows["account"]))


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


def test_a_new_night_leaves_what_was_handed_over_and_says_what_changed(lake: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = export(current(lake, "drop"), str(out))
    (out / "notes.txt").write_text("mine")
    before = files(out)
    told(lake, ["0xb", "0xnew", "'odd"], night=1)
    second = export(current(lake, "drop"), str(out), "parquet")
    after = files(out)
    assert re.fullmatch(r"disqualified_accounts-run1-[0-9a-f]{12}\.parquet", second["files"][0]["name"])
    assert {name: after[name] for name in before if name != MANIFEST} == {
        name: content for name, content in before.items() if name != MANIFEST
    }, "nothing that was handed over is touched"
    since = second["since"]
    assert (since["run_id"], since["rows"], since["added"], since["removed"]) == ("run0", 3, 2, 2)
    assert re.fullmatch(r"manifest-20260401T000000Z-run0-[0-9a-f]{12}\.json", since["manifest"])
    assert json.loads(after[since["manifest"]]) == first == json.loads(before[MANIFEST])
    assert json.loads(after[MANIFEST]) == second == check(str(out))
    rows = csv.DictReader(io.StringIO(after[since["file"]["name"]].decode(), newline=""))
    assert sorted((undone(row["account"]), row["change"]) for row in rows) == [
        ("'odd", "added"), ("0xa", "removed"), ("0xc", "removed"), ("0xnew", "added"),
    ]  # fmt: skip
    assert len(earlier(str(out))) == 1


def test_the_same_list_again_is_the_same_hand_over(lake: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(current(lake, "drop"), str(out))
    told(lake, ["0xa"], night=1)
    second = export(current(lake, "drop"), str(out))
    before = files(out)
    assert export(current(lake, "drop"), str(out)) == second
    assert files(out) == before


def test_a_list_that_comes_back_is_a_hand_over_of_its_own(lake: str, tmp_path: Path) -> None:
    """By people's word of one run: off the list, and on it again."""
    lake, out = published(tmp_path / "made"), str(tmp_path / "out")
    lists = [export(current(lake, "drop"), out)]
    overturned = says(lake, "overturn", FARM[0])
    lists.append(export(current(lake, "drop"), out))
    undo(lake, "drop", said("undo"), overturned.decision_id)
    lists.append(export(current(lake, "drop"), out))
    assert [(m["rows"], m["since"] and (m["since"]["added"], m["since"]["removed"])) for m in lists] == [
        (40, None), (39, (0, 1)), (40, (1, 0)),
    ]  # fmt: skip
    kept = [json.loads((tmp_path / "out" / m["since"]["manifest"]).read_text()) for m in lists[1:]]
    assert kept == lists[:2]
    assert check(out) == lists[2]


class KilledError(Exception):
    """As when the machine goes down."""


def test_killed_at_any_write_a_reader_finds_one_whole_list_and_the_next_export_ends_as_ever(
    lake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(lake, ["0xb", "0xnew"], night=1)
    whole = tmp_path / "whole"
    lists = [export(current(lake, "drop", night), str(whole)) for night in (NIGHT, NIGHT + timedelta(days=1))]
    write, num_writes = Local.write, 0
    for last in range(4):
        out = tmp_path / f"killed at {last}"
        export(current(lake, "drop", NIGHT), str(out))
        num_writes = 0

        def dies(self: Local, path: str, content: bytes, last: int = last) -> None:
            nonlocal num_writes
            if num_writes == last:
                raise KilledError
            num_writes += 1
            write(self, path, content)

        with monkeypatch.context() as patched:
            patched.setattr(Local, "write", dies)
            with pytest.raises(KilledError):
                export(current(lake, "drop"), str(out))
        assert check(str(out)) == lists[0]
        assert export(current(lake, "drop"), str(out)) == lists[1]
        assert files(out) == files(whole)
    assert num_writes == 3, "the list, who came and went, the manifest of before; the new one was the fourth"


def test_what_changed_is_unknown_where_the_list_of_before_was_taken_away(lake: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = export(current(lake, "drop"), str(out))
    (out / first["files"][0]["name"]).unlink()
    told(lake, ["0xa"], night=1)
    since = export(current(lake, "drop"), str(out))["since"]
    assert (since["added"], since["removed"], since["unknown"]) == (None, None, f"no {first['files'][0]['name']}")
    with pytest.raises(LakeError, match=f"no {first['files'][0]['name']}"):
        check(str(out))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_payout_reads_the_account_as_the_campaign_wrote_it(tmp_path: Path, kind: str) -> None:
    lake, out = str(tmp_path / "lake"), tmp_path / "out"
    rows = [decision("0xab", account_as_given="0xAB"), decision("0xc", account_as_given=None)]
    publish(lake, {DisqualifiedAccounts: [*rows, decision("0xd", account_as_given="")]})
    manifest = export(current(lake, "drop"), str(out), kind)
    content = (out / manifest["files"][0]["name"]).read_bytes()
    names = [column["name"] for column in manifest["columns"]]
    assert names[names.index("account") + 1] == "account_as_given"
    found = list(csv.DictReader(io.StringIO(content.decode(), newline=""))) if kind == "csv" else []
    found = found or pq.read_table(pa.BufferReader(content)).to_pylist()
    assert [(row["account"], row["account_as_given"]) for row in found] == [
        ("0xab", "0xAB"), ("0xc", "0xc"), ("0xd", "0xd"),
    ]  # fmt: skip
    publish(lake, {DisqualifiedAccounts: []}, as_of=NIGHT + timedelta(days=1), run_id="run2", minutes=1)
    since = export(current(lake, "drop"), str(out), kind)["since"]
    gone = csv.DictReader((out / since["file"]["name"]).read_text().splitlines())
    assert next(tuple(row.values()) for row in gone) == ("0xab", "0xAB", "removed")


def test_a_folder_of_an_earlier_version_is_kept_too(lake: str, tmp_path: Path) -> None:
    """Its manifest says nothing of before, and its list nothing of how the campaign wrote an account."""
    out, content = tmp_path / "out", b"account,verdict\r\n0xa,disqualified\r\n0xz,disqualified\r\n"
    out.mkdir()
    sha256 = hashlib.sha256(content).hexdigest()
    name = f"disqualified_accounts-old1-{sha256[:12]}.csv"
    (out / name).write_bytes(content)
    old = {"campaign": "drop", "as_of": "2026-03-31T00:00:00Z", "run_id": "old1", "rows": 2, "format": "csv"}
    old["files"] = [{"name": name, "sha256": sha256, "bytes": len(content)}]
    (out / MANIFEST).write_text(json.dumps(old))
    since = export(current(lake, "drop"), str(out))["since"]
    assert (since["added"], since["removed"]) == (2, 1)
    assert json.loads((out / since["manifest"]).read_text()) == old
    assert check(str(out))["run_id"] == "run0"


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
    assert "since" not in done.output
    told(lake, ["0xa"], night=1)
    done = CliRunner().invoke(main, ["export", "--campaign", "drop", "--lake", lake, "--out", out])
    assert "1 account of drop as of 2026-04-02T00:00:00Z, run run1" in done.output
    assert "since run run0 as of 2026-04-01T00:00:00Z, kept as manifest-20260401T000000Z-run0-" in done.output
    assert "0 accounts added, 2 removed, named in changed_accounts-run1-" in done.output
    done = CliRunner().invoke(main, ["export", "--check", out])
    assert done.exit_code == 0
    assert "as written, and 1 earlier list too" in done.output
    broken = next((tmp_path / "out").glob("disqualified_accounts-run0-*"))
    broken.write_bytes(broken.read_bytes() + b"x")
    assert f"{broken.name} has " in CliRunner().invoke(main, ["export", "--check", out]).stderr
    (tmp_path / "out" / MANIFEST).unlink()
    done = CliRunner().invoke(main, ["export", "--check", out])
    assert done.exit_code == 1
    assert done.stderr == (
        f"abuse: export {out}: no manifest.json, wanted an export as it was written. "
        "Export it again, to a new folder: `abuse export ...`.\n"
    )


WHOLE = ["--campaign", "drop", "--lake", "x", "--out", "y"]
HALF = [[], ["--campaign", "drop"], ["--check", "x", "--out", "y"], ["--lake", "x"], ["--freeze"]]
HALF += [["--check", "x", "--freeze"], [*WHOLE, "--freeze", "--as-of", "2026-04-01T00:00:00Z"]]


@pytest.mark.parametrize("words", HALF)
def test_half_a_question_is_usage(words: list[str]) -> None:
    assert CliRunner().invoke(main, ["export", *words]).exit_code == 2
