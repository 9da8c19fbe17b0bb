"""Campaigns made of the base case, each with several kinds of odd input that cannot hide one another.

Each writes its folder and says what it must come to, in the words of expected.toml.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import cycle
from pathlib import Path
from typing import Any

from tests.cases.made import (
    FARM,
    OPERATOR,
    Given,
    Row,
    actions_of,
    address,
    base,
    moment,
    moves_of,
    paid,
    text,
    tx,
    with_team,
    write,
)

Wanted = dict[str, Any]
CAUGHT: Wanted = {"farm_out": 12, "honest_out": 0, "clear": 40, "verdicts": 52}
COINS = ("0x" + "0" * 40, "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE", "NATIVE", " native ")
SUCCEEDED, FAILED = ("TRUE", "Success", "ok", "0x1", "yes", "t"), ("reverted", "FALSE", "0x0", "Error: Out of gas")
MULTISEND = address("multisend")


def words(folder: Path) -> Wanted:
    """Words for nothing, for the coin, for success; amounts as doubles; local times; an unpriced token of a spammer."""
    world = base()
    crowd, exchange = world.honest[:14], address("exchange")
    world.begin(crowd, "2026-03-20T00:03:17Z")
    for n, account in enumerate(crowd):
        at = text(moment("2026-03-26T01:10:09Z") + n * timedelta(minutes=97))
        world.moves.append(paid(at, account, exchange, 0.03, memo="n/a"))
    spammer, token = address("spammer"), address("spam token")
    for n, account in enumerate([*FARM, *world.honest][:30]):
        world.moves.append(paid(f"2026-03-11T05:{n:02d}:31Z", spammer, account, 77.0, asset=token, position="2"))
    coin, succeeded, nobody = cycle(COINS), cycle(SUCCEEDED), cycle(("nan", "None", "-", "0x", ""))
    newest = max(row["at"] for row in world.moves)
    for n, row in enumerate(world.moves):
        row["asset"] = next(coin) if row["asset"] == "native" else row["asset"]
        row["amount_raw"] = f"{row['amount_raw']}.0" if n % 2 else f"{Decimal(row['amount_raw']).normalize():E}"
        row["initiator"] = row["initiator"] if n % 3 else next(nobody)
        row |= {"status": next(succeeded), "memo": row.get("memo", "\\N"), "at": in_singapore(row["at"])}
        row["tx_hash"] = row["tx_hash"] if n % 2 else f"0x{row['tx_hash'][2:].upper()}"
    failed = cycle(FAILED)
    for n, account in enumerate(world.honest[20:32]):
        row = paid(f"2026-03-09T01:{n:02d}:00Z", OPERATOR, account, 0.05, status=next(failed))
        world.moves.append(row | {"at": in_singapore(row["at"])})
    figures = cycle(("12.5", "n/a", "NaN", "-", "7.25"))
    for n, row in enumerate(world.actions):
        row |= {"reward": next(figures), "at": in_singapore(row["at"]), "tx_hash": "\xa0" if n % 2 else "null"}
    for row, odd in zip(world.actions[-3:], ("inf", "1,2e3", "0x1F"), strict=True):
        row["reward"] = odd
    zone = ['timezone = "Asia/Singapore"']
    labels = Given("labels.csv", "address_labels", [{"address": exchange, "label": "exchange"}])
    labels.more.append("observed_at = 2026-02-01T00:00:00Z")
    actions = Given("participation.csv", "participation", world.actions, zone)
    write(folder, actions, Given("transfers.csv", "transfers", world.moves, zone), labels)
    counts = {"rows_in": 84, "actions": 84, "movements": 105 + 14 + 30, "not_a_transfer": {"transfers": 12}}
    return CAUGHT | counts | {"unread_figures": {"participation": 3}, "newest": newest.replace("Z", "+00:00")}


def in_singapore(at: str) -> str:
    return (moment(at) + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")


def owners(folder: Path) -> Wanted:
    """Ids that differ by case alone, two exports that number from 1, addresses bought, sold, or of another chain."""
    world = base()
    crowd = world.honest[:27]
    bought, sold, elsewhere = ([address(f"{name} {n}") for n in range(9)] for name in ("bought", "sold", "elsewhere"))
    for name, addresses in (("first", bought), ("second", sold), ("third", elsewhere)):
        world.add_farm_of_others(name, addresses)
    world.begin(crowd, "2026-03-20T00:03:17Z", timedelta(minutes=31))
    ids = {account: f"user-{n:03d}" for n, account in enumerate([*FARM, *world.honest])}
    ids |= dict(zip(world.honest[-2:], ("qUser", "QUSER"), strict=True))
    wallets = [{"account": ids[one], "chain": "Ethereum", "address": f"0x{one[2:].upper()}"} for one in ids]
    for n, account in enumerate(crowd):
        kind, place = divmod(n, 9)
        since: list[Row] = [
            {"chain": "ethereum", "address": bought[place], "valid_from": "2026-03-16T00:00:00Z"},
            {"chain": "ethereum", "address": sold[place], "valid_to": "2026-03-05T00:00:00Z"},
            {"chain": "polygon", "address": elsewhere[place]},
        ]
        wallets.append({"account": ids[account]} | since[kind])
    exports: tuple[list[Row], list[Row]] = ([], [])
    for account, name in ids.items():
        for row, export in zip(world.of(account), exports, strict=False):
            export.append({"account": name, "position": "1", "at": row["at"], "action": "swap", "reward": "12.5"})
    weeks = [Given(f"week{n}.csv", "participation", export) for n, export in enumerate(exports)]
    write(folder, *weeks, Given("wallets.csv", "account_addresses", wallets), moves_of(world.moves))
    counts = {"actions": 84, "movements": 105 + 57, "owned": {"given": 79, "unowned": 0}, "not_analysed": 0}
    return CAUGHT | counts | {"farm": list(ids.values())[:12]}


def traces(folder: Path) -> Wanted:
    """Trace paths joined by `_` with large indexes, two equal payments in one transaction, roots without an address."""
    world = base()
    alone = [row for row in world.moves if row["sender"] != OPERATOR]
    empty, status = cycle(("", "[]", "nan")), cycle(("true", "1", "Success"))
    paths = [*(f"0_1_{n}" for n in range(2, 12)), "100000_1", "0_100001"]
    traced = [trace(row, trace_address=next(empty), status=next(status)) for row in alone]
    sent = paid("2026-03-09T00:00:00Z", OPERATOR, MULTISEND, 0.65)
    failed = paid("2026-03-09T00:05:00Z", OPERATOR, MULTISEND, 0.30)
    parts = [*zip(paths, FARM, strict=True), ("0_1_2_7", FARM[0])]
    traced += [trace(sent, trace_address=next(empty), status="true")]
    traced += [trace(sent | {"sender": MULTISEND, "recipient": to}, "50000000000000000", path) for path, to in parts]
    traced += [
        trace(failed | {"sender": MULTISEND, "recipient": to}, "50000000000000000", f"0_{n}", status="Reverted")
        for n, to in enumerate(world.honest[:6])
    ]
    signed = [signature(row, next(status)) for row in (*alone, sent)]
    signed.append(signature(failed, "FALSE"))
    etl = [Given(f"{table}.csv", "ethereum_etl", rows, [f'table = "{table}"']) for table, rows in
           (("traces", traced), ("transactions", signed))]  # fmt: skip
    write(folder, actions_of(world.actions), *etl)
    return CAUGHT | {"movements": 93 + 1 + 13, "not_a_transfer": {"traces": 6, "transactions": 95}}


def trace(row: Row, value: str = "", trace_address: str = "", status: str = "1") -> Row:
    known = {"block_number": row["block_number"], "transaction_hash": row["tx_hash"].upper().replace("0X", "0x")}
    known |= {"from_address": row["sender"], "to_address": row["recipient"], "value": value or row["amount_raw"]}
    return known | {"trace_type": "call", "call_type": "CALL", "trace_address": trace_address, "status": status}


def signature(row: Row, status: str) -> Row:
    """The transaction behind it, as ethereum-etl has it."""
    known = {"hash": row["tx_hash"], "block_number": row["block_number"], "block_timestamp": row["at"]}
    known |= {"from_address": row["sender"], "to_address": row["recipient"], "value": row["amount_raw"]}
    return known | {"transaction_index": "0", "receipt_status": status}


def operator(folder: Path) -> Wanted:
    """The farm's operator also pays 150 established addresses, half of them through a multisend contract."""
    world = base()
    known = [address(f"established {n}") for n in range(150)]
    for n, one in enumerate(known):
        at = text(moment("2025-05-01T07:11:13Z") + n * timedelta(hours=5))
        world.moves.append(paid(at, address(f"source of {one}"), one, 1.0))
    for n, one in enumerate(known[:75]):
        at = text(moment("2025-11-01T03:00:05Z") + n * timedelta(hours=29))
        world.moves.append(paid(at, OPERATOR, one, 0.02))
    for batch in range(3):
        at = f"2026-02-{24 + batch}T10:00:01Z"
        name = {"tx_hash": tx(f"batch {batch}"), "initiator": OPERATOR}
        world.moves.append(paid(at, OPERATOR, MULTISEND, 0.5, position="0", **name))
        for n, one in enumerate(known[75 + 25 * batch : 100 + 25 * batch]):
            inner = {"position": f"1_{n}", "kind": "internal"}
            world.moves.append(paid(at, MULTISEND, one, 0.02, **name, **inner))
    write(folder, actions_of(world.actions), moves_of(world.moves))
    return {"farm_clear": 0, "clear": 40, "verdicts": 52, "movements": 105 + 150 + 75 + 3 + 75}


def weekly(folder: Path) -> Wanted:
    """Three weekly loads stamp whom they load, a team too, at odd seconds; the farm has its own times."""
    world = with_team()
    stamps = ("2026-03-07T03:17:41Z", "2026-03-14T03:17:44Z", "2026-03-21T03:17:39Z")
    loaded = [{"account": one, "at": stamps[n % 3 if n < 40 else 1]} for n, one in enumerate(world.honest)]
    own = [row for row in world.actions if row["account"] in FARM]
    exports = Given("exports.csv", "participation", loaded)
    write(folder, Given("actions.csv", "participation", own), exports, moves_of(world.moves))
    return {"farm_out": 12, "verdicts": 62, "not_analysed": 0, "told": [f"share the time {stamps[1]}"]}


def untimed(folder: Path) -> Wanted:
    """A plain list of addresses, a team among them: nothing says when anybody began."""
    world = with_team()
    accounts = [{"account": one} for one in (*FARM, *world.honest)]
    write(folder, Given("list.csv", "participation", accounts), moves_of(world.moves))
    return {"verdicts": 62, "not_analysed": 0, "told": ["100% of the accounts", "unknown"]}


def scopes(folder: Path) -> Wanted:
    """Customers of two payers that are in no list: one source says that it was fetched for participants, one does not.

    The farm's operator is known beyond participants, so it is still caught.
    """
    world = base()
    exchange, processor = address("unlisted exchange"), address("processor")
    ours, theirs = ([address(f"{name} {n}") for n in range(10)] for name in ("customer", "client"))
    fetched: list[Row] = []
    for n, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        paid_at, began = moment("2026-03-17T09:14:07Z") + n * timedelta(hours=5), moment("2026-03-23T02:40:11Z")
        began += n * timedelta(hours=7)
        world.actions += [{"account": one, "at": text(began), "action": "swap"}]
        world.actions += [{"account": other, "at": text(began + timedelta(hours=3)), "action": "swap"}]
        fetched += [paid(text(paid_at), exchange, one, 0.3 + n / 100)]
        fetched += [paid(text(began), one, address(f"shop of {one}"), 0.01)]
        world.moves += [paid(text(paid_at + timedelta(days=k)), processor, other, 0.1) for k in (0, 1)]
        world.moves += [paid(text(began), other, processor, 0.05)]
    declared = Given("fetched.csv", "transfers", fetched, ['scope = "participants"'])
    write(folder, actions_of(world.actions), moves_of(world.moves), declared)
    return {"farm_out": 12, "verdicts": 72, "not_analysed": 0, "movements": 105 + 30 + 20}


WHOLE: dict[str, Callable[[Path], Wanted]] = {
    one.__name__: one for one in (words, owners, traces, operator, weekly, untimed, scopes)
}
"""Through every step."""
