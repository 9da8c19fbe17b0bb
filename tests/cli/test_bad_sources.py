"""Sources, lakes and rows that are not what they should be: one line, exit code 1, and the lake as it was."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from abuse.campaign import load_campaign
from abuse.edge.context import Night
from abuse.edge.ingest import ingest
from abuse.lake.delta import Lake
from abuse.settings import Settings
from tests.cli.running import ACTIONS, GOOD, assert_one_line, files, in_process, night, write


def no_file(folder: Path) -> None:
    (folder / "actions.csv").unlink()


def text(content: str) -> Callable[[Path], None]:
    def put(folder: Path) -> None:
        (folder / "actions.csv").write_text(content)

    return put


def another_file(name: str, content: bytes) -> Callable[[Path], None]:
    def put(folder: Path) -> None:
        (folder / name).write_bytes(content)
        (folder / "campaign.toml").write_text(GOOD.replace("actions.csv", name))

    return put


def two_headers(folder: Path) -> None:
    another_file("part-*.csv", b"")(folder)
    (folder / "part-*.csv").unlink()
    (folder / "part-0.csv").write_text(ACTIONS)
    (folder / "part-1.csv").write_text("who,at\nx,2026-03-02\n")


def nothing_matches(folder: Path) -> None:
    another_file("part-*.csv", b"")(folder)
    (folder / "part-*.csv").unlink()


def hidden_beside(folder: Path) -> None:
    two_headers(folder)
    (folder / "part-1.csv").rename(folder / "part-_1.csv")
    (folder / "part-0.csv").rename(folder / "_1.csv")
    (folder / "campaign.toml").write_text(GOOD.replace("actions.csv", "*_1.csv") + 'name = "part-*"\n')


def delta(folder: Path) -> None:
    table = folder / "actions.parquet"
    (table / "_delta_log").mkdir(parents=True)
    (table / "_delta_log/00000000000000000000.json").write_text("{}")
    pq.write_table(pa.table({"account": ["0x1"], "at": ["2026-03-02"]}), table / "part-0.parquet")
    (folder / "campaign.toml").write_text(GOOD.replace("actions.csv", "actions.parquet"))


def bignumeric(folder: Path) -> None:
    another_file("actions.parquet", b"")(folder)
    reward = pa.array([Decimal(5)], pa.decimal256(76, 38))
    pq.write_table(pa.table({"account": ["0x1"], "at": ["2026-03-02"], "reward": reward}), folder / "actions.parquet")


def broken_footer(folder: Path) -> None:
    another_file("actions.parquet", b"")(folder)
    pq.write_table(pa.table({"account": ["0x" + "a" * 40]}), folder / "actions.parquet")
    content = bytearray((folder / "actions.parquet").read_bytes())
    content[-8 - int.from_bytes(content[-8:-4], "little")] = 0x1E  # a type that Thrift has not
    (folder / "actions.parquet").write_bytes(content)


def illegal_type(folder: Path) -> None:
    """A type no reader of Spark's knows: times of day in nanoseconds."""
    another_file("actions.parquet", b"")(folder)
    rows = pa.table({"account": ["0x1"], "at": pa.array([1], pa.time64("ns"))})
    pq.write_table(rows, folder / "actions.parquet")


SOURCES: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {  # what was done to the files -> the line's parts
    "a missing file": (no_file, ("source actions: no file ", "actions.csv", "Correct `path`")),
    "a glob of nothing": (nothing_matches, ("source part-*: no file ", "part-*.csv")),
    "a missing column": (text("at\n2026-03-02\n"), ("source actions: no column account", "it has at")),
    "a misspelt column": (text("acount,at\n0x1,2026-03-02\n"), ("no column account (acount looks close)",)),
    "a header only": (text("account,at\n"), ("source actions: no rows", "at least one participant")),
    "an empty file": (text(""), ("source actions: no column account",)),
    "text called parquet": (another_file("actions.parquet", ACTIONS.encode()), ("source actions", "actions.parquet")),
    "text called gzip": (another_file("actions.csv.gz", ACTIONS.encode()), ("source actions", "actions.csv.gz")),
    "half a gzip": (
        another_file("actions.csv.gz", gzip.compress(os.urandom(4000).hex().encode())[:2000]), ("source actions",)),
    "half a parquet file": (another_file("actions.parquet", b"PAR1" + b"\0" * 50), ("source actions",)),
    "a parquet file whose footer is broken": (broken_footer, ("source actions", "actions.parquet")),
    "a parquet type nobody reads": (illegal_type, ("source actions", "actions.parquet")),
    "two files with other headers": (two_headers, ("source part-*", "Make two sources")),
    "a hidden file beside another": (hidden_beside, ("source part-*: ", "_1.csv has a hidden file name", "Rename it")),
    "a Delta table's folder": (delta, ("source actions: ", "a Delta table's folder", "name the export here")),
    "semicolons": (text("account;at\n0x1;2026-03-02\n"), ("source actions: ", "separated by ';'", "with commas")),
    "a decimal of 76 digits": (bignumeric, ("column reward is BIGNUMERIC", "CAST(reward AS STRING)")),
}  # fmt: skip


@pytest.mark.parametrize(("harm", "parts"), SOURCES.values(), ids=SOURCES)
@pytest.mark.usefixtures("spark")
def test_a_source_that_cannot_be_read_is_one_line_and_the_lake_stays_as_it_was(
    tmp_path: Path, harm: Callable[[Path], None], parts: tuple[str, ...]
) -> None:
    folder = write(tmp_path / "in")
    harm(folder)
    lake = tmp_path / "lake"
    said = in_process(night(folder, lake))
    assert_one_line(said, *parts)
    assert files(lake) is None


@pytest.mark.usefixtures("spark")
def test_a_file_that_breaks_off_far_behind_its_first_row_is_one_line(tmp_path: Path) -> None:
    """Nobody reads whole files to open them, so this is found while the lake is being written."""
    folder = write(tmp_path / "in")
    whole = gzip.compress((ACTIONS + os.urandom(400_000).hex()).encode())
    another_file("actions.csv.gz", whole[:-200_000])(folder)
    assert_one_line(in_process(night(folder, tmp_path / "lake")), "source actions", "actions.csv.gz")


@pytest.mark.parametrize("harm", [no_file, text("acount,at\n0x1,2026-03-02\n")], ids=["a file", "a column"])
@pytest.mark.usefixtures("spark")
def test_a_campaign_check_finds_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: Callable[[Path], None]
) -> None:
    folder = write(tmp_path / "in")
    harm(folder)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    arguments = ["campaign", "check", str(folder / "campaign.toml"), "--settings", str(folder / "settings.toml")]
    assert_one_line(in_process(arguments), "source actions")
    assert files(tmp_path / "here") == {".": b""}


@pytest.mark.usefixtures("spark")
def test_a_lake_with_nights_in_it_stays_as_it_was(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    (lake / "work" / "units").mkdir(parents=True)
    (lake / "work" / "units" / "a.json").write_text("[]")
    (lake / "_lock.guard").touch()
    before = files(lake)
    said = in_process(night(write(tmp_path / "in", actions="account,at\n"), lake))
    assert_one_line(said, "source actions: no rows")
    assert files(lake) == before


@pytest.mark.usefixtures("spark")
def test_a_lake_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("a file")
    said = in_process(night(write(tmp_path / "in"), tmp_path / "lake"))
    assert_one_line(said, f"lake {tmp_path / 'lake'}: not writable", "a folder this user can write")
    assert (tmp_path / "lake").read_text() == "a file"


@pytest.mark.parametrize("command", ["services", "publish"])
@pytest.mark.usefixtures("spark")
def test_a_step_before_its_time_is_one_line_and_makes_no_lake(tmp_path: Path, command: str) -> None:
    folder, lake = write(tmp_path / "in"), tmp_path / "lake"
    said = in_process(["step", command, *night(folder, lake)[1:]])
    assert_one_line(said, "step ingest has not run", "every step before this one")
    assert files(lake) is None


@pytest.mark.usefixtures("spark")
def test_releasing_a_run_nobody_knows_is_one_line(tmp_path: Path) -> None:
    said = in_process(["release", "r1", "--lake", str(tmp_path / "lake"), "--reason", "seen by ops"])
    assert_one_line(said, "run r1: is unknown", "the latest of its slice, held")
    assert files(tmp_path / "lake") is None


HOLDER = """
import sys, time
from pathlib import Path
from abuse.lake.lock import LakeLock

with LakeLock(Path(sys.argv[1]), "autumn as of 2026-05-01"):
    print("inside", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Path]:
    """A lake that another night holds."""
    lake = tmp_path / "lake"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(lake)], stdout=subprocess.PIPE, text=True)
    with holder:
        assert holder.stdout
        assert holder.stdout.readline() == "inside\n"
        yield lake
        holder.kill()


@pytest.mark.usefixtures("spark")
def test_a_second_night_while_one_runs_is_one_line(tmp_path: Path, held: Path) -> None:
    before = files(held)
    said = in_process(night(write(tmp_path / "in"), held))
    assert_one_line(said, f"lock {held}: held by autumn as of 2026-05-01 on ", "a free lake", "Wait for it to end")
    assert files(held) == before


WORST = "NaN", "Infinity", "1e40", "-1e300"


def test_no_number_of_a_row_stops_a_night(spark: SparkSession, tmp_path: Path) -> None:
    """Such rows are quarantined or counted, but never a traceback: anyone can put a number into an export."""
    rows = [f"0x{n:040x},2026-03-02T00:00:00Z,{worst},{worst}" for n, worst in enumerate(WORST)]
    actions = "account,at,volume_usd,reward\n" + "\n".join(rows) + "\n0x" + "a" * 40 + ",2026-03-02T00:00:00Z,1,1\n"
    folder = write(tmp_path / "in", actions=actions)
    campaign, settings = load_campaign(folder / "campaign.toml", Settings())
    record = ingest(Night(Lake(str(tmp_path / "lake"), spark), campaign, settings, datetime(2026, 5, 1, tzinfo=UTC)))
    assert record["participants"] >= 1
