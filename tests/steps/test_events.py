"""What members did, one event each, and what it has to do with the other members' acts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from abuse.steps.features import cluster_features, events, known, member_ties
from abuse.steps.features.ties import ties
from abuse.tables import (
    Calls,
    ClusterMembers,
    Features,
    ParticipantAddresses,
    Participants,
    Participation,
    Services,
    Trails,
    Transfers,
)
from tests.conftest import frame
from tests.steps.worlds import START, Fact

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
A, B, C, BOSS, SHOP, CAMPAIGN = ("0x" + letter * 40 for letter in "abcdef")
WHO = {"ann": A, "bob": B, "cy": C}


def call(tx: str, caller: str, at: timedelta, **known: object) -> Fact:
    plain: Fact = {"callee": CAMPAIGN, "selector": "0x11111111", "tip_wei": 5, "nonce": 0, "is_ok": True}
    where = {"chain": "ethereum", "block_number": 1, "tx_index": 1, "source": "s", "file_digest": "d"}
    return plain | where | {"tx_hash": tx, "caller": caller, "at": START + at} | known


def move(tx: str, sender: str, recipient: str, at: timedelta, amount: float = 0.05, **known: object) -> Fact:
    plain: Fact = {"position": "0", "kind": "native", "asset": "native", "num_transfers": 1, "file_digest": "d"}
    where = {"chain": "ethereum", "block_number": 1, "tx_index": 1, "source": "s"}
    return (
        plain
        | where
        | {"tx_hash": tx, "sender": sender, "recipient": recipient, "at": START + at, "amount": amount}
        | known
    )


def act(account: str, tx: str, at: timedelta, word: str = "swap", num: int = 1) -> Fact:
    row = {"campaign_id": "k", "account": account, "position": tx, "at": START + at, "action": word}
    return row | {"num_actions": num, "tx_hash": tx, "source": "s", "file_digest": "d"}


ACTS = [
    act("ann", "t1", MINUTE * 0),
    act("bob", "t2", MINUTE * 4),
    act("cy", "t3", DAY * 5),
    act("cy", "sum", DAY, num=9),
    act("bob", "listed", DAY) | {"at": None},
]
CALLS = [
    call("t1", A, MINUTE * 0),
    call("t1", A, MINUTE * 0),  # the same transaction in another file
    call("t2", B, MINUTE * 4),
    call("t3", C, DAY * 5, tip_wei=9),
    call("t4", A, DAY, callee=SHOP, selector="0x22222222", is_ok=False, nonce=1),
    call("t5", A, DAY * 2, callee=BOSS, selector=None, nonce=2),
    call("t6", SHOP, DAY),
]
MOVES = [
    move("p1", BOSS, A, -DAY),
    move("p2", BOSS, B, -DAY + MINUTE),
    move("p3", SHOP, C, -DAY, 0.123),
    move("t5", A, BOSS, DAY * 2, 0.5),
    *[move(f"q{n}", A, SHOP, DAY * 3 + n * MINUTE, 0.01) for n in range(3)],
    move("z", A, B, DAY * 9, 7.0, kind="token", asset="0xtoken", position="2:0"),
]


@pytest.fixture(scope="module")
def tables(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> tuple[DataFrame, DataFrame, DataFrame]:
    folder = tmp_path_factory.mktemp("spill")

    def spill(rows: DataFrame) -> DataFrame:
        path = str(Path(folder) / str(len(list(folder.iterdir()))))
        rows.write.parquet(path)
        return rows.sparkSession.read.schema(rows.schema).parquet(path)

    members = [{"cluster_id": "c", "account": a, "num_neighbours": 1, "role": "core", "link_kinds": []} for a in WHO]
    born = {"ann": MINUTE * 0, "bob": MINUTE * 4, "cy": DAY}
    people = [
        {"account": a, "first_action_at": START + t, "last_action_at": START + t, "num_actions": 1}
        for a, t in born.items()
    ]
    homes = [{"account": a, "chain": "ethereum", "address": at, "has_transfers": True} for a, at in WHO.items()]
    own = {"money_partners": 1, "sink_partners": 0, "sequence_partners": 0, "time_partners": 1, "time_expected": 0.1}
    figures = [{"cluster_id": "c", "account": a, "size": 3, **own} for a in WHO]
    gas = {"kind": "first_gas", "chain": "ethereum", "hop": 1, "amount": 0.05, "asset": "native", "source": "s"}
    hops = [
        gas
        | {
            "address": m["recipient"],
            "funded": m["recipient"],
            "reached": m["sender"],
            "tx_hash": m["tx_hash"],
            "at": m["at"],
        }
        for m in MOVES[:3]
    ]
    hops[2]["ended_by"] = "service"
    shop: list[Fact] = [{"chain": "ethereum", "address": SHOP, "kind": "exchange", "basis": "label", "why": "listed"}]
    seen = known(
        frame(spark, ClusterMembers, members),
        frame(spark, Participants, people),
        frame(spark, ParticipantAddresses, homes),
        frame(spark, Features, figures),
        frame(spark, Trails, hops),
        frame(spark, Services, shop),
        frame(spark, Participation, ACTS),
        frame(spark, Calls, CALLS),
        frame(spark, Transfers, MOVES),
        spill,
    )
    return events(seen), cluster_features(seen), member_ties(seen)


@pytest.fixture(scope="module")
def found(tables: tuple[DataFrame, DataFrame, DataFrame]) -> dict[str, list[Row]]:
    rows = tables[0].orderBy("account", "position").collect()
    return {who: [row for row in rows if row["account"] == who] for who in WHO}


def test_a_life_in_order(found: dict[str, list[Row]]) -> None:
    told = [(row["kind"], row["role"], row["num_merged"]) for row in found["ann"]]
    assert told == [
        ("paid", "funder", 1),
        ("act", "contract", 1),
        ("call", "service", 1),  # it failed; the payment t5 is a movement and no call
        ("pays", "funder", 1),
        ("pays", "service", 3),  # three payments to one shop within minutes
        ("pays_token", "member", 1),
    ]
    assert [row["position"] for row in found["ann"]] == list(range(6))
    assert [row["gap_s"] for row in found["ann"]][:3] == [None, 86_400.0, 86_400.0]
    assert found["ann"][0]["campaign_day"] == -1


def test_the_nearest_like_act_of_another_member(found: dict[str, list[Row]]) -> None:
    acts = {who: next(row for row in rows if row["kind"] == "act") for who, rows in found.items()}
    assert acts["ann"]["sibling_lag_s"] == acts["bob"]["sibling_lag_s"] == 240
    assert acts["cy"]["sibling_lag_s"] == 5 * 86_400 - 240
    assert {who: row["siblings_near"] for who, row in acts.items()} == {"ann": 1, "bob": 1, "cy": 0}
    assert len([row for row in found["cy"] if row["kind"] == "act"]) == 1  # a sum of nine says when of none


def test_who_else_was_paid_the_same(found: dict[str, list[Row]]) -> None:
    first = {who: rows[0] for who, rows in found.items()}
    assert {who: row["same_amount_share"] for who, row in first.items()} == {"ann": 0.5, "bob": 0.5, "cy": 0.0}
    assert {who: row["amount_digits"] for who, row in first.items()} == {"ann": 1, "bob": 1, "cy": 3}
    assert {row["amount_digits"] for row in found["ann"] if row["amount"] is None} == {None}


def test_the_common_tip(found: dict[str, list[Row]]) -> None:
    tips = {who: next(row["tip_is_common"] for row in rows if row["kind"] == "act") for who, rows in found.items()}
    assert tips == {"ann": True, "bob": True, "cy": False}


def test_the_cluster_in_figures(tables: tuple[DataFrame, DataFrame, DataFrame]) -> None:
    (row,) = tables[1].collect()
    assert row["same_funder_share"] == pytest.approx(2 / 3)
    assert row["same_service_share"] == pytest.approx(1 / 3)
    assert row["calls_mean"] == pytest.approx(5 / 3)  # t1 stands in two files and counts once
    assert row["failed_share"] == pytest.approx(1 / 5)
    assert row["outside_share"] == pytest.approx(2 / 5)
    assert row["funding_iqr_s"] == pytest.approx(30)


def test_what_each_member_is_to_the_others(tables: tuple[DataFrame, DataFrame, DataFrame]) -> None:
    found = {row["account"]: row for row in tables[2].collect()}
    assert set(found) == set(WHO)
    assert {who: row["payer"] for who, row in found.items()} == {"ann": BOSS, "bob": BOSS, "cy": None}
    assert {who: row["is_served"] for who, row in found.items()} == {"ann": False, "bob": False, "cy": True}
    assert {row["same_payment_share"] for row in found.values()} == {1.0}  # the trails say .05 of all three
    assert {who: row["paid_offset_s"] for who, row in found.items()} == {"ann": 0.0, "bob": 60.0, "cy": 0.0}
    assert {who: row["begin_offset_s"] for who, row in found.items()} == {"ann": -240.0, "bob": 0.0, "cy": 86_160.0}
    assert found["ann"]["wait_s"] == 86_400
    assert {row["sink"] for row in found.values()} == {row["is_sunk_at_service"] for row in found.values()} == {None}


def test_a_member_that_pays_another_first_is_its_parent() -> None:
    unknown = dict.fromkeys(("funded_at", "funding_tx", "funding_amount", "sunk_at", "sink", "sink_serves", "hops"))
    counts = dict.fromkeys(("num_actions", "num_neighbours", "time_partners", "money_partners"), 1)
    counts |= dict.fromkeys(("sink_partners", "sequence_partners", "first_at", "last_at", "time_expected"), 0)
    payers = {"a": "0xb2", "b": "0xb1", "c": "0xb1", "d": "0xa"}  # b's second address paid its first one
    homes = {"a": ["0xa"], "b": ["0xb1", "0xb2"], "c": ["0xc"], "d": ["0xd"]}
    rows = [
        {"cluster_id": "c", "account": name, "funder": payers[name], "funder_serves": name == "d"}
        | {"addresses": homes[name]}
        | unknown
        | counts
        for name in homes
    ]
    found = ties(pa.Table.from_pylist(rows[::-1])).to_pylist()
    assert [row["account"] for row in found] == list(homes)
    assert [row["parent"] for row in found] == ["b", None, "b", None]
    assert [row["payer"] for row in found] == ["0xb2", "0xb1", "0xb1", None]
