"""A source that did not change is not read again; one that did is, whatever its size and time say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from abuse.campaign import Source
from abuse.lake import digests
from abuse.lake.digests import source_digest
from abuse.lake.storage.interface import Storage


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were read."""
    found: list[str] = []
    whole = digests._sha256

    def noted(storage: Storage, path: str) -> str:
        found.append(Path(path).name)
        return whole(storage, path)

    monkeypatch.setattr(digests, "_sha256", noted)
    return found


@pytest.fixture
def source(tmp_path: Path) -> Source:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(name)
    return Source(format="participation", path=f"{tmp_path}/*.csv")


def test_only_a_file_that_changed_is_read_again(
    source: Source, tmp_path: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "SETTLED_S", -1.0)
    lake, changed = f"{tmp_path}/lake", tmp_path / "b.csv"
    before = source_digest(source, lake)
    assert source_digest(source, lake) == before
    assert read == ["a.csv", "b.csv"]
    times = changed.stat()
    changed.write_text("B.csv")
    os.utime(changed, ns=(times.st_atime_ns, times.st_mtime_ns))
    after = source_digest(source, lake)
    assert (read[2:], after == before) == (["b.csv"], False)
    (tmp_path / "c.csv").write_text("new")
    assert source_digest(source, lake) != after
    assert read[3:] == ["c.csv"]


def test_a_file_just_written_may_be_written_again_unseen_so_it_is_read_again(
    source: Source, tmp_path: Path, read: list[str]
) -> None:
    lake = f"{tmp_path}/lake"
    assert source_digest(source, lake) == source_digest(source, lake)
    assert len(read) == 4


def test_who_only_looks_leaves_nothing_behind(source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "SETTLED_S", -1.0)
    source_digest(source, f"{tmp_path}/lake", keeps=False)
    assert not (tmp_path / "lake").exists()
