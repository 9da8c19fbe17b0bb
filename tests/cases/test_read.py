"""How single rows and files are read, in words, names and layouts unlike the folders'."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from abuse.campaign import Source, load_campaign
from abuse.edge import ingest as reading
from abuse.edge.context import Night
from abuse.errors import AbuseError
from abuse.instants import parse_as_of
from abuse.lake.files import raw_rows
from abuse.settings import Settings
from abuse.steps.ingest import ethereum, transfers
from abuse.tables import Transfers
from tests.cases.made import FARM, Given, address, base, csv_text, moves_of, paid, tx, write
from tests.cases.memory import MemoryLake
from tests.cases.running import AS_OF
from tests.ingest.written import CHAINS
from tests.ingest.written import write as write_file

NOTHING = ("n/a", "\\N", "\xa0", "<NA>", "None", "0", "0x", "\u2014", "\u200b", "NULL", "undefined")
SAID = ("Nancy", "100", "none of it", "0x10", "n/a-7")
AT = "2026-03-09T00:00:00Z"


def test_memos_that_say_nothing_are_none_and_those_that_say_something_stay(spark: SparkSession, tmp_path: Path) -> None:
    rows = [paid(AT, FARM[0], FARM[1], n + 1, memo=memo) for n, memo in enumerate((*NOTHING, *SAID))]
    source = Source(format="transfers", path=str(write_file(tmp_path / "a.csv", rows)))
    found = transfers.transfers(raw_rows(spark, source), "ethereum", CHAINS).select(Transfers.memo).collect()
    assert [row[0] for row in found] == [None] * len(NOTHING) + list(SAID)


PLACES = ("2", "10", "100000", "1000000")
PATHS = ("0_1_2", "0_1_10", "0_100001", "2", "10_0_1", "100000_1")


def test_places_order_as_numbers_and_no_path_is_cut(spark: SparkSession, tmp_path: Path) -> None:
    rows = [paid(AT, FARM[0], FARM[1], 1, position=place) for place in PLACES]
    source = Source(format="transfers", path=str(write_file(tmp_path / "a.csv", rows)))
    found = transfers.transfers(raw_rows(spark, source), "ethereum", CHAINS).select("position").collect()
    placed = [row[0] for row in found]
    assert placed == sorted(placed)
    assert len(set(placed)) == len(PLACES)
    traced = [{"trace_address": path, "transaction_hash": tx("a"), "from_address": FARM[0], "to_address": FARM[1]}
              | {"block_number": "1", "value": "5", "trace_type": "call"} for path in PATHS]  # fmt: skip
    source = Source(format="ethereum_etl", table="traces", path=str(write_file(tmp_path / "t.csv", traced)))
    times, receipts, senders = (spark.createDataFrame([], kind) for kind in KNOWN)
    rows_of = ethereum.traces(raw_rows(spark, source), ethereum.Known(times, receipts, senders), "ethereum", CHAINS)
    ordered = [row["trace_address"] for row in rows_of.orderBy("position").select("trace_address").collect()]
    assert ordered == list(PATHS)


KNOWN = (
    "block_number bigint, at timestamp",
    "tx_hash string, status int, created string",
    "tx_hash string, initiator string, tx_block bigint, tx_at timestamp, tx_order bigint, tx_status int",
)
LAYOUTS: dict[str, tuple[str, dict[str, str], str]] = {  # path, further files beside one of 3 rows -> what names it
    "a part that a writer left with an underscore": ("a/*.csv", {"a/_part-1.csv": ""}, r"_part-1\.csv"),
    "a file that begins with a dot": ("a/*.csv", {"a/.late.csv": ""}, r"\.late\.csv"),
    "a Delta table read by its files": ("a/*.csv", {"a/_delta_log/00000000000000000000.json": "{}"}, "Delta"),
    "an Iceberg table read by its files": (
        "t/data/*.csv", {"t/metadata/v1.metadata.json": "{}", "t/metadata/snap-1.avro": "x"}, "Iceberg"),
}  # fmt: skip


@pytest.mark.parametrize("case", LAYOUTS)
def test_what_lies_beside_a_file_is_read_or_named(
    spark: SparkSession, patient: Settings, tmp_path: Path, case: str
) -> None:
    """Or rows that somebody removed count, and rows that somebody has never do."""
    path, beside, name = LAYOUTS[case]
    world = base()
    folder = tmp_path / Path(path).parent
    folder.mkdir(parents=True)
    for file, text in beside.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text or csv_text(world.actions[3:6]))
    given = Given("x.csv", "participation", [])
    write(tmp_path, given, moves_of(world.moves))
    toml = tmp_path / "campaign.toml"
    toml.write_text(toml.read_text().replace("x.csv", path))
    (folder / "week1.csv").write_text(csv_text(world.actions[:3]))
    counted, refused = rows_or_refusal(spark, patient, tmp_path)
    assert counted == 6 or re.search(name, refused), (counted, refused)


def rows_or_refusal(spark: SparkSession, settings: Settings, folder: Path) -> tuple[int, str]:
    """Rows of participation, as `campaign check` counts them, or why it cannot."""
    try:
        campaign, ours = load_campaign(folder / "campaign.toml", settings)
        night = Night(MemoryLake(str(folder), spark), campaign, ours, parse_as_of(AS_OF, campaign))
        found = reading.check_sources(night, is_counted=True)
    except AbuseError as why:
        return 0, str(why)
    return next(line["rows"] for line in found if line["table"] == "participation"), ""


ZONES = {  # as written, timezone -> the instant
    "a local time": ("2026-03-08 21:30:00", "America/New_York", "2026-03-09 01:30:00"),
    "an offset wins over the zone": ("2026-03-09T05:30:00+04:00", "America/New_York", "2026-03-09 01:30:00"),
    "seconds since 1970 have no zone": ("1773019800", "America/New_York", "2026-03-09 01:30:00"),
    "no zone is UTC": ("2026-03-09 01:30:00", "", "2026-03-09 01:30:00"),
}


def test_times_are_of_the_zone_that_the_source_names(spark: SparkSession, tmp_path: Path) -> None:
    found: dict[str, str] = {}
    for name, (written, zone, _) in ZONES.items():
        row = paid(AT, address("a"), address("b"), 1.0) | {"at": written}
        source = Source(format="transfers", path=str(write_file(tmp_path / f"{len(found)}.csv", [row])))
        parsed = transfers.transfers(raw_rows(spark, source), "ethereum", CHAINS, zone)
        found[name] = parsed.selectExpr("cast(at as string)").collect()[0][0]
    assert found == {name: instant for name, (_, _, instant) in ZONES.items()}
