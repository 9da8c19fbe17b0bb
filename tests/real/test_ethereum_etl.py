"""Real ethereum-etl rows: 19,999 transactions of 6 March 2017 and 14,323 token transfers of another time."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from pyspark.sql import SparkSession

from abuse.edge.ingest import check_sources
from abuse.night import run_step
from abuse.settings import Settings
from tests.night.lakes import Silent, night_of

CAMPAIGN = """id = "etl-{name}"
name = "ethereum-etl rows"
chain = "ethereum"
starts_at = 2017-01-01T00:00:00Z
ends_at = 2022-12-31T00:00:00Z
sources = [
  {{ format = "participation", path = "participation.csv" }},
  {{ format = "ethereum_etl", table = "transactions", path = "{data}/ethereum_etl/transactions.csv.gz" }},
  {{ format = "ethereum_etl", table = "token_transfers", path = "{data}/ethereum_etl/token_transfers.csv.gz" }},
{blocks}]
"""
BLOCKS = '  { format = "ethereum_etl", table = "blocks", path = "blocks.csv" },\n'
FIRST_BLOCK, LAST_BLOCK, FIRST_TIME = 15_320_500, 15_320_599, 1_660_200_000


def rows_of(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def ingested(
    spark: SparkSession, settings: Settings, data: Path, folder: Path, *, with_blocks: bool
) -> dict[str, dict[str, Any]]:
    """Source -> its line of the report. The blocks' times are made up, 12 s apart; the rows are real."""
    account = rows_of(data / "ethereum_etl/transactions.csv.gz")[0]["from_address"]
    (folder / "participation.csv").write_text(f"account,at\n{account},2017-03-06T05:00:00Z\n")
    times = [f"{b},{FIRST_TIME + 12 * (b - FIRST_BLOCK)}" for b in range(FIRST_BLOCK, LAST_BLOCK + 1)]
    (folder / "blocks.csv").write_text("\n".join(["number,timestamp", *times]) + "\n")
    file = folder / "campaign.toml"
    name = "blocks" if with_blocks else "bare"
    file.write_text(CAMPAIGN.format(name=name, data=data, blocks=BLOCKS if with_blocks else ""))
    night = night_of(spark, settings, file, folder / "lake", "2022-12-01T00:00:00Z")
    check_sources(night)
    record = run_step("ingest", night, Silent())
    print(f"\n{name}: {record['quarantine_reasons']}")
    for line in record["sources"]:
        print("  ", line)
        parts = ("kept", "quarantined", "duplicates", "not_a_transfer", "after_as_of")
        assert sum(line[p] for p in parts) == line["rows_in"]
    return {line["source"]: line for line in record["sources"]} | {"reasons": record["quarantine_reasons"]}


def test_token_transfers_without_blocks_have_no_time(
    spark: SparkSession, settings: Settings, real_data: Path, tmp_path: Path
) -> None:
    lines = ingested(spark, settings, real_data, tmp_path, with_blocks=False)
    tokens, coins = lines["token_transfers"], lines["transactions"]
    assert (tokens["rows_in"], tokens["quarantined"], tokens["kept"]) == (14_323, 14_323, 0)
    assert lines["reasons"]["no_time"] == 14_323
    rows = rows_of(real_data / "ethereum_etl/transactions.csv.gz")
    moved = sum(int(r["value"]) > 0 and bool(r["to_address"]) for r in rows)
    assert (coins["rows_in"], coins["kept"]) == (len(rows), moved)
    assert coins["unknown_status"] == len(rows), "no receipts were given, so no status is known"


def test_token_transfers_with_blocks_are_kept(
    spark: SparkSession, settings: Settings, real_data: Path, tmp_path: Path
) -> None:
    lines = ingested(spark, settings, real_data, tmp_path, with_blocks=True)
    rows = rows_of(real_data / "ethereum_etl/token_transfers.csv.gz")
    moved = sum(int(r["value"]) > 0 for r in rows)
    tokens = lines["token_transfers"]
    assert (tokens["kept"], tokens["not_a_transfer"]) == (moved, len(rows) - moved)
    assert "no_time" not in lines["reasons"]
    stored = DeltaTable(str(tmp_path / "lake/work/transfers")).to_pyarrow_table(columns=["kind", "amount_raw"])
    exact = sorted(r["amount_raw"] for r in stored.to_pylist() if r["kind"] == "token")
    assert exact == sorted(str(int(r["value"])) for r in rows if int(r["value"]) > 0), "raw amounts are exact"
