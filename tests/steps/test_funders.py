"""What first let an address act, told in parts: random worlds full of ties against a few lines of plain Python.

Longer than 200 lines because the oracle must be read beside the worlds it judges.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import reduce

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.funders import first_funders, first_gas, known_before, merged
from abuse.tables import FirstFunders, Transfers
from tests.conftest import frame
from tests.steps.worlds import Fact, by_world, hour, paid, pair, placed, token

CHAINS = settings.Settings().chains | {
    "dusty": settings.Chain(dust=0.01, min_first_gas=0.001),
    "dear": settings.Chain(dust=0.001, min_first_gas=0.01),
}
COLUMNS = [name for name in FirstFunders.columns() if name not in (FirstFunders.layer, FirstFunders.what)]
PAID = {"at", "block_number", "tx_index", "position", "tx_hash", "amount", "asset", "source"}  # and `funder`
ACTED = {"acted_at": "at", "acted_block": "block_number", "acted_index": "tx_index"}
SPLITS = (1, 2, 5)
INSTANTS = (0, 1, 1.5, 9)
Place = tuple[tuple[bool, object], ...]
Told = dict[tuple[object, object], Fact]


def place(row: Fact, *names: str) -> Place:
    """Its place in an order; what is unknown comes first."""
    return tuple((row[name] is not None, row[name]) for name in names)


def random_moves(seed: int) -> list[Fact]:
    """Some movements between three addresses. In every other world most share whatever could tell them apart."""
    rng = random.Random(seed)
    moves: dict[object, Fact] = {}

    def some(*values: object) -> object:
        return values[0] if seed % 2 and rng.random() < 0.8 else rng.choice(values)

    for _ in range(rng.randint(1, 20)):
        sender, recipient = rng.choice("abc"), some("a", "b", "c")
        row = paid(sender, str(recipient)) | {"at": some(hour(1), hour(0), hour(2), None)}
        row |= {"chain": some("ethereum", "solana"), "kind": some("internal", "native", "token")}
        row |= {"amount": some(1.0, 2e-3, 5e-4, 4e-4, None), "initiator": some(None, "a", "b")}
        row |= {"block_number": some(7, 10, None), "tx_index": some(2, 11, None)}
        row |= {"position": some("1:0002", "1:0010", "0"), "source": some("moves", "more")}
        row |= {"tx_hash": rng.choice((None, None, "s", "t"))}
        key = row["chain"], row["at"], row["block_number"], row["position"], row["tx_hash"]
        moves.setdefault((*key, None if row["tx_hash"] else (sender, recipient)), row)
    return list(moves.values())


WORLDS = {f"world {seed}": random_moves(seed) for seed in range(250)}


def signer(row: Fact) -> object:
    return row["initiator"] or (row["sender"] if row["kind"] == "native" else None)


def is_payment(row: Fact) -> bool:
    """Whether the movement could let its recipient act."""
    amount = row["amount"]
    is_coin = row["kind"] in ("native", "internal") and row["sender"] != row["recipient"]
    return is_coin and isinstance(amount, float) and amount >= CHAINS[str(row["chain"])].min_first_gas


def told(moves: Iterable[Fact]) -> Told:
    """(chain, address) -> the row that should be."""
    payments, acts = defaultdict(list), defaultdict(list)
    for row in (row for row in moves if row["at"] is not None):
        if is_payment(row):
            payments[row["chain"], row["recipient"]].append(row)
        if signer(row) is not None:
            acts[row["chain"], signer(row)].append(row)
    found: Told = {}
    for chain, address in payments.keys() | acts.keys():
        fact = dict.fromkeys(COLUMNS) | {"chain": chain, "address": address}
        for row in sorted(payments[chain, address], key=in_order)[:1]:
            fact |= {name: row[name] for name in PAID} | {"funder": row["sender"]}
        for row in sorted(acts[chain, address], key=lambda r: place(r, *ACTED.values()))[:1]:
            fact |= {name: row[own] for name, own in ACTED.items()}
        found[chain, address] = fact
    return found


def in_order(row: Fact) -> Place:
    return place(row, "at", "block_number", "tx_index", "position", "tx_hash", "sender")


def lets_act(row: Fact) -> bool:
    """Whether it was paid in a transaction before its own first one."""
    was_paid, acted = place(row, "at", "block_number", "tx_index"), place(row, *list(ACTED)[:3])
    return row["funder"] is not None and (row["acted_at"] is None or was_paid < acted)


def is_something(row: Fact) -> bool:
    return row["funder"] is not None or row["acted_at"] is not None


def keyed(rows: Iterable[Fact]) -> Told:
    """As `told`; one row for each key, and times as the oracle has them."""
    found: Told = {}
    for row in rows:
        times = {c: t.replace(tzinfo=hour(0).tzinfo) for c, t in row.items() if isinstance(t, datetime)}
        assert (row["chain"], row["address"]) not in found
        found[row["chain"], row["address"]] = row | times
    return found


@pytest.fixture(scope="module")
def layers(spark: SparkSession) -> DataFrame:
    """Every world three times over: its movements in one layer, in two and in five."""
    rng = random.Random(1)
    parts: list[list[Fact]] = [[] for _ in range(max(SPLITS))]
    for split in SPLITS:
        for world, moves in WORLDS.items():
            for row in moves:
                parts[rng.randrange(split)].append(placed(f"{world} in {split}", row))
    made = [first_funders(frame(spark, Transfers, part), CHAINS, lambda rows: rows) for part in parts]
    rows = reduce(DataFrame.unionByName, made).select(*COLUMNS).collect()
    return frame(spark, FirstFunders, [row.asDict() for row in rows]).drop(FirstFunders.layer)


@pytest.fixture(scope="module")
def found(layers: DataFrame) -> Mapping[str, list[Fact]]:
    return by_world(merged(layers).collect(), "address")


def test_the_worlds_are_full_of_ties() -> None:
    """Some first payments are told apart by no more than their transaction, others by their sender alone."""
    for num in range(1, 6):
        tied = 0
        for moves in WORLDS.values():
            ours = [r for r in moves if r["at"] and is_payment(r) and (r["chain"], r["recipient"]) == ("ethereum", "a")]
            firsts = [in_order(row)[:num] for row in ours]
            tied += bool(firsts) and firsts.count(min(firsts)) > 1
        assert tied >= 5, num


@pytest.mark.parametrize("split", SPLITS)
def test_it_is_the_least_of_all_in_whatever_layers_they_come(found: Mapping[str, list[Fact]], split: int) -> None:
    for world, moves in WORLDS.items():
        assert keyed(found.get(f"{world} in {split}", [])) == told(moves), world


def test_a_layer_has_one_row_for_the_payment_and_one_for_the_act_of_an_address(layers: DataFrame) -> None:
    rows = layers.where(F.col("address").contains(" in 1/")).collect()
    assert all((row["funder"] is None) != (row["acted_at"] is None) for row in rows)
    assert len({(row["chain"], row["address"], row["funder"] is None) for row in rows}) == len(rows)
    told_of = [
        (fact["funder"] is not None) + (fact["acted_at"] is not None)
        for m in WORLDS.values()
        for fact in told(m).values()
    ]
    assert len(rows) == sum(told_of)


@pytest.mark.parametrize("instant", INSTANTS)
def test_what_was_known_then_is_what_the_movements_before_it_say(layers: DataFrame, instant: float) -> None:
    then = merged(known_before(layers, F.lit(hour(instant)))).collect()
    rows = by_world(then, "address")
    for world, moves in WORLDS.items():
        earlier = [row for row in moves if isinstance(row["at"], datetime) and row["at"] < hour(instant)]
        for split in SPLITS:
            known = keyed(row for row in rows.get(f"{world} in {split}", []) if is_something(row))
            assert known == told(earlier), world


def test_first_gas_is_paid_in_a_transaction_before_its_own_first(layers: DataFrame) -> None:
    rows = by_world(first_gas(merged(layers)).collect(), "address")
    for world, moves in WORLDS.items():
        lets = {key: row for key, row in told(moves).items() if lets_act(row)}
        for split in SPLITS:
            assert keyed(rows.get(f"{world} in {split}", [])) == lets, world
    assert 0 < sum(map(len, rows.values())) < merged(layers).count()


LATER: dict[str, tuple[list[list[Fact]], str | None, bool]] = {
    # name: layers as they came -> the funder of `a`, and whether it let `a` act
    "late data that is earlier corrects the funder": ([[paid("g", "a", at=5)], [paid("f", "a", at=1)]], "f", True),
    "late data that is later changes nothing": ([[paid("f", "a", at=1)], [paid("g", "a", at=5)]], "f", True),
    "late data that is earlier but dust changes nothing": (
        [[paid("f", "a", at=5)], [paid("g", "a", 0.0004, at=1)]],
        "f",
        True,
    ),
    "late data of an earlier act unmakes the first gas": (
        [[paid("f", "a", at=5), paid("a", "z", at=6)], [paid("a", "z", at=4)]],
        "f",
        False,
    ),
    "late data of an earlier payment makes one": (
        [[paid("a", "z", at=4), paid("f", "a", at=5)], [paid("g", "a", at=3)]],
        "g",
        True,
    ),
    "one layer knows the payment, another the act": ([[paid("f", "a", at=1)], [paid("a", "z", at=2)]], "f", True),
    "the same movement in two layers is one": ([[paid("f", "a", at=1)], [paid("f", "a", at=1)]], "f", True),
    "a layer that says nothing of it changes nothing": ([[paid("f", "a", at=1)], [paid("g", "b", at=0)]], "f", True),
    "nobody paid it": ([[paid("a", "z", at=1)], [pair("f", "a")]], None, False),
    "tokens are no coins in any layer": (
        [[token("f", "a", at=1)], [paid("g", "a", at=2)], [token("h", "a", at=0)]],
        "g",
        True,
    ),
    "dust is never enough, though it might pay for gas": (
        [[paid("f", "a", 0.009, at=1, chain="dusty")], [paid("g", "a", 0.01, at=2, chain="dusty")]],
        "g",
        True,
    ),
    "more than dust is not enough where gas is dear": (
        [[paid("f", "a", 0.009, at=1, chain="dear")], [paid("g", "a", 0.01, at=2, chain="dear")]],
        "g",
        True,
    ),
    "a payment in the act's own transaction, told by another layer": (
        [
            [paid("a", "k", at=1, tx_hash="t", block_number=7, tx_index=2)],
            [paid("k", "a", at=1, tx_hash="t", block_number=7, tx_index=2, kind="internal", position="1:0000")],
        ],
        "k",
        False,
    ),
    "a payment in the transaction before it in the block": (
        [
            [paid("a", "k", at=1, tx_hash="t", block_number=7, tx_index=2)],
            [paid("f", "a", at=1, tx_hash="s", block_number=7, tx_index=1)],
        ],
        "f",
        True,
    ),
}


@pytest.fixture(scope="module")
def corrected(spark: SparkSession) -> tuple[Mapping[str, list[Fact]], Mapping[str, list[Fact]]]:
    """All rows, and those of first gas."""
    most = max(len(came) for came, _, _ in LATER.values())
    parts: list[list[Fact]] = [[] for _ in range(most)]
    for name, (came, _, _) in LATER.items():
        for part, moves in zip(parts, came, strict=False):
            part.extend(placed(name, row) for row in moves)
    made = [first_funders(frame(spark, Transfers, part), CHAINS, lambda rows: rows) for part in parts]
    whole: list[Row] = merged(reduce(DataFrame.unionByName, made)).collect()
    again = frame(spark, FirstFunders, [row.asDict() for row in whole])
    return by_world(whole, "address"), by_world(first_gas(again).collect(), "address")


@pytest.mark.parametrize("name", LATER)
def test_late_data(corrected: tuple[Mapping[str, list[Fact]], ...], name: str) -> None:
    whole, gas = corrected
    _, funder, lets = LATER[name]
    assert [row["funder"] for row in whole[name] if row["address"] == "a"] == [funder]
    assert [row["funder"] for row in gas.get(name, []) if row["address"] == "a"] == [funder] * lets


def test_the_least_first_gas_of_a_chain_is_its_dust() -> None:
    least = {name: (chain.dust, chain.min_first_gas) for name, chain in settings.Settings().chains.items()}
    assert (least.pop("solana"), least.pop("ton")) == ((0.002, 0.002), (0.02, 0.02))
    assert set(least.values()) == {(0.0005, 0.0005)}
