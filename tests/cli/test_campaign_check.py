"""`abuse campaign check` says what a night would quarantine, why, and what to do, before a night is run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from abuse.cli import main
from tests.cli.running import GOOD, files, write

MOVES = """
[[sources]]
format = "transfers"
path = "moves.csv"
const = { asset = "native" }
"""
PAYER, TAKERS = f"0x{999:040x}", [f"0x{n:040x}" for n in range(1, 41)]
PAID = "tx_hash,at,sender,recipient,amount_raw\n" + "".join(
    f"0x{n:064x},2026-03-02T00:00:00Z,{PAYER},{taker},{10**18}\n" for n, taker in enumerate(TAKERS, 1)
)
ACTED = "account,at,reward\n" + "".join(
    f"{taker},2026-03-0{n % 7 + 1}T01:0{n % 7}:00Z,5\n" for n, taker in enumerate(TAKERS)
)


def checked(folder: Path, *more: str) -> Result:
    done = CliRunner().invoke(main, ["campaign", "check", str(folder / "campaign.toml"), *more])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = write(tmp_path / "in", campaign=GOOD + MOVES, actions=ACTED)
    (made / "moves.csv").write_text(PAID)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return made


@pytest.mark.usefixtures("spark")
def test_good_sources_are_runnable_and_nothing_is_written(folder: Path) -> None:
    said = checked(folder)
    assert said.exit_code == 0, said.stderr
    assert said.stdout.splitlines()[0].endswith(", runnable")
    assert said.stdout.count("the first 40 rows: none would be quarantined") == 2
    assert files(folder.parent / "here") == {".": b""}


@pytest.mark.usefixtures("spark")
def test_what_would_be_quarantined_is_said_with_its_cause_and_fix(folder: Path) -> None:
    odd = ACTED.replace("T01:00:00Z,5", "T01:00:00Z,1,234.50")
    (folder / "actions.csv").write_text(odd + "me,2026-03-02,5\n")
    said = checked(folder)
    assert said.exit_code == 0, said.stderr
    assert (
        "the first 41 rows: 7 would be quarantined, most because the row has more fields than the header" in said.stdout
    )
    assert "Put quotes around texts with commas" in said.stdout
    assert "All reasons: surplus_fields 6, bad_address 1." in said.stdout
    found = {one["source"]: one["sample"] for one in json.loads(checked(folder, "--json").stdout)}
    assert found["actions"]["reasons"] == {"bad_address": 1, "surplus_fields": 6}
    assert found["moves"]["quarantined"] == 0


NOBODY: dict[str, tuple[str, str, str]] = {  # actions, moves -> why nobody can be judged
    "ids for addresses": (
        "account\n" + "".join(f"user-{n}\n" for n in range(20)), PAID, "the address is no address of its chain"),
    "amounts in hexadecimal": (ACTED, PAID.replace(str(10**18), "0xde0b6b3a7640000"), "written in hexadecimal"),
    "nothing moved": (ACTED, PAID.replace(str(10**18), "0"), "no movement succeeded and moved anything"),
}  # fmt: skip


@pytest.mark.parametrize(("actions", "moves", "why"), NOBODY.values(), ids=NOBODY)
@pytest.mark.usefixtures("spark")
def test_that_nobody_can_be_judged_is_an_error_that_names_the_cause(
    folder: Path, actions: str, moves: str, why: str
) -> None:
    (folder / "actions.csv").write_text(actions)
    (folder / "moves.csv").write_text(moves)
    said = checked(folder)
    assert said.exit_code == 1
    assert said.stdout.splitlines()[0].endswith(", not runnable")
    assert said.stderr.startswith("abuse: campaign spring: nobody can be judged: ")
    assert why in said.stderr
    assert len(said.stderr.splitlines()) == 1


@pytest.mark.usefixtures("spark")
def test_wallets_of_nobody_who_takes_part_are_said(folder: Path) -> None:
    owners = '\n[[sources]]\nformat = "account_addresses"\npath = "owners.csv"\n'
    (folder / "campaign.toml").write_text(GOOD + MOVES + owners)
    (folder / "actions.csv").write_text("account\n1\n2\n3\n")
    (folder / "owners.csv").write_text("account,address\n" + "".join(f"{n}.0,{t}\n" for n, t in enumerate(TAKERS)))
    said = checked(folder)
    assert (said.exit_code, "no wallet's account takes part" in said.stderr) == (1, True)
