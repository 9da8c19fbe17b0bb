"""Hundreds of small worlds with addresses of their own, as one campaign, and what goes wrong with its files.

In each world an employer pays its staff, an exchange serves customers who take part and others who do not, and two
people keep to themselves. In every third an operator runs a farm.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.cases.made import Given, Row, address, text, tx, write

NUM = 300
STAFF, CUSTOMERS, OTHERS, LONERS, FARMERS = 9, 9, 14, 2, 10
START = datetime(2026, 3, 1, tzinfo=UTC)
ID = 458304698827669503
"""About where ids of a service that numbers by time lie; a double keeps 16 of their 18 digits."""


@dataclass
class Many:
    """The rows of all worlds. `fetched` says so of the movements; `wallets` gives every account an id of its own."""

    actions: list[Row] = field(default_factory=list)
    moves: list[Row] = field(default_factory=list)
    farm: set[str] = field(default_factory=set)
    listed: list[str] = field(default_factory=list)
    is_declared: bool = False
    wallets: list[Row] = field(default_factory=list)

    def acts(self, account: str, day: float) -> None:
        row = {"account": account, "at": day_text(day), "action": "swap", "reward": "12.5"}
        self.actions.append(row | {"tx_hash": tx(f"act {account}")})

    def pays(self, sender: str, recipient: str, coins: float, day: float, **more: str) -> None:
        row = {"tx_hash": tx(f"{len(self.moves)}"), "at": day_text(day), "sender": sender, "recipient": recipient}
        row |= {"asset": "native", "amount_raw": str(round(coins * 10**9) * 10**9), "position": "10", "memo": ""}
        self.moves.append(row | {"initiator": sender} | more)

    def pays_at_once(self, sender: str, recipients: list[str], coins: float, day: float) -> None:
        """By one transaction of a multisend contract; places of one and two digits."""
        contract, name = address(f"multisend {sender} {day}"), {"tx_hash": tx(f"{sender} {day}"), "initiator": sender}
        self.pays(sender, contract, coins * len(recipients), day, **name, position="0")
        for n, one in enumerate(recipients):
            self.pays(contract, one, coins, day, **name, position=str(n + 5))

    def write(self, folder: Path) -> Path:
        scope = ['scope = "participants"'] if self.is_declared else []
        labels = Given("labels.csv", "address_labels", [{"address": a, "label": "exchange"} for a in self.listed])
        labels.more.append("observed_at = 2026-01-01T00:00:00Z")
        wallets = [Given("wallets.csv", "account_addresses", self.wallets)] if self.wallets else []
        actions = Given("participation.csv", "participation", self.actions)
        return write(folder, actions, Given("transfers.csv", "transfers", self.moves, scope), labels, *wallets)


def day_text(day: float) -> str:
    return text(START + timedelta(days=day))


def many(num: int = NUM) -> Many:
    found = Many()
    rng = random.Random(7)
    for world in range(num):
        add_staff(found, f"{world}", rng)
        add_customers(found, f"{world}", rng)
        for n in range(LONERS):
            loner = address(f"{world} loner {n}")
            found.pays(address(f"bank of {loner}"), loner, rng.uniform(0.1, 3), -rng.uniform(20, 200))
            found.acts(loner, rng.uniform(0, 30))
        if world % 3 == 0:
            add_farm(found, f"{world}", rng)
    return found


def names(world: str, role: str, num: int) -> list[str]:
    return [address(f"{world} {role} {n}") for n in range(num)]


def add_staff(found: Many, world: str, rng: random.Random) -> None:
    """Paid first by their employer, months apart, and all at once before the campaign, when they had long acted; each
    begins on a day of its own and pays into the listed exchange later.
    """
    staff, employer, exchange = names(world, "staff", STAFF), address(f"{world} employer"), listed(found, world)
    found.pays(address(f"{world} client"), employer, 40.0, -300)
    for n, one in enumerate(staff):
        found.pays(employer, one, 0.5, -280 + 28 * n + rng.uniform(0, 5))
        found.pays(one, address(f"shop of {one}"), 0.01, -20 - n)
        found.acts(one, 3.3 * n + rng.uniform(0, 1.4))
        found.pays(one, exchange, 0.05, 31 + rng.uniform(0, 3), memo=f"9{world}0{n}")
    found.pays_at_once(employer, staff, 0.3, -6)


def listed(found: Many, world: str) -> str:
    """An exchange that a list names; customers are told apart by their memos."""
    exchange = address(f"{world} listed exchange")
    if exchange not in found.listed[-1:]:
        found.listed.append(exchange)
    return exchange


def add_customers(found: Many, world: str, rng: random.Random) -> None:
    """Fresh wallets that an exchange in no list paid out to, for people who began within days of an announcement.
    Others have dealt with it for months, both ways.
    """
    exchange, began = address(f"{world} exchange"), rng.uniform(8, 24)
    for other in names(world, "other", OTHERS):
        since = -rng.uniform(40, 250)
        found.pays(address(f"bank of {other}"), other, rng.uniform(1, 3), since)
        found.pays(other, exchange, rng.uniform(0.2, 0.9), since + rng.uniform(1, 20))
        found.pays(exchange, other, rng.uniform(0.1, 0.4), since + rng.uniform(21, 35))
    for n, one in enumerate(names(world, "customer", CUSTOMERS)):
        day = began + rng.uniform(0, 2.5)
        found.pays(exchange, one, rng.uniform(0.1, 0.9), began - rng.uniform(3, 7))
        found.acts(one, day)
        found.pays(one, address(f"shop of {one}"), 0.01, day)
        found.pays(one, listed(found, world), 0.03, day + rng.uniform(3, 5), memo=f"8{world}0{n}")


def add_farm(found: Many, world: str, rng: random.Random) -> None:
    """Fresh wallets of one operator, which acted within the hour a day later; most send all on to one place."""
    farm, operator, sink = names(world, "farmer", FARMERS), address(f"{world} operator"), address(f"{world} sink")
    paid = rng.uniform(3, 20)
    found.pays(address(f"{world} source"), operator, 5.0, paid - 4)
    for n, one in enumerate(farm):
        found.pays(operator, one, 0.05, paid + n / 400)
        found.acts(one, paid + 1.2 + n / 300)
        if n % 3:
            found.pays(one, sink, 0.04, paid + 5 + n / 500)
    found.farm.update(farm)


Change = Callable[[Many], None]


def null_words(found: Many) -> None:
    """Where nothing is known, programs write a word; here they lost every memo, and every second signer."""
    for n, row in enumerate(found.moves):
        row["memo"] = ("None", "NULL", "\\N", "<NA>")[int(row["recipient"], 16) % 4]
        row["initiator"] = row["initiator"] if n % 2 else "nan"
    for n, row in enumerate(found.actions):
        row |= {"tx_hash": "nan", "reward": "NaN" if n % 2 else "n/a"}


def one_time(found: Many) -> None:
    """Who exports a list writes the time of the export."""
    for row in found.actions:
        row["at"] = "2026-03-30T00:00:00Z"


def cut(found: Many) -> None:
    """Fetched for each participant: whatever touches none is missing."""
    ours = {row["account"] for row in found.actions}
    found.moves = [row for row in found.moves if row["sender"] in ours or row["recipient"] in ours]


def cut_and_declared(found: Many) -> None:
    cut(found)
    found.is_declared = True


def short_keys(found: Many) -> None:
    """Places in a transaction lose all but their first digit, so that several payments claim one."""
    for row in found.moves:
        row["position"] = row["position"][0]


def scaled_up(found: Many) -> None:
    """A program multiplied what was in the smallest unit already."""
    for row in found.moves:
        row["amount_raw"] += "0" * 18


def in_coins(found: Many) -> None:
    """Written in coins where the smallest unit is wanted."""
    for row in found.moves:
        row["amount_raw"] = f"{int(row['amount_raw']) / 10**18:.9f}"


def float_ids(found: Many) -> None:
    """Accounts are ids of 18 digits; a data frame kept those of the wallets as doubles and wrote them out in full."""
    rng = random.Random(3)
    ids = {one: ID + rng.randrange(10**15) for one in dict.fromkeys(row["account"] for row in found.actions)}
    found.wallets = [{"account": str(int(float(number))), "address": one} for one, number in ids.items()]
    for row in found.actions:
        row["account"] = str(ids[row["account"]])
    found.farm = {str(ids[one]) for one in found.farm}


CHANGES: tuple[Change, ...] = (null_words, one_time, cut, cut_and_declared, short_keys, scaled_up, in_coins, float_ids)
