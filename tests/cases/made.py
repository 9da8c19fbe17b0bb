"""The base case as rows that a test changes the way people's files differ, and the folder they are written to.

Twelve accounts of one farm and forty honest ones; `team` adds ten of one employer.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from tests.cases.running import CASES

Row = dict[str, str]
OPERATOR, SINK = "0x2f401dbd3bf73ddcd974732346aa81ed99aebbae", "0xf164adba37d058d3344231da3f8dcbe844923ae5"
FARM = (CASES / "farm.txt").read_text().split()
EMPLOYED = 10
BLOCK, BLOCK_AT, BLOCK_S = 22009600, datetime.fromisoformat("2026-02-23T00:00:00Z"), 12


def rows_of(case: str, name: str) -> list[Row]:
    with (CASES / case / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass
class World:
    """Who did what, and who paid whom, in the columns of our own formats."""

    actions: list[Row]
    moves: list[Row]

    @property
    def honest(self) -> list[str]:
        return [a for a in dict.fromkeys(row["account"] for row in self.actions) if a not in FARM]

    def of(self, account: str) -> list[Row]:
        return [row for row in self.actions if row["account"] == account]

    def begin(self, accounts: Iterable[str], at: str, every: timedelta = timedelta(minutes=83)) -> None:
        """They begin one after the other, as strangers do who follow one announcement."""
        for n, account in enumerate(accounts):
            for day, row in enumerate(self.of(account)):
                row["at"] = text(moment(at) + n * every + timedelta(days=day))

    def add_farm_of_others(self, name: str, addresses: Sequence[str]) -> None:
        """Addresses that one operator paid on 9 March and that sent it all on by the 15th."""
        operator, sink = address(f"{name} operator"), address(f"{name} sink")
        self.moves.append(paid("2026-02-23T04:00:00Z", address(f"{name} source"), operator, 5.0))
        for n, one in enumerate(addresses):
            self.moves.append(paid(f"2026-03-09T02:{n:02d}:00Z", operator, one, 0.05))
            self.moves.append(paid(f"2026-03-15T02:{n:02d}:00Z", one, sink, 0.04))


def base() -> World:
    return World(rows_of("00-base", "participation.csv"), rows_of("00-base", "transfers.csv"))


def with_team() -> World:
    """Also ten whom one employer paid first, months apart, and who pay into one place."""
    world = base()
    actions = rows_of("19b-own-times", "participation.csv")
    ours = list(dict.fromkeys(row["account"] for row in actions))[-EMPLOYED:]
    world.actions += [row for row in actions if row["account"] in ours]
    moves = rows_of("19b-own-times", "transfers.csv")
    world.moves += [row for row in moves if row["sender"] in ours or row["recipient"] in ours]
    employer = next(row["sender"] for row in moves if row["recipient"] == ours[0])
    world.moves.append(paid("2025-04-01T09:00:00Z", address("client"), employer, 30.0))
    return world


def address(name: str) -> str:
    return f"0x{hashlib.sha256(name.encode()).hexdigest()[:40]}"


def tx(name: str) -> str:
    return f"0x{hashlib.sha256(name.encode()).hexdigest()}"


def moment(at: str) -> datetime:
    return datetime.fromisoformat(at)


def text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def block(at: str) -> str:
    return str(BLOCK + int((moment(at) - BLOCK_AT).total_seconds()) // BLOCK_S)


def paid(at: str, sender: str, recipient: str, coins: float, **more: str) -> Row:
    """One payment by who signed it; `more` are further columns, or other words for these."""
    row = {"tx_hash": tx(f"{at} {sender} {recipient} {coins}"), "at": at, "sender": sender, "recipient": recipient}
    row |= {"asset": "native", "amount_raw": str(round(coins * 10**9) * 10**9), "block_number": block(at)}
    return row | {"initiator": sender} | more


@dataclass
class Given:
    """A source: its file, how it is read, and further lines of TOML."""

    name: str
    format: str
    rows: list[Row] | str
    more: list[str] = field(default_factory=list)


def moves_of(moves: list[Row]) -> Given:
    return Given("transfers.csv", "transfers", moves)


def actions_of(actions: list[Row]) -> Given:
    return Given("participation.csv", "participation", actions)


def write(folder: Path, *sources: Given, assets: Iterable[str] = ("native",), chain: str = "ethereum") -> Path:
    """The campaign's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = ", ".join(f'"{asset}"' for asset in assets)
    lines = ['id = "made"', 'name = "made"', f'chain = "{chain}"', f"assets = [{listed}]"]
    lines += ["starts_at = 2026-03-01T00:00:00Z", "ends_at = 2026-03-31T00:00:00Z"]
    for source in sources:
        content = source.rows if isinstance(source.rows, str) else csv_text(source.rows)
        (folder / source.name).write_text(content, encoding="utf-8", newline="")
        lines += ["", "[[sources]]", f'format = "{source.format}"', f'path = "{source.name}"', *source.more]
    (folder / "campaign.toml").write_text("\n".join(lines) + "\n")
    return folder


def csv_text(rows: list[Row]) -> str:
    """Every column any row has."""
    written = io.StringIO()
    columns = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(written, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()
