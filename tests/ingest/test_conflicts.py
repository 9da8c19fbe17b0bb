"""Rows of one key: equal ones are duplicates, unequal ones contradict each other, and distinct ones are all kept."""

from __future__ import annotations

from functools import partial, reduce
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from abuse.campaign import Campaign, Source
from abuse.edge.parse import Parsed, Reading, read, read_tokens
from abuse.edge.staging import least
from abuse.edge.units import Unit
from abuse.lake.files import raw_rows
from abuse.settings import Settings
from abuse.steps.ingest.participants import participants
from abuse.tables import Participation, Transfers
from tests.ingest.written import CHAINS, NOON, A, B, Row, address, tx, write

COIN = str(10**18)


def spill(frame: DataFrame) -> DataFrame:
    return frame.localCheckpoint()


def parsed(spark: SparkSession, file: Path, rows: list[Row], kind: str) -> Parsed:
    source = Source(format=kind, path=str(write(file, rows)))
    actions = Source(format="participation", path="actions.csv", name="others")
    campaign = Campaign(
        id="c", name="c", chain="base", starts_at=NOON, ends_at=NOON.replace(year=2027), sources=(actions, source)
    )
    prices = spark.createDataFrame([], "chain string, asset string, decimals int, usd double")
    reading = Reading(campaign, Settings().chains, partial(raw_rows, spark), spill, prices, is_address=True)
    return read(Unit(source.table, "base", (source,), "digest"), reading)


def action(position: str | None, day: int, reward: str = "5", **rest: object) -> Row:
    return {"account": A, "at": f"2026-03-{day:02d}T12:00:00Z", "position": position, "reward": reward} | rest


def whole(frames: list[DataFrame], keys: tuple[str, ...]) -> DataFrame:
    """As a night sees the facts of several sources."""
    return least(reduce(DataFrame.unionByName, frames), list(keys))


@pytest.fixture(scope="module")
def exports(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> list[Parsed]:
    """Two weeks, each numbered from 1; the second repeats the last row of the first."""
    folder = tmp_path_factory.mktemp("exports")
    one = [action("1", 1), action("2", 2), action("10", 3)]
    two = [action("1", 8), action("2", 9, "7.25"), action("10", 3)]
    return [parsed(spark, folder / f"{name}.csv", rows, "participation") for name, rows in (("one", one), ("two", two))]


def test_two_exports_that_number_from_one_each_lose_no_action_and_no_reward(exports: list[Parsed]) -> None:
    rows = whole([one.facts[Participation] for one in exports], Participation.key)
    (found,) = participants(rows).collect()
    assert (found["num_actions"], found["reward"], found["reward_exact"]) == (5, 27.25, "27.25")


def test_of_acts_at_one_moment_the_tenth_is_behind_the_second(spark: SparkSession, tmp_path: Path) -> None:
    rows = [action(str(n), 1, action=f"act {n}", tx_hash=tx(n)) for n in (10, 9, 2)]
    found = parsed(spark, tmp_path / "acts.csv", rows, "participation").facts[Participation]
    assert participants(found).collect()[0]["first_tx_hash"] == tx(2)


def test_one_action_told_with_two_rewards_is_a_conflict_and_neither_is_believed(
    spark: SparkSession, tmp_path: Path
) -> None:
    rows = [action("1", 1, "5"), action("1", 1, "50"), action("2", 2, "5"), action("2", 2, "5")]
    (staged,) = parsed(spark, tmp_path / "acts.csv", rows, "participation").staged
    assert staged.counts["conflicts"] == staged.counts["quarantined"] == 2
    assert staged.counts["quarantine_reasons"] == {"conflict": 2}
    assert (staged.counts["stored"], staged.counts["duplicates"]) == (1, 1)
    assert {row["row"].count('"reward":"5') for row in staged.quarantine.collect()} == {1}, "as they stood"


def test_two_prices_of_one_token_are_a_conflict(spark: SparkSession, tmp_path: Path) -> None:
    listed = [{"address": A, "decimals": "6", "usd": usd} for usd in ("1", "2")]
    source = Source(format="tokens", path=str(write(tmp_path / "prices.csv", listed)))
    actions = Source(format="participation", path="actions.csv")
    ends = NOON.replace(year=2027)
    campaign = Campaign(id="c", name="c", chain="base", starts_at=NOON, ends_at=ends, sources=(actions, source))
    empty = spark.createDataFrame([], "chain string, asset string, decimals int, usd double")
    reading = Reading(campaign, CHAINS, partial(raw_rows, spark), spill, empty, is_address=True)
    staged = read_tokens(source, "base", reading)
    assert (staged.counts["stored"], staged.counts["quarantine_reasons"]) == (0, {"conflict": 2})


def paid(n: int, position: object = None, to: str = B, amount: str = COIN, **rest: object) -> Row:
    row: Row = {"tx_hash": tx(n), "at": "2026-03-01T12:00:00Z", "sender": A, "recipient": to, "asset": "native"}
    return row | {"amount_raw": amount, "position": position} | rest


MULTISEND = [paid(1, to=address(n), amount=str(10**18 + n)) for n in range(12)]
TWICE = [paid(2, position) for position in ("9", "10")]
"""One transaction pays the same person the same twice."""


@pytest.fixture(scope="module")
def vendors(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> list[Parsed]:
    """The same movements, otherwise numbered, and one that only the second knows."""
    folder = tmp_path_factory.mktemp("vendors")
    first = [*MULTISEND, *TWICE, paid(3, "0")]
    second = [row | {"position": f"{n}", "initiator": A} for n, row in enumerate(first)] + [paid(4, "7")]
    return [parsed(spark, folder / f"{n}.csv", rows, "transfers") for n, rows in enumerate((first, second))]


def test_two_vendors_of_the_same_movements_do_not_double_them(vendors: list[Parsed]) -> None:
    assert [one.staged[0].counts["stored"] for one in vendors] == [15, 16]
    rows = whole([one.facts[Transfers] for one in vendors], Transfers.key)
    assert rows.count() == 16


def test_a_transaction_that_pays_the_same_twice_keeps_both(vendors: list[Parsed]) -> None:
    rows = vendors[0].facts[Transfers].where(f"tx_hash = '{tx(2)}'").orderBy("position").collect()
    assert [row["position"] for row in rows] == ["01:9", "02:10"]
    assert [row["movement"].partition("#")[2] for row in rows] == ["", "2"]


def test_one_place_told_with_two_amounts_is_a_conflict(spark: SparkSession, tmp_path: Path) -> None:
    rows = [paid(1, "3"), paid(1, "3", amount="7" * 18), paid(1, "4"), paid(1, "4"), paid(2, "3")]
    (staged,) = parsed(spark, tmp_path / "moves.csv", rows, "transfers").staged
    assert (staged.counts["conflicts"], staged.counts["duplicates"], staged.counts["stored"]) == (2, 1, 2)
