"""What is counted of a unit once for all nights is what a night that counts it alone finds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from abuse.edge.facts import counted
from abuse.edge.ingest import ingest
from abuse.settings import Settings
from abuse.tables import Transfers
from tests.conftest import frame
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


def test_a_value_that_moves_to_an_empty_neighbour_is_another_row(spark: SparkSession) -> None:
    """Or a corrected header changed the facts and not the run's id."""
    row = {"source": "a", "chain": "base", "kind": "native", "num_transfers": 1, "sender": ALICE, "recipient": ALICE}
    rows = [frame(spark, Transfers, [row | {"position": "0", place: 7}]) for place in ("block_number", "tx_index")]
    sums = [counted(each.withColumn("_counts", F.lit(True)), Transfers)[0]["sum"] for each in rows]
    assert sums[0] != sums[1]
