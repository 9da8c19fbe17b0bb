"""Campaigns that must be refused, or held after ingest: made of the base case, each for causes of its own."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from pathlib import Path

from tests.cases.campaigns import Wanted
from tests.cases.made import FARM, Given, Row, actions_of, address, base, csv_text, moves_of, paid, tx, write

CENTS = address("a token of two decimals")
UNPRICED = address("a token of unknown decimals")


def contradictions(folder: Path) -> Wanted:
    """Rows of one place that say two things, more fields than columns, times without a zone, unknown status."""
    world = base()
    for row in world.moves:
        row |= {"position": "12", "at": row["at"].replace("T", " ").rstrip("Z"), "status": "1"}
    for row in world.moves[-20:]:
        row["status"] = "pending?"
    world.moves += [row | {"amount_raw": f"{row['amount_raw']}0"} for row in world.moves[40:42]]
    for row in world.actions:
        row["position"] = "1" if world.of(row["account"])[0] is row else "2"
    world.actions += [world.actions[0] | {"reward": "99"}]
    shifted = f"{world.actions[30]['account']},2026-03-09T10:00:00Z,swap,1,234.50,,3\n"
    actions = csv_text(world.actions) + shifted
    write(folder, Given("participation.csv", "participation", actions), moves_of(world.moves))
    return {
        "quarantined": {"participation": 3, "transfers": 4},
        "reasons": {"conflict": 6, "surplus_fields": 1},
        "held": ["conflicts:participation", "conflicts:transfers", "unknown_status:transfers"],
        "actions": 83,
        "movements": 103,
        "told": ["107 times of transfers", "timezone"],
    }


def partial(folder: Path) -> Wanted:
    """Amounts in gwei, names that say nothing, and a second chain whose movements end early."""
    world = base()
    old = [paid(f"2026-03-1{n}T10:00:00Z", address(f"payer {n}"), FARM[n], 3.0) for n in range(9)]
    for row in (*world.moves, *old):
        row["amount_raw"] = str(int(row["amount_raw"]) // 10**9)
    names = [{"account": name, "at": "2026-03-10T10:00:00Z"} for name in ("NULL", "<NA>", "", "\xa0")]
    early = Given("polygon.csv", "transfers", old, ['chain = "polygon"'])
    write(folder, actions_of([*world.actions, *names]), moves_of(world.moves), early)
    return {
        "participants": 54,
        "quarantined": {"participation": 4},
        "reasons": {"null_account": 4},
        "held": ["nothing_counts:native", "stale:polygon", "unnamed_participants"],
        "movements": 114,
        "told": ["smallest unit", "2026-03-18"],
    }


def vendors(folder: Path) -> Wanted:
    """Two vendors, each with its own numbering and spelling, tell of the same; a listed token has no decimals."""
    world = base()
    twice = paid("2026-03-12T12:12:12Z", address("shop"), address("baker"), 0.2)
    first = [*world.moves, twice | {"position": "3"}, twice | {"position": "4"}]
    second = [dict(row) for row in (*world.moves, twice, twice)]
    for n, row in enumerate(second):
        row |= {"tx_hash": f"0x{row['tx_hash'][2:].upper()}", "position": str(70 + n % 2)}
        row["amount_raw"] += ".0"
    token = [paid(f"2026-03-13T0{n}:00:00Z", FARM[n], FARM[n + 1], 9.0, asset=UNPRICED) for n in range(6)]
    write(
        folder,
        actions_of(world.actions),
        Given("vendor-a.csv", "transfers", first + token),
        Given("vendor-b.csv", "transfers", second),
        assets=("native", UNPRICED),
    )
    return {"movements": 107 + 6, "held": [f"nothing_counts:{UNPRICED}"], "told": ["decimals", "tokens"]}


def cents(folder: Path, unit: str = "") -> Wanted:
    """A token of two decimals: every amount is below 10^6, so somebody has to say that they are meant so."""
    world = base()
    for row in world.moves:
        row |= {"asset": CENTS, "amount_raw": str(int(row["amount_raw"]) // 10**15 * 100)}
    priced = [{"address": CENTS, "decimals": "2", "usd": "1"}]
    more = [f'unit = "{unit}"'] if unit else []
    moves = Given("transfers.csv", "transfers", world.moves, more)
    write(folder, actions_of(world.actions), moves, Given("tokens.csv", "tokens", priced), assets=(CENTS,))
    return {"movements": 105} if unit else {"refused": ["whole coins", "below 1,000,000", 'unit = "raw"']}


def raw_cents(folder: Path) -> Wanted:
    return cents(folder, "raw")


def coins(folder: Path) -> Wanted:
    """Some amounts are whole, but others are fractions of a coin."""
    world = base()
    for row in world.moves:
        row["amount_raw"] = f"{int(row['amount_raw']) / 10**18:.4f}".rstrip("0")
    write(folder, actions_of(world.actions), moves_of(world.moves))
    return {"refused": ["whole coins", "have a fraction"]}


def bitcoin(folder: Path) -> Wanted:
    """Every account is an address of another chain."""
    world = base()
    for row in world.actions:
        row["account"] = f"bc1q{row['account'][2:40]}"
    write(folder, actions_of(world.actions), moves_of(world.moves))
    return {"refused": ["84 rows", "bad_address"]}


def short_ids(folder: Path) -> Wanted:
    """A spreadsheet took ids of thirteen digits for numbers."""
    world, ids = base(), cycle(f"1.23{n}57E+12" for n in range(10))
    wallets = [{"account": next(ids), "address": one} for one in (*FARM, *world.honest)]
    for row in world.actions:
        row["account"] = next(ids)
    write(folder, actions_of(world.actions), Given("wallets.csv", "account_addresses", wallets), moves_of(world.moves))
    return {"refused": ["lost digits"]}


def two_spellings(folder: Path) -> Wanted:
    """Wallets name every account in another case than participation does."""
    world = base()
    names = {one: f"UID-{n:04X}-ab" for n, one in enumerate((*FARM, *world.honest))}
    wallets = [{"account": names[one].upper(), "address": one} for one in names]
    actions: list[Row] = [row | {"account": names[row["account"]]} for row in world.actions]
    write(folder, actions_of(actions), Given("wallets.csv", "account_addresses", wallets), moves_of(world.moves))
    return {"refused": ["no wallet's account takes part", "UID-0000-AB", "UID-0000-ab"]}


def tabs(folder: Path) -> Wanted:
    """Columns parted by tabs."""
    world = base()
    moves = csv_text(world.moves).replace(",", "\t")
    write(folder, actions_of(world.actions), Given("transfers.csv", "transfers", moves))
    return {"refused": ["transfers", "separated by"]}


def signed_in_hex(folder: Path) -> Wanted:
    """Amounts as a node's own answers have them."""
    world = base()
    for n, row in enumerate(world.moves):
        row |= {"amount_raw": hex(int(row["amount_raw"])), "tx_hash": tx(f"hex {n}")}
    write(folder, actions_of(world.actions), moves_of(world.moves))
    told = {"held": ["quarantine_share:transfers"], "told": ["written in hexadecimal", "decimal digits"]}
    return told | {"quarantined": {"transfers": 105}, "reasons": {"amount_hexadecimal": 105}, "movements": 0}


MAKERS: tuple[Callable[[Path], Wanted], ...] = (
    *(contradictions, partial, vendors, cents, raw_cents, coins),
    *(bitcoin, short_ids, two_spellings, tabs, signed_in_hex),
)
INGESTED = {one.__name__: one for one in MAKERS}
"""Through ingest alone."""
