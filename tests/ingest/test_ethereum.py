"""ethereum-etl files of a chain, read together as one unit: who paid whom, in which order, and what is no transfer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from abuse.campaign import Campaign, Source
from abuse.edge.parse import Reading, read
from abuse.edge.units import Unit
from abuse.lake.files import raw_rows
from abuse.settings import Settings
from abuse.tables import Transfers
from tests.ingest.written import Row, address, tx, write

ALICE, BOB, CAROL, CREATED, TOKEN = (address(n) for n in (1, 2, 3, 4, 0xC0))
COIN = 10**18
START = datetime(2026, 3, 1, tzinfo=UTC)
DEFAULTS = {"from_address": ALICE, "to_address": BOB, "value": str(COIN)}


def block_time(block: int) -> datetime:
    return START + timedelta(seconds=12 * block)


def transaction(n: int, **changes: object) -> Row:
    """Transaction n is in block 100 + n, at place n."""
    return {"hash": tx(n), "block_number": 100 + n, "transaction_index": n, **DEFAULTS} | changes


def trace(n: int, path: str = "", **changes: object) -> Row:
    place = {"transaction_hash": tx(n), "block_number": 100 + n, "transaction_index": n}
    what = {"trace_type": "call", "call_type": "call", "trace_address": path, "status": 1, "error": None}
    return {**place, **what, **DEFAULTS} | changes


def by_geth(n: int, path: str = "", **changes: object) -> Row:
    """A trace without the hash: only block and place say whose it is."""
    return trace(n, path, transaction_hash=None) | changes


def token(n: int, log: object, **changes: object) -> Row:
    return {
        "token_address": TOKEN, "transaction_hash": tx(n), "log_index": log, "block_number": 100 + n,
        **DEFAULTS, "value": "5000000",
    } | changes  # fmt: skip


def receipt(n: int, **changes: object) -> Row:
    return {"transaction_hash": tx(n).upper(), "status": 1, "contract_address": None} | changes


Unit_ = dict[str, Any]
"""`rows`: the facts; `counts`: of every source; `bad`: transaction, or line, -> reasons"""


def unit(spark: SparkSession, folder: Path, files: dict[str, list[Row]]) -> Unit_:
    sources = tuple(
        Source(format="ethereum_etl", table=name.partition(".")[0], path=str(write(folder / name, rows)))
        for name, rows in files.items()
    )
    actions = Source(format="participation", path="actions.csv")
    campaign = Campaign(
        id="c", name="c", chain="base", starts_at=START, ends_at=block_time(10**6), sources=(actions, *sources)
    )
    prices = spark.createDataFrame([("base", TOKEN, 6, 1.0)], "chain string, asset string, decimals int, usd double")

    def spill(rows: DataFrame) -> DataFrame:
        return rows.localCheckpoint()

    reading = Reading(campaign, Settings().chains, partial(raw_rows, spark), spill, prices, is_address=True)
    found = read(Unit("ethereum_etl", "base", sources, "digest"), reading)
    return {
        "rows": [row.asDict() for row in found.facts[Transfers].collect()],
        "counts": {staged.source.table: staged.counts for staged in found.staged},
        "bad": {
            (row["table"], row["row"]): row["reasons"] for staged in found.staged for row in staged.quarantine.collect()
        },
    }


def moves(unit: Unit_, n: int) -> list[tuple[str, str, str]]:
    """position, sender, recipient of the movements of a transaction, in order."""
    ours = [row for row in unit["rows"] if row["tx_hash"] == tx(n)]
    return sorted((row["position"], row["sender"], row["recipient"]) for row in ours)


FILES: dict[str, list[Row]] = {
    "transactions.csv": [
        transaction(1, hash=tx(1).upper()),
        transaction(2),
        transaction(3),
        transaction(4, value="0"),
        transaction(5),
        transaction(6, to_address=None),
        transaction(7, to_address=None, value="0"),
        transaction(8, to_address=None),
        transaction(9),
        transaction(10),
        transaction(11, value="0", from_address=CAROL),
        transaction(12),
        transaction(13),
        transaction(14, block_number=999),
        transaction(15),
        transaction(16),
        {"hash": None, "block_number": "ten", "from_address": "x", "to_address": "y", "value": "-1"},
    ],
    "receipts.csv.gz": [
        *(receipt(n) for n in (1, 2, 4, 7, 8, 10, 11, 12, 13, 14, 16)),
        receipt(3, status=0),
        receipt(6, contract_address=CREATED.upper()),
        receipt(15, status=0),
        {"transaction_hash": None, "status": 1},
    ],
    "traces.csv": [
        trace(2),  # repeats transaction 2
        trace(2, "0", from_address=BOB, to_address=CAROL),
        trace(2, "0,1", from_address=CAROL, to_address=ALICE),
        trace(2, "0,10", from_address=CAROL, to_address=BOB),
        trace(2, "0,2", from_address=CAROL, to_address=CAROL),
        trace(9, status=None),
        trace(10, "3", call_type="delegatecall"),
        trace(10, "4", call_type="staticcall"),
        trace(10, "5", call_type="callcode"),
        trace(10, "6", status=0),
        trace(10, "7", error="Reverted"),
        trace(10, "8", value="0"),
        trace(10, "9", trace_type="create", call_type=None, to_address=CREATED),
        trace(10, "11", trace_type="suicide", call_type=None, from_address=CREATED, to_address=CAROL),
        {"block_number": 110, "trace_type": "reward", "to_address": BOB, "value": str(COIN), "trace_address": ""},
        by_geth(12, "", status=None),
        by_geth(12, "0", from_address=BOB, to_address=CAROL),
        by_geth(13, block_number=" 113"),
        trace(15, status=None),  # its transaction failed
        by_geth(99, "2"),
        trace(16, "0", from_address="x", to_address=None, value="1.5", block_number="ten"),
    ],
    "token_transfers.csv": [
        token(11, 10),
        token(11, 3, from_address=BOB, to_address=CAROL),
        token(11, 4, value="0"),
        token(50, 1),  # in no transaction we know, but in a block we do
        token(60, 1, block_number=5000),
        {"value": "much", "log_index": "first"},
    ],
    "blocks.csv": [
        *({"number": 100 + n, "timestamp": int(block_time(100 + n).timestamp())} for n in range(51)),
        {"number": None, "timestamp": "soon"},
    ],
}


@pytest.fixture(scope="module")
def whole(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Unit_:
    """Every file of the chain, with parity's and geth's traces in one."""
    return unit(spark, tmp_path_factory.mktemp("whole"), FILES)


PAYMENTS = {  # name: transaction -> its movements
    "a transaction nothing traced is a movement": (1, [("0", ALICE, BOB)]),
    "a traced one is told by its traces alone, in the order of their addresses": (
        2,
        [
            ("0", ALICE, BOB),
            ("1:01:0", BOB, CAROL),
            ("1:01:0.01:1", CAROL, ALICE),
            ("1:01:0.01:2", CAROL, CAROL),
            ("1:01:0.02:10", CAROL, BOB),
        ],
    ),
    "a failed one moved nothing": (3, []),
    "a zero value is no movement": (4, []),
    "one of unknown status is taken as successful": (5, [("0", ALICE, BOB)]),
    "a creation pays the contract it made": (6, [("0", ALICE, CREATED)]),
    "a creation without value pays nobody": (7, []),
    "a creation nobody knows the contract of is quarantined": (8, []),
    "a trace of unknown status is taken as successful": (9, [("0", ALICE, BOB)]),
    "of traces only calls, creations and self-destructs that succeeded move value": (
        10,
        [("1:01:9", ALICE, CREATED), ("1:02:11", CREATED, CAROL)],
    ),
    "tokens move in the order of the log": (11, [("2:01:3", BOB, CAROL), ("2:02:10", ALICE, BOB)]),
    "traces without a hash belong to the transaction at their place": (
        12,
        [("0", ALICE, BOB), ("1:01:0", BOB, CAROL)],
    ),
    "and repeat it, however their block is written": (13, [("0", ALICE, BOB)]),
    "no block, no time, no transfer": (14, []),
    "traces of a failed transaction moved nothing": (15, []),
    "a broken trace is quarantined": (16, []),
    "a token transfer without its transaction is kept": (50, [("2:01:1", ALICE, BOB)]),
    "a token transfer in an unknown block has no time": (60, []),
}


@pytest.mark.parametrize(("n", "wanted"), PAYMENTS.values(), ids=PAYMENTS)
def test_movements(whole: Unit_, n: int, wanted: list[tuple[str, str, str]]) -> None:
    assert moves(whole, n) == wanted


def test_no_movement_is_stored_twice(whole: Unit_) -> None:
    keys = [(row["tx_hash"], row["movement"]) for row in whole["rows"]]
    assert len(keys) == len(set(keys))


def test_sorting_by_position_gives_the_order_on_chain() -> None:
    positions = ["0", "1:01:0", "1:01:0.01:1", "1:01:0.02:10", "1:01:2", "2:01:3", "2:02:10"]
    assert sorted(positions) == positions


COUNTS: dict[str, dict[str, object]] = {  # table -> skipped because, unknown status, stored, quarantined
    "transactions": {
        "skipped_because": {"failed": 2, "in_traces": 6, "zero_value": 3},
        "unknown_status": 2,
        "stored": 3,
        "quarantined": 3,
    },
    "traces": {
        "skipped_because": {"delegated": 3, "failed": 3, "not_a_call": 1, "zero_value": 1},
        "unknown_status": 2,
        "stored": 11,
        "quarantined": 2,
    },
    "token_transfers": {"skipped_because": {"zero_value": 1}, "unknown_status": 0, "stored": 3, "quarantined": 2},
    "blocks": {"skipped_because": {}, "unknown_status": 0, "stored": 51, "quarantined": 1},
    "receipts": {"skipped_because": {}, "unknown_status": 0, "stored": 14, "quarantined": 1},
}


@pytest.mark.parametrize("table", COUNTS)
def test_what_is_no_transfer_is_counted_by_why(whole: Unit_, table: str) -> None:
    counts = whole["counts"][table]
    assert {name: counts[name] for name in COUNTS[table]} == COUNTS[table]
    assert counts["rows_in"] == len(next(rows for name, rows in FILES.items() if name.startswith(table)))


REASONS = [
    ("transactions", tx(8), ["no_recipient"]),
    ("transactions", tx(14), ["no_time"]),
    (
        "transactions",
        '"value":"-1"',
        ["null_tx_hash", "block_number_not_numeric", "bad_sender", "amount_negative", "no_time", "bad_recipient"],
    ),
    ("traces", '"block_number":"199"', ["no_hash", "no_time"]),
    (
        "traces",
        '"value":"1.5"',
        ["block_number_not_numeric", "bad_sender", "amount_fraction", "no_time", "no_recipient"],
    ),
    ("token_transfers", tx(60), ["no_time"]),
    (
        "token_transfers",
        '"value":"much"',
        [
            "null_tx_hash",
            "log_index_not_numeric",
            "no_sender",
            "amount_not_numeric",
            "no_time",
            "no_asset",
            "no_recipient",
        ],
    ),
    ("blocks", "soon", ["null_block_number", "bad_time"]),
    ("receipts", '"status":"1"', ["null_tx_hash"]),
]


@pytest.mark.parametrize(("table", "said", "reasons"), REASONS)
def test_a_broken_row_is_kept_as_it_stood_with_every_reason(
    whole: Unit_, table: str, said: str, reasons: list[str]
) -> None:
    assert [why for (of, row), why in whole["bad"].items() if of == table and said in row] == [reasons]


def test_nothing_else_is_quarantined(whole: Unit_) -> None:
    assert len(whole["bad"]) == len(REASONS)


def test_a_movement_says_who_signed_when_where_and_what_it_was_worth(whole: Unit_) -> None:
    by_key = {(row["tx_hash"], row["position"]): row for row in whole["rows"]}

    def facts(n: int, position: str) -> tuple[object, ...]:
        row = by_key[tx(n), position]
        names = ("kind", "asset", "initiator", "block_number", "tx_index", "amount", "amount_usd")
        return (*(row[name] for name in names), row["at"].astimezone(UTC))

    assert facts(2, "0") == ("native", "native", ALICE, 102, 2, 1.0, None, block_time(102))
    assert facts(2, "1:01:0") == ("internal", "native", ALICE, 102, 2, 1.0, None, block_time(102))
    assert facts(12, "1:01:0") == ("internal", "native", ALICE, 112, 12, 1.0, None, block_time(112))
    assert facts(11, "2:01:3") == ("token", TOKEN, CAROL, 111, 11, 5.0, 5.0, block_time(111))
    assert facts(50, "2:01:1") == ("token", TOKEN, None, 150, None, 5.0, 5.0, block_time(150))


@pytest.fixture(scope="module")
def bare(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Unit_:
    """As a warehouse exports them: parquet, values as doubles, no traces, receipts or blocks."""
    plain = {"value": 8.0426e17, "receipt_status": 1.0, "receipt_contract_address": None}
    transactions = [
        transaction(1, block_timestamp=block_time(101), **plain),
        transaction(2, block_timestamp=block_time(102), **plain | {"receipt_status": 0.0}),
        transaction(3, block_timestamp=block_time(103), **plain | {"receipt_status": None}),
        transaction(4, block_timestamp=None, **plain),
        transaction(
            5, block_timestamp=block_time(105), to_address=None, **plain | {"receipt_contract_address": CREATED}
        ),
    ]
    tokens = [token(1, 7, value=5e6), token(2, 7, block_number=101, value=1e40), token(9, 1, value=5e6)]
    return unit(
        spark,
        tmp_path_factory.mktemp("bare"),
        {"transactions.parquet": transactions, "token_transfers.parquet": tokens},
    )


def test_without_traces_transactions_move_the_coins(bare: Unit_) -> None:
    coins = {row["tx_hash"]: (row["recipient"], row["amount_raw"]) for row in bare["rows"] if row["kind"] == "native"}
    exact = "804260000000000000"
    assert coins == {tx(1): (BOB, exact), tx(3): (BOB, exact), tx(5): (CREATED, exact)}
    assert bare["counts"]["transactions"]["skipped_because"] == {"failed": 1}
    assert bare["counts"]["transactions"]["unknown_status"] == 1


def test_without_blocks_a_token_transfer_takes_the_time_of_a_transaction_of_its_block_or_has_none(bare: Unit_) -> None:
    tokens = {row["tx_hash"]: row["at"].astimezone(UTC) for row in bare["rows"] if row["kind"] == "token"}
    assert tokens == {tx(1): block_time(101), tx(2): block_time(101)}
    assert bare["counts"]["token_transfers"]["quarantine_reasons"] == {"no_time": 1}
    assert bare["counts"]["transactions"]["quarantine_reasons"] == {"no_time": 1}
