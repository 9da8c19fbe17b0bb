"""`abuse review token`: shown once, kept as a digest, one for each person, in a file that is whole and its owner's."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from abuse.cli import main
from abuse.console.who import tokens
from abuse.console.who.person import Person
from abuse.errors import InputError


def ran(file: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["review", "token", *words, "--tokens", str(file)])


def test_a_token_is_shown_once_and_kept_as_a_digest(tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    made = ran(file, "add", "Ana Müller", "--role", "approver")
    assert made.exit_code == 0
    token = made.stdout.strip()
    assert len(token) == 43
    kept = file.read_text()
    assert token not in kept
    assert hashlib.sha256(token.encode()).hexdigest() in kept
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["tokens.json"]
    keys = tokens.TokenFile(file)
    assert keys.person(tokens.digest_of(token)) == Person("Ana Müller", "approver")
    for wrong in ("", token[:-1], token + " ", "\ud800"):
        assert keys.person(tokens.digest_of(wrong)) is None
    assert "Ana Müller, approver, since 20" in ran(file, "list").output
    assert token not in ran(file, "list", "--json").output
    assert "sha256" not in ran(file, "list", "--json").output


def test_a_person_has_one_token_however_the_name_is_written(tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    ran(file, "add", "Ann", "--role", "viewer")
    again = ran(file, "add", " aNN", "--role", "approver")
    assert again.exit_code == 1
    assert "has a token already" in again.output
    assert ran(file, "remove", "ann").exit_code == 0
    assert tokens.listed(file) == []
    assert "has no token" in ran(file, "remove", "ann").output


@pytest.mark.parametrize(
    ("name", "role"), [("", "viewer"), ("a\nb", "viewer"), ("x" * 201, "viewer"), ("\u202e", "viewer"), ("ann", "root")]
)
def test_a_name_is_one_that_the_ledger_keeps(tmp_path: Path, name: str, role: str) -> None:
    with pytest.raises(InputError):
        tokens.add(tmp_path / "tokens.json", name, role)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"tokens": [{"name": "a"}]}', "\x00"])
def test_a_file_that_is_no_list_of_tokens_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "tokens.json"
    file.write_text(content)
    file.chmod(0o600)
    with pytest.raises(InputError, match="no list of tokens"):
        tokens.TokenFile(file)


def test_a_file_that_others_may_write_to_opens_nothing(tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    tokens.add(file, "ann", "viewer")
    file.chmod(0o620)
    with pytest.raises(InputError, match="others may write to it"):
        tokens.TokenFile(file)
    one = json.loads(file.read_text())["tokens"][0]
    file.write_text(json.dumps({"tokens": [one | {"role": "root"}]}))
    file.chmod(0o600)
    with pytest.raises(InputError, match="root"):
        tokens.TokenFile(file)
    with pytest.raises(InputError, match="cannot be read"):
        tokens.TokenFile(tmp_path / "none")


def test_two_who_add_at_once_are_both_added(tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    adding = [threading.Thread(target=tokens.add, args=(file, f"p{n}", "viewer")) for n in range(8)]
    for one in adding:
        one.start()
    for one in adding:
        one.join()
    assert {one.name for one in tokens.listed(file)} == {f"p{n}" for n in range(8)}
