"""The files of a source are one list: none is read that is not named, and none is left out without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from abuse.campaign import Source
from abuse.errors import InputError
from abuse.lake.digests import source_digest
from abuse.lake.matching import matched, roots


def source(path: Path | str) -> Source:
    return Source(format="participation", path=str(path), name="actions")


def written(folder: Path, *names: str, content: bytes = b"x") -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def names(folder: Path, pattern: str) -> list[str]:
    return [str(Path(path).relative_to(folder)) for path in matched(source(folder / pattern))]


FOUND: dict[str, tuple[tuple[str, ...], str, list[str]]] = {  # what lies there, path -> files
    "a file": (("a.csv", "b.csv"), "a.csv", ["a.csv"]),
    "a glob": (("a.csv", "b.csv", "c.parquet"), "*.csv", ["a.csv", "b.csv"]),
    "a folder and what is deep below it": (
        ("t.parquet/b.parquet", "t.parquet/day=1/hour=2/a.parquet", "t.parquet/day=1/hour=10/a.parquet"),
        "t.parquet",
        ["t.parquet/b.parquet", "t.parquet/day=1/hour=10/a.parquet", "t.parquet/day=1/hour=2/a.parquet"],
    ),
    "a folder by any name": (("c/data/1.csv", "c/data/2.csv.gz"), "c", ["c/data/1.csv", "c/data/2.csv.gz"]),
    "folders of a glob": (("t/d=1/a.parquet", "t/d=2/a.parquet"), "t/d=*", ["t/d=1/a.parquet", "t/d=2/a.parquet"]),
    "a partition whose name begins with _": (("t/_d=1/a.parquet",), "t", ["t/_d=1/a.parquet"]),
    "beside what jobs and disks leave": (
        ("t/a.csv", "t/_SUCCESS", "t/_committed_12", "t/_started_12", "t/.a.csv.crc", "t/._a.csv", "t/.DS_Store"),
        "t",
        ["t/a.csv"],
    ),
    "beside summaries of parquet": (("t/a.parquet", "t/_metadata", "t/_common_metadata"), "t", ["t/a.parquet"]),
}  # fmt: skip


@pytest.mark.parametrize(("there", "pattern", "files"), FOUND.values(), ids=FOUND)
def test_a_path_stands_for_these_files(tmp_path: Path, there: tuple[str, ...], pattern: str, files: list[str]) -> None:
    assert names(written(tmp_path, *there), pattern) == files


REFUSED: dict[str, tuple[tuple[str, ...], str, tuple[str, ...]]] = {  # what lies there, path -> parts of the line
    "nothing": (("a.csv",), "b.csv", ("no file", "b.csv", "Correct `path`")),
    "an empty folder": (("t/_SUCCESS",), "t", ("no file below",)),
    "a hidden file": (("_a.csv",), "_a.csv", ("_a.csv has a hidden file name", "Rename it")),
    "a file with a dot before it": ((".a.csv",), ".a.csv", (".a.csv has a hidden file name", "Rename it")),
    "a hidden file among others": (("w1.csv", "_w2.csv"), "*.csv", ("_w2.csv has a hidden file name", "Rename it")),
    "a dotted file beside others": (("w1.csv", ".w2.csv"), "w*.csv", (".w2.csv has a hidden file name", "Rename it")),
    "a hidden file in a folder": (("t/a.parquet", "t/x/_b.parquet"), "t", ("_b.parquet has a hidden",)),
    "a hidden folder": (("t/a.csv", "t/_old/a.csv"), "t", ("_old/a.csv has a hidden", "Rename it")),
    "a file that is being copied": (("t/a.csv", "t/b.csv._COPYING_"), "t", ("_COPYING_ has a hidden",)),
    "a job that still writes": (("t/a.csv", "t/_temporary/0/b.csv"), "t", ("half written", "Wait for the job")),
    "a file of another kind": (("t/a.csv", "t/README.md"), "t", ("README.md is no csv", "Move it away")),
    "a Delta table": (("t/a.parquet", "t/_delta_log/0.json"), "t", ("a Delta table's folder", "removed files")),
    "a Delta table by a glob": (("t/a.parquet", "t/_delta_log/0.json"), "t/*.parquet", ("a Delta table's folder",)),
    "a Delta table's partitions": (
        ("t/d=1/h=2/a.parquet", "t/_delta_log/0.json"), "t/d=*/h=*/*.parquet", ("t is a Delta table's folder",)),
    "one partition of a Delta table": (
        ("t/d=1/a.parquet", "t/_delta_log/0.json"), "t/d=1", ("t is a Delta table's folder", 'format("delta")')),
    "a Delta table below a folder": (
        ("x/t/a.parquet", "x/t/_delta_log/0.json"), "x", ("x/t is a Delta table's folder",)),
    "a Delta table with random prefixes": (
        ("t/Qa/a.parquet", "t/_delta_log/0.json"), "t/*/*.parquet", ("t is a Delta table's folder",)),
    "an Iceberg table's data": (
        ("t/data/d=1/a.parquet", "t/metadata/v1.metadata.json"), "t/data/*/*.parquet", ("t is an Iceberg table's",)),
    "an Iceberg table": (("t/data/a.parquet", "t/metadata/v1.metadata.json"), "t", ("an Iceberg table's folder",)),
    "a Hudi table": (("t/d=1/a.parquet", "t/.hoodie/hoodie.properties"), "t/*/*.parquet", ("a Hudi table's folder",)),
    "what a streaming query wrote": (("t/a.parquet", "t/_spark_metadata/0"), "t", ("a streaming query's output",)),
}  # fmt: skip


@pytest.mark.parametrize(("there", "pattern", "parts"), REFUSED.values(), ids=REFUSED)
def test_what_would_be_read_in_part_or_twice_is_refused_by_name(
    tmp_path: Path, there: tuple[str, ...], pattern: str, parts: tuple[str, ...]
) -> None:
    written(tmp_path, *there)
    with pytest.raises(InputError) as caught:
        matched(source(tmp_path / pattern))
    assert str(caught.value).startswith("source actions: ")
    assert [part for part in parts if part not in str(caught.value)] == []


def test_parquet_without_an_ending_is_known_by_how_it_begins(tmp_path: Path) -> None:
    written(tmp_path, "t/20260301_000", content=b"PAR1...PAR1")
    assert names(tmp_path, "t") == ["t/20260301_000"]


def test_a_linked_folder_is_read_and_a_loop_of_links_ends(tmp_path: Path) -> None:
    written(tmp_path, "elsewhere/b.csv", "t/a.csv")
    (tmp_path / "t/more").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "t/again").symlink_to(tmp_path / "t")
    assert names(tmp_path, "t") == ["t/a.csv", "t/more/b.csv"]


def test_a_table_elsewhere_is_nothing_to_a_file(tmp_path: Path) -> None:
    written(tmp_path, "in/x/y/a.csv", "in/_delta_log/0.json", "other/_delta_log/0.json")
    assert names(tmp_path, "in/x/y/a.csv") == ["in/x/y/a.csv"]


def test_what_is_read_is_what_is_digested(tmp_path: Path) -> None:
    folder, lake = written(tmp_path / "t", "d=1/a.csv", "_SUCCESS"), f"{tmp_path}/lake"
    before = source_digest(source(folder), lake)
    written(folder, "_committed_1", ".b.csv.crc")
    assert source_digest(source(folder), lake) == before
    written(folder, "d=2/a.csv")
    assert source_digest(source(folder), lake) != before


def test_a_path_says_of_each_part_whether_it_is_a_file(tmp_path: Path) -> None:
    written(tmp_path, "1.parquet", "2.parquet/a.parquet")
    assert roots(source(tmp_path / "*.parquet")) == {
        f"{tmp_path}/1.parquet": True,
        f"{tmp_path}/2.parquet": False,
    }


@pytest.mark.parametrize("path", ["t/**/*.parquet", "t/**", "a.xlsx", "notes.txt"])
def test_a_path_that_would_name_less_than_it_says_is_no_path(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        source(path)
