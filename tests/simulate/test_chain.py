"""The chain's files add up: blocks, traces, receipts, balances, and the noise that belongs there."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime

import numpy as np

from abuse.simulate.priors import DAY
from abuse.simulate.world import ENDS_AT, HISTORY
from tests.simulate.written import ACCOUNTS, Files, Row, read_csv


def test_raw_amounts_are_whole_numbers_as_text(files: Files) -> None:
    amounts = [row["value"] for rows in (files.transactions, files.traces, files.token_transfers) for row in rows]
    assert all(value.isdecimal() and str(int(value)) == value for value in amounts)


def test_blocks_time_and_nonces_run_forward(files: Files) -> None:
    times = {row["number"]: row["timestamp"] for row in files.blocks}
    numbers = np.array(sorted(times))
    stamps = np.array([times[number] for number in numbers])
    assert (np.diff(stamps) == 12 * np.diff(numbers)).all()
    starts_at = files.campaign["starts_at"].timestamp()
    assert HISTORY <= stamps[0] - starts_at <= stamps[-1] - starts_at
    assert stamps[-1] <= ENDS_AT.timestamp() + 7 * DAY
    unique = sorted(files.by_hash.values(), key=lambda t: (t["block_number"], t["transaction_index"]))
    assert all(t["block_timestamp"] == times[t["block_number"]] for t in unique)
    counts = Counter(t["block_number"] for t in unique)
    assert counts == {row["number"]: row["transaction_count"] for row in files.blocks}
    assert {(t["block_number"], t["transaction_index"]) for t in unique} == {
        (number, place) for number, count in counts.items() for place in range(count)
    }
    sent: Counter[str] = Counter()
    for transaction in unique:
        assert transaction["nonce"] == sent[transaction["from_address"]]
        sent[transaction["from_address"]] += 1


def test_every_transaction_has_one_own_trace_and_one_receipt(files: Files) -> None:
    own = {t["transaction_hash"]: t for t in files.traces if t["trace_address"] == ""}
    status = {row["transaction_hash"]: row["status"] for row in files.receipts}
    assert own.keys() == status.keys() == files.by_hash.keys()
    assert len(files.receipts) == len(files.by_hash)
    for tx_hash, transaction in files.by_hash.items():
        trace = own[tx_hash]
        for name in ("value", "from_address", "to_address", "block_number", "transaction_index"):
            assert trace[name] == transaction[name]
        assert trace["status"] == status[tx_hash]
    children = Counter(t["transaction_hash"] for t in files.traces if t["trace_address"].isdecimal())
    assert all(own[tx_hash]["subtraces"] == children[tx_hash] for tx_hash in own)


def test_actions_point_at_their_transaction_unless_the_account_has_no_chain_data(files: Files) -> None:
    addresses = {t[side] for t in files.traces for side in ("from_address", "to_address")}
    addresses |= {t[side] for t in files.token_transfers for side in ("from_address", "to_address")}
    hidden = {account for account in files.truth if account not in addresses}
    assert 0.01 < len(hidden) / ACCOUNTS < 0.06
    assert {row["account"] for row in files.participation} == files.truth.keys()
    for row in files.participation:
        found = files.by_hash.get(row["tx_hash"])
        assert (found is None) == (row["account"] in hidden)
        if found:
            assert found["from_address"] == row["account"]
            assert datetime.fromisoformat(row["at"]).timestamp() == found["block_timestamp"]


def test_noise_is_there(files: Files) -> None:
    assert any(row["status"] == 0 and files.by_hash[row["transaction_hash"]]["value"] != "0" for row in files.receipts)
    assert any(t["call_type"] == "delegatecall" and t["value"] != "0" for t in files.traces)
    assert 0.005 < len(files.transactions) / len(files.by_hash) - 1 < 0.015
    dusted = [t for t in files.by_hash.values() if 1 <= int(t["value"]) <= 1_000]
    gas = files.first_gas()
    early = [t for t in dusted if t["block_number"] < gas[t["to_address"]]["block_number"]]
    assert 0.3 < len(early) / len(dusted) < 0.7
    known = {row["address"] for row in read_csv(files.folder / "tokens.csv")}
    made_up = {t["token_address"] for t in files.token_transfers if is_made_up(t, files)}
    assert len(made_up) == 1
    assert made_up.isdisjoint(known)


def is_made_up(transfer: Row, files: Files) -> bool:
    ends = (transfer["from_address"], transfer["to_address"])
    signed = files.by_hash[transfer["transaction_hash"]]["from_address"] in ends
    return not signed and all(end in files.truth for end in ends)


def test_nobody_sends_much_more_than_they_got(files: Files) -> None:
    balance: dict[str, int] = defaultdict(int)
    lowest: dict[str, int] = defaultdict(int)
    got: dict[str, int] = defaultdict(int)
    for move in files.native():
        value = int(move["value"])
        balance[move["from_address"]] -= value
        lowest[move["from_address"]] = min(lowest[move["from_address"]], balance[move["from_address"]])
        balance[move["to_address"]] += value
        got[move["to_address"]] += value
    seen = [account for account in files.truth if got[account]]
    assert all(balance[account] >= 0 for account in seen)
    short = [account for account in seen if lowest[account] < -0.01 * got[account]]
    assert len(short) < 0.02 * len(seen)
