"""Who signed what: every transaction whose signer and time are known, whatever it moved."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from abuse.campaign import Campaign, Source
from abuse.edge.parse import Reading, read
from abuse.edge.units import Unit
from abuse.lake.files import raw_rows
from abuse.settings import Settings
from abuse.tables import Calls
from tests.ingest.written import NOON, Row, address, tx, write

ALICE, BOB = address(1), address(2)


def transaction(n: int, **changes: object) -> Row:
    plain = {"from_address": ALICE.upper().replace("0X", "0x"), "to_address": BOB, "value": "0", "nonce": n}
    where = {"block_number": 100 + n, "transaction_index": 0, "block_timestamp": NOON.isoformat()}
    return {"hash": tx(n), "input": "0xA9059CBB" + "0" * 64, "gas_price": "9", **where, **plain} | changes


ROWS = {
    "a call that moves nothing": transaction(1),
    "a plain payment": transaction(2, input="0x", value="5"),
    "a failed call": transaction(3),
    "a tip of its own": transaction(4, max_priority_fee_per_gas="2"),
    "a creation": transaction(5, to_address=None),
    "time from its block": transaction(6, block_timestamp=None),
    "no time": transaction(7, block_timestamp=None),
    "no signer": transaction(8, from_address="nobody"),
    "no hash": transaction(9, hash=None),
}
BLOCKS = [{"number": 106, "timestamp": (NOON + timedelta(hours=1)).isoformat()}]
RECEIPTS = [{"transaction_hash": tx(n), "status": int(n != 3)} for n in (1, 2, 3)]


def called(spark: SparkSession, sources: tuple[Source, ...]) -> list[dict[str, object]]:
    campaign = Campaign(
        id="c",
        name="c",
        chain="ethereum",
        starts_at=NOON,
        ends_at=NOON + timedelta(days=9),
        sources=(Source(format="participation", path="actions.csv"), *sources),
    )
    empty = spark.createDataFrame([], "chain string, asset string, decimals int, usd double")

    def spill(rows: DataFrame) -> DataFrame:
        return rows.localCheckpoint()

    reading = Reading(campaign, Settings().chains, lambda source: raw_rows(spark, source), spill, empty, True)
    parsed = read(Unit("ethereum_etl", "ethereum", sources, "d"), reading)
    return [row.asDict() for row in parsed.facts[Calls].collect()]


def file_of(path: Path, rows: list[Row], *, timezone: str = "") -> Source:
    table = path.stem.partition("-")[0]
    return Source(format="ethereum_etl", table=table, path=str(write(path, rows)), timezone=timezone)


@pytest.fixture(scope="module")
def calls(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    folder = tmp_path_factory.mktemp("chain")
    twice = [*ROWS.values(), ROWS["a plain payment"]]
    files = {"transactions.csv": twice, "blocks.csv": BLOCKS, "receipts.csv": RECEIPTS}
    rows = called(spark, tuple(file_of(folder / name, rows) for name, rows in files.items()))
    names = {row["hash"]: name for name, row in ROWS.items()}
    assert len(rows) == len({row["tx_hash"] for row in rows}), "a transaction stands twice"
    return {names[row["tx_hash"]]: row for row in rows}


def test_what_is_kept_and_what_is_not(calls: dict[str, dict[str, object]]) -> None:
    assert set(ROWS) - set(calls) == {"no time", "no signer", "no hash"}


def test_the_method_and_who_called_whom(calls: dict[str, dict[str, object]]) -> None:
    call = calls["a call that moves nothing"]
    assert [call[name] for name in ("caller", "callee", "selector", "nonce")] == [ALICE, BOB, "0xa9059cbb", 1]
    assert calls["a plain payment"]["selector"] is None
    assert calls["a creation"]["callee"] is None


def test_tips_status_and_times(calls: dict[str, dict[str, object]]) -> None:
    assert calls["a tip of its own"]["tip_wei"] == 2
    assert calls["a plain payment"]["tip_wei"] == 9
    status = {name: call["is_ok"] for name, call in calls.items()}
    assert status["a failed call"] is False
    assert status["a plain payment"] is True
    assert status["a creation"] is None
    seconds = {name: call["at"].timestamp() - NOON.timestamp() for name, call in calls.items()}  # type: ignore[attr-defined]
    assert seconds["time from its block"] == 3_600
    assert seconds["a plain payment"] == 0


def test_times_are_of_the_zone_of_their_own_file(spark: SparkSession, tmp_path: Path) -> None:
    """Two exports of one chain, the second made on a machine in Singapore."""
    written = {"transactions-a.csv": ("12:00:00", ""), "transactions-b.csv": ("20:00:00", "Asia/Singapore")}
    sources = tuple(
        file_of(tmp_path / name, [transaction(n, block_timestamp=f"{NOON:%Y-%m-%d} {clock}")], timezone=zone)
        for n, (name, (clock, zone)) in enumerate(written.items(), 1)
    )
    rows = called(spark, sources)
    assert [row["at"] for row in rows] == [NOON.replace(tzinfo=None)] * 2
