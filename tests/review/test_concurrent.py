"""Fifty people at once: nobody's word is lost, and one request by two hands is one."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor

import pytest
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from abuse.errors import LakeError
from abuse.lake.ledger import Overtaken, append, ledger, replace_rows, turn
from abuse.lake.people import reviews
from abuse.tables import Reviews
from tests.review.made_up import ALONE, FARM, TEAM, says, verdicts

THREADS, PROCESSES = 46, 4


def _overturn(lake: str, number: int) -> str:
    return says(lake, "overturn", FARM[number % len(FARM)], actor=f"person {number}").decision_id


def _same(lake: str, _number: int) -> str:
    return says(lake, "overturn", *TEAM, actor="ann").decision_id


def test_fifty_decisions_at_once_are_all_there(lake: str) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        ids = list(pool.map(lambda n: _overturn(lake, n), range(THREADS)))
    with multiprocessing.get_context("spawn").Pool(2) as processes:
        ids += processes.starmap(_overturn, [(lake, n) for n in range(THREADS, THREADS + PROCESSES)])
    rows = ledger(lake, Reviews).to_pylist()
    assert sorted(row["decision_id"] for row in rows) == sorted(ids)
    assert len(set(ids)) == THREADS + PROCESSES
    assert verdicts(lake, FARM) == {"clear"}


def test_one_request_by_many_hands_at_once_counts_once(lake: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda n: _same(lake, n), range(8)))
    assert len(ids) == 1
    assert len(reviews(lake, "drop")) == len(TEAM)


def _half(lake: str, number: int) -> bool:
    return says(lake, "overturn", *FARM[number * 15 : number * 15 + 15], actor="ann").needs_approval


def test_who_lets_off_a_large_group_in_two_requests_at_once_needs_a_second_person(lake: str) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as processes:
        waits = processes.starmap(_half, [(lake, 0), (lake, 1)])
    assert sorted(waits) == [False, True]


def test_nobody_writes_behind_what_they_have_not_read(lake: str) -> None:
    says(lake, "note", ALONE, note="first")
    rows = [row | {"review_id": "other"} for row in ledger(lake, Reviews).to_pylist()]
    ours = turn(lake, Reviews, "drop")
    append(lake, Reviews, rows, after=turn(lake, Reviews, "another campaign"))
    append(lake, Reviews, rows, after=ours)
    with pytest.raises(Overtaken):
        append(lake, Reviews, rows, after=ours)
    assert ledger(lake, Reviews).num_rows == 3
    append(lake, Reviews, rows, after=turn(lake, Reviews, "drop"))


def test_nobody_changes_or_removes_a_row(lake: str) -> None:
    says(lake, "overturn", *TEAM)
    before = ledger(lake, Reviews)
    with pytest.raises(LakeError, match="append-only"):
        replace_rows(lake, Reviews, before.to_pylist()[:1], "campaign_id = 'drop'")
    with pytest.raises(DeltaError, match="append-only"):
        DeltaTable(f"{lake}/reviews").delete("campaign_id = 'drop'")
    with pytest.raises(DeltaError, match="append-only"):
        DeltaTable(f"{lake}/reviews").update(updates={"note": "'x'"}, predicate="campaign_id = 'drop'")
    assert ledger(lake, Reviews) == before
