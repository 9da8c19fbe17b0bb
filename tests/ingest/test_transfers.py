"""transfers and transfer_pairs, from a real small file to parsed rows with every reason."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest
from pyspark.sql import SparkSession

from abuse.campaign import Source
from abuse.steps.ingest import transfers
from tests.ingest.written import (
    CHAINS,
    NOON,
    TOKEN,
    A,
    B,
    Found,
    Row,
    address,
    outcome,
    parsed,
    tx,
    utc,
    write,
)

PAID = {"tx_hash": tx(1), "at": "2026-03-01T12:00:00Z", "sender": A, "recipient": B, "asset": "native"}
PAID |= {"amount_raw": str(10**18)}
SENTINEL = "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE"
MOVES: dict[str, tuple[Row, object]] = {  # row -> reasons, or why it is no transfer
    "coins": ({**PAID, "initiator": A.upper(), "memo": " 42 "}, []),
    "tokens": ({**PAID, "asset": TOKEN.upper(), "amount_raw": "5000000", "position": "2:7"}, []),
    "coins inside a call": ({**PAID, "kind": "Internal", "block_number": "100", "tx_index": "3"}, []),
    "on another chain": ({**PAID, "chain": "polygon"}, []),
    "an asset nobody listed": ({**PAID, "asset": address(0xDEAD)}, []),
    "the coin as an address": ({**PAID, "asset": SENTINEL, "kind": "token"}, []),
    "nobody signed, no memo": ({**PAID, "initiator": "0x0", "memo": "None"}, []),
    "nothing": ({**PAID, "amount_raw": "000"}, "zero_value"),
    "it failed": ({**PAID, "status": "reverted"}, "failed"),
    "a fraction of a coin": ({**PAID, "amount_raw": "0.05"}, ["amount_fraction"]),
    "in hex": ({**PAID, "amount_raw": "0xde0b6b3a7640000"}, ["amount_hexadecimal"]),
    "no hash": ({**PAID, "tx_hash": ""}, ["null_tx_hash"]),
    "no asset": ({**PAID, "asset": None}, ["no_asset"]),
    "above uint256": ({**PAID, "amount_raw": str(2**256)}, ["amount_above_2_256"]),
    "nothing is left": (
        {"amount_raw": None},
        ["null_tx_hash", "no_sender", "no_recipient", "no_asset", "no_amount", "no_time"],
    ),
    "everything wrong": (
        {
            "tx_hash": " ", "chain": "doge", "kind": "gift", "sender": "x", "recipient": "y", "asset": "z",
            "amount_raw": "-5", "at": "never", "block_number": "ten", "tx_index": "-1",
        },
        [
            "null_tx_hash", "unknown_chain", "unknown_kind", "amount_negative", "bad_time",
            "block_number_not_numeric", "tx_index_negative",
        ],
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def moves(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Found:
    rows = [{"id": name, **row} for name, (row, _) in MOVES.items()]
    source = Source(format="transfers", path=str(write(tmp_path_factory.mktemp("moves") / "moves.csv", rows)))
    prices = [("base", "native", 18, 2500.0), ("base", TOKEN, 6, None)]
    known = spark.createDataFrame(prices, "chain string, asset string, decimals int, usd double")
    return parsed(
        spark, source, lambda raw: transfers.valued(transfers.transfers(raw, "base", CHAINS), known, CHAINS), "id"
    )


@pytest.mark.parametrize("case", MOVES)
def test_a_transfer_is_good_or_is_none_or_gives_every_reason(moves: Found, case: str) -> None:
    assert outcome(moves[case]) == (MOVES[case][1] or None)


VALUED = {  # name: chain, kind, asset, amount, dollars
    "coins": ("base", "native", "native", 1.0, 2500.0),
    "tokens": ("base", "token", TOKEN, 5.0, None),
    "coins inside a call": ("base", "internal", "native", 1.0, 2500.0),
    "the coin as an address": ("base", "native", "native", 1.0, 2500.0),
    "on another chain": ("polygon", "native", "native", 1.0, None),
    "an asset nobody listed": ("base", "token", address(0xDEAD), None, None),
}


@pytest.mark.parametrize("case", VALUED)
def test_a_transfer_is_valued_by_its_chains_tokens(moves: Found, case: str) -> None:
    row = moves[case]
    found = tuple(row[name] for name in ("chain", "kind", "asset", "amount", "amount_usd"))
    assert found == VALUED[case]
    assert (row["event_date"], utc(row["at"]), row["num_transfers"]) == (date(2026, 3, 1), NOON, 1)


def test_payments_of_one_transaction_are_told_apart_where_the_source_does_not_number_them(moves: Found) -> None:
    """A payout to fifty wallets would be one row otherwise, and forty-nine duplicates."""
    unnumbered = [moves[name]["movement"] for name in ("coins", "tokens", "an asset nobody listed")]
    assert len(set(unnumbered)) == len(unnumbered)
    assert moves["coins"]["movement"] == moves["coins inside a call"]["movement"], "a movement told twice is one"
    assert moves["coins"]["movement"] == moves["the coin as an address"]["movement"]


def test_who_signed_and_the_memo_are_kept(moves: Found) -> None:
    assert (moves["nobody signed, no memo"]["initiator"], moves["nobody signed, no memo"]["memo"]) == (None, None)
    assert (moves["coins"]["initiator"], moves["coins"]["memo"]) == (A, "42")
    assert (moves["coins inside a call"]["block_number"], moves["coins inside a call"]["tx_index"]) == (100, 3)


PAIRS: dict[str, tuple[Row, object]] = {
    "a pair": ({"from_address": A.upper(), "to_address": B, "n_transfers": "7", "kind": "NATIVE"}, []),
    "the other way": ({"from_address": B, "to_address": A}, []),
    "another chain": ({"from_address": A, "to_address": B, "chain": "polygon", "kind": "native"}, []),
    "nothing": ({"from_address": A, "to_address": B, "kind": "internal", "n_transfers": "0"}, "zero_value"),
    "to itself": ({"from_address": A, "to_address": A.upper()}, "to_itself"),
    "everything wrong": (
        {"from_address": "x", "to_address": "", "chain": "doge", "kind": "gift", "n_transfers": "-2"},
        ["unknown_chain", "unknown_kind", "num_transfers_negative"],
    ),
}


@pytest.fixture(scope="module")
def pairs(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Found:
    rows = [{"id": name, **row} for name, (row, _) in PAIRS.items()]
    path = write(tmp_path_factory.mktemp("pairs") / "pairs.parquet", rows)
    source = Source(format="transfer_pairs", path=str(path), observed_at=NOON)
    parse = partial(transfers.transfer_pairs, name="pairs", chain="base", chains=CHAINS, observed_at=NOON)
    return parsed(spark, source, parse, "id")


@pytest.mark.parametrize("case", PAIRS)
def test_a_pair_is_good_or_is_none_or_gives_every_reason(pairs: Found, case: str) -> None:
    assert outcome(pairs[case]) == (PAIRS[case][1] or None)


def test_a_pair_has_a_count_a_date_and_a_key_of_its_own_but_no_time_or_amount(pairs: Found) -> None:
    first, second, third = (pairs[name] for name in list(PAIRS)[:3])
    assert (first["sender"], first["recipient"], first["kind"], first["num_transfers"]) == (A, B, "native", 7)
    assert (second["kind"], second["num_transfers"], third["chain"]) == ("token", 1, "polygon")
    assert {first[name] for name in ("tx_hash", "at", "asset", "amount_raw", "initiator")} == {None}
    assert utc(first["observed_at"]) == NOON
    assert len({row["position"] for row in (first, second, third)}) == 3
