"""A new file is all that a night reads, and what it says counts as if it had always been there."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from abuse.edge.context import Night
from abuse.edge.funders import funders
from abuse.lake.storage import read_all_json
from abuse.night import run_step
from abuse.settings import Settings
from abuse.steps.funders import merged
from abuse.tables import Trails
from tests.night.lakes import Silent, night_of

AS_OF = "2026-05-01T00:00:00Z"
CAMPAIGN = """id = "layers"
name = "Layers"
chain = "ethereum"
starts_at = 2026-03-01T00:00:00Z
ends_at = 2026-04-10T00:00:00Z
sources = [
  { format = "participation", path = "participation.csv" },
  { format = "transfers", path = "moves_*.csv" },
]
"""
PEOPLE = [f"0x{n:040x}" for n in range(1, 6)]
FUNDER, EARLIER, TOP = (f"0x{c * 40}" for c in "abc")
Move = tuple[int, str, str, str]
"""hash, at, sender, recipient"""

FIRST: list[Move] = [(n, f"2026-03-02T00:0{n}:00Z", FUNDER, person) for n, person in enumerate(PEOPLE)]
LATE: list[Move] = [
    (90, "2026-03-01T09:00:00Z", EARLIER, PEOPLE[0]),  # before what was known as its first payment
    (91, "2026-03-01T08:00:00Z", TOP, FUNDER),
    (92, "2026-03-01T23:00:00Z", PEOPLE[1], TOP),  # it had acted before it was paid
]


def write(path: Path, moves: list[Move]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("tx_hash", "at", "sender", "recipient", "asset", "amount_raw", "initiator"))
        for number, at, sender, recipient in moves:
            writer.writerow((f"0x{number + 1:064x}", at, sender, recipient, "native", str(10**17), sender))


def campaign(folder: Path, *files: list[Move]) -> Path:
    folder.mkdir()
    with (folder / "participation.csv").open("w", encoding="utf-8") as file:
        file.write("account,at\n" + "".join(f"{person},2026-03-05T00:00:00Z\n" for person in PEOPLE))
    for number, moves in enumerate(files):
        write(folder / f"moves_{number}.csv", moves)
    (folder / "campaign.toml").write_text(CAMPAIGN)
    return folder / "campaign.toml"


def walked(spark: SparkSession, settings: Settings, file: Path, lake: Path) -> tuple[Night, list[Any]]:
    """The night after its trails, and these with the first funders, as sorted rows."""
    night = night_of(spark, settings, file, lake, AS_OF)
    run_step("ingest", night, Silent())
    night.save("services", {"run_id": night.run.run_id, "seconds": 0.0})  # nobody serves anybody here
    run_step("trails", night, Silent())
    known = sorted(map(str, merged(funders(night)).collect()))
    return night, [known, sorted(map(str, night.slice(Trails).collect()))]


def reached(rows: list[Any]) -> set[tuple[str, str]]:
    return {
        (p, f) for p in PEOPLE for f in (FUNDER, EARLIER, TOP) for row in rows[1] if p in row and f"reached='{f}" in row
    }


@pytest.fixture(scope="module")
def fresh(spark: SparkSession, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    folder = tmp_path_factory.mktemp("fresh")
    return walked(spark, settings, campaign(folder / "in", FIRST, LATE), folder / "lake")[1]


def test_late_data_corrects_the_trail_and_only_its_file_is_read(
    spark: SparkSession, settings: Settings, fresh: list[Any], tmp_path: Path
) -> None:
    file, lake = campaign(tmp_path / "in", FIRST), tmp_path / "lake"
    _, before = walked(spark, settings, file, lake)
    assert reached(before) == {(person, FUNDER) for person in PEOPLE}
    units = {p.name: p.stat().st_mtime_ns for p in (lake / "work/units").iterdir()}
    write(tmp_path / "in/moves_1.csv", LATE)
    night, after = walked(spark, settings, file, lake)
    assert after == fresh
    assert (PEOPLE[0], EARLIER) in reached(after)
    assert not any(person == PEOPLE[1] for person, _ in reached(after)), "who acted before is funded by nobody"
    assert (PEOPLE[2], TOP) in reached(after)
    kept = {p.name: p.stat().st_mtime_ns for p in (lake / "work/units").iterdir() if p.name in units}
    assert kept == units, "the first file was not read again"
    assert sorted(len(m["units"]) for m in read_all_json(str(lake / "work/layers"))) == [1, 1]
    assert len(night.record["ingest"]["first_funders"]["layers"]) == 2


def test_rows_that_stand_in_two_files_count_once(
    spark: SparkSession, settings: Settings, fresh: list[Any], tmp_path: Path
) -> None:
    file = campaign(tmp_path / "in", FIRST, [*LATE, *FIRST[:2]])
    night, rows = walked(spark, settings, file, tmp_path / "lake")
    assert rows == fresh
    (line,) = [s for s in night.record["ingest"]["sources"] if s["table"] == "transfers"]
    assert (line["rows_in"], line["kept"], line["duplicates"]) == (10, 8, 2)
