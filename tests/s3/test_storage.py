"""A disk and S3 answer alike, so that nobody above has to know which it is."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from abuse.campaign import Source
from abuse.errors import InputError
from abuse.lake.digests import source_digest
from abuse.lake.layout import layout
from abuse.lake.matching import matched
from abuse.lake.storage import read_all_json, read_json, remove_tree, storage_of, write_json
from tests.s3.conftest import SECRET
from tests.s3.copied import paths, uploaded

TREE: tuple[str, ...] = (
    "a.csv",
    "data/x_1.csv",
    "data/x_2.csv",
    "data/.x_3.csv",
    "data/deep/x_4.csv",
    "data/x-5.csv",
    "data.csv",
)
TREE += ("t.parquet/part-1.parquet", "t.parquet/part-0.parquet", "t.parquet-old/part-9.parquet", "more/x_6.csv")


@pytest.fixture(params=["disk", "s3"])
def root(request: pytest.FixtureRequest, tmp_path: Path, bucket: str) -> str:
    return str(tmp_path) if request.param == "disk" else f"{bucket}/some/where"


def filled(root: str) -> str:
    for place, name in enumerate(TREE):
        storage_of(root).write(f"{root}/{name}", str(place).encode())
    return root


def test_what_is_written_is_read_and_the_last_word_counts(root: str) -> None:
    path = f"{root}/work/records/x.json"
    assert read_json(path) is None
    values: tuple[object, ...] = ({"b": [1, None], "a": "ü"}, [], {"a": 1})
    for value in values:
        write_json(path, value)
        assert read_json(path) == value
    assert storage_of(root).names(f"{root}/work/records") == ["x.json"], "nothing is left aside"


def test_the_files_of_a_folder_come_in_the_order_of_their_names(root: str) -> None:
    assert read_all_json(f"{root}/none") == []
    for name in ("b", "a", "c"):
        write_json(f"{root}/of/{name}.json", name)
        write_json(f"{root}/of/deeper/{name}.json", "not this")
    storage_of(root).write(f"{root}/of/a.txt", b"nor this")
    assert read_all_json(f"{root}/of") == ["a", "b", "c"]


def test_folders_and_files_are_listed_alike(root: str) -> None:
    storage = storage_of(filled(root))
    assert [entry.path for entry in storage.files(root)] == sorted(TREE, key=lambda name: name.split("/"))
    assert {entry.size for entry in storage.files(root)} == {1, 2}
    assert storage.folders(root) == [f"{root}/{name}" for name in ("data", "more", "t.parquet", "t.parquet-old")]
    assert storage.names(root) == ["a.csv", "data.csv"]
    assert storage.below(f"{root}/t.parquet") == [f"{root}/t.parquet/part-{n}.parquet" for n in (0, 1)]
    none = f"{root}/none"
    assert [*storage.files(none), *storage.folders(none), *storage.names(none)] == []


def test_what_is_removed_is_gone_and_the_rest_stays(root: str) -> None:
    storage = storage_of(filled(root))
    storage.remove([f"{root}/a.csv", f"{root}/never-was.csv"])
    remove_tree(f"{root}/t.parquet")
    remove_tree(f"{root}/never-was")
    assert paths(root) == {name for name in TREE if name != "a.csv" and not name.startswith("t.parquet/")}
    assert not storage.is_file(f"{root}/a.csv")
    assert storage.is_file(f"{root}/data.csv")
    assert not storage.is_file(f"{root}/data")


PATTERNS = {  # pattern -> what it names
    "data/x_*.csv": ["data/x_1.csv", "data/x_2.csv"],
    "data/*.csv": ["data/x-5.csv", "data/x_1.csv", "data/x_2.csv"],
    "*/x_*.csv": ["data/x_1.csv", "data/x_2.csv", "more/x_6.csv"],
    "data/deep/*": ["data/deep/x_4.csv"],
    "*.parquet": ["t.parquet"],
    "*/part-0.parquet": ["t.parquet/part-0.parquet"],
    "t.parquet": ["t.parquet"],
    "a.csv": ["a.csv"],
    "data/none*.csv": [],
    "none/*.csv": [],
    "t.par": [],
    "b.csv": [],
}


@pytest.mark.parametrize(("pattern", "names"), PATTERNS.items(), ids=PATTERNS)
def test_a_pattern_names_the_same_files(root: str, pattern: str, names: list[str]) -> None:
    found = storage_of(filled(root)).matching(f"{root}/{pattern}")
    assert found == [f"{root}/{name}" for name in names]


@pytest.mark.parametrize("pattern", ["more/x_*.csv", "t.parquet", "a.csv", "*.parquet", "data/deep"])
def test_a_source_has_one_digest_wherever_it_lies(tmp_path: Path, bucket: str, pattern: str) -> None:
    filled(str(tmp_path))
    uploaded(tmp_path, f"{bucket}/in")
    here, there = (Source(format="participation", path=f"{at}/{pattern}") for at in (tmp_path, f"{bucket}/in"))
    found = {source_digest(source, f"{bucket}/lake") for source in (here, there, there)}
    assert len(found) == 1


def test_a_source_that_is_not_there_is_one_line(bucket: str) -> None:
    with pytest.raises(InputError, match=f"source x: no file {bucket}/in/x.csv, wanted an existing file"):
        matched(Source(format="participation", path=f"{bucket}/in/x.csv"))


def test_a_hidden_file_and_a_table_are_refused_there_too(root: str) -> None:
    filled(root)
    with pytest.raises(InputError, match=r"data/\.x_3\.csv has a hidden file name"):
        matched(Source(format="participation", path=f"{root}/data/x_*.csv"))
    storage_of(root).write(f"{root}/t.parquet/_delta_log/0.json", b"{}")
    for pattern in ("t.parquet", "t.parquet/*.parquet"):
        with pytest.raises(InputError, match="a Delta table's folder"):
            matched(Source(format="participation", path=f"{root}/{pattern}", name="t"))


def test_headers_are_compared_in_packed_files_too(root: str) -> None:
    storage = storage_of(root)
    for name, text in (("one", b"account,at\n1,2\n"), ("two", b"\xef\xbb\xbfaccount,at\r\n3,4\r\n")):
        storage.write(f"{root}/{name}.csv.gz", gzip.compress(text))
    source = Source(format="participation", path=f"{root}/*.csv.gz")
    layout(source, matched(source))
    storage.write(f"{root}/three.csv.gz", gzip.compress(b"account,when\n"))
    with pytest.raises(InputError, match="other columns in"):
        layout(source, matched(source))
    storage.write(f"{root}/three.csv.gz", b"no gzip")
    with pytest.raises(InputError, match="is not packed by gzip"):
        layout(source, matched(source))


def test_what_opens_a_table_holds_no_secret(bucket: str) -> None:
    told = json.dumps(storage_of(bucket).table_options(f"{bucket}/lake/runs"))
    assert SECRET not in told
    assert "AKIA" not in told


def test_a_thousand_and_more_files_go_in_one_sweep(bucket: str) -> None:
    for place in range(1_010):
        storage_of(bucket).write(f"{bucket}/many/{place}", b"")
    assert len(paths(f"{bucket}/many")) == 1_010
    remove_tree(f"{bucket}/many")
    assert paths(bucket) == set()
