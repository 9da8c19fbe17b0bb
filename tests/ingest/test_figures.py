"""What is counted of a unit once for all nights is what a night that counts it alone finds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pyspark.sql import SparkSession

from abuse.edge.ingest import ingest
from abuse.settings import Settings
from tests.ingest.test_calls import ALICE, transaction
from tests.ingest.written import NOON, write
from tests.night.lakes import night_of

HEAD = f"""id = "chain"
name = "Chain"
chain = "ethereum"
starts_at = {NOON:%Y-%m-%dT%H:%M:%SZ}
ends_at = {NOON + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}
sources = [
  {{ format = "participation", path = "participation.csv" }},
  {{ format = "ethereum_etl", table = "transactions", path = "transactions.csv" }},
]
"""


def test_a_file_of_calls_and_transfers_is_counted_the_same_whatever_nights_were_before(
    spark: SparkSession, settings: Settings, tmp_path: Path
) -> None:
    days = [NOON + timedelta(days=1 + n // 2) for n in range(6)]
    rows = [transaction(n, block_timestamp=at.isoformat(), value=str(n % 3)) for n, at in enumerate(days)]
    write(tmp_path / "transactions.csv", rows)
    write(tmp_path / "participation.csv", [{"account": ALICE, "at": NOON.isoformat(), "action": "join"}])
    file = tmp_path / "campaign.toml"
    file.write_text(HEAD)

    def made(lake: str, day: int) -> dict[str, object]:
        record = ingest(night_of(spark, settings, file, tmp_path / lake, (NOON + timedelta(days=day)).isoformat()))
        return {name: record[name] for name in ("run_id", "sources")}

    made("both", 2)
    assert made("both", 9) == made("alone", 9)
