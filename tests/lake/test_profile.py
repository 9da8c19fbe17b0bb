"""How a session is set for what it will read; what is not known may be large."""

from __future__ import annotations

from pathlib import Path

import pytest

from abuse.campaign import Source
from abuse.errors import SettingsError
from abuse.lake.profile import MIB, bytes_of, heap, profile_of
from abuse.settings import Spark


def source(folder: Path, *sizes: int, glob: str = "*.csv") -> Source:
    folder.mkdir(exist_ok=True)
    for place, size in enumerate(sizes):
        (folder / f"{place}.csv").write_bytes(b"x" * size)
    return Source(format="participation", path=str(folder / glob))


def test_the_bytes_of_all_sources_decide(tmp_path: Path) -> None:
    one, other = source(tmp_path / "a", 700, 300), source(tmp_path / "b", 48_576)
    assert bytes_of([one, other, one]) == 49_576, "a file of two sources is counted once"
    (tmp_path / "p.csv.gz").write_bytes(b"x" * 10)
    assert bytes_of([Source(format="participation", path=str(tmp_path / "p.csv.gz"))]) > 10, "it holds more text"
    limit = Spark(small_mib=49_576 / MIB)
    assert profile_of(limit, [one, other]) == "small"
    (tmp_path / "b" / "1.csv").write_bytes(b"y")
    assert profile_of(limit, [one, other]) == "large"


def test_what_cannot_be_opened_is_told_of_when_it_is_read(tmp_path: Path) -> None:
    assert profile_of(Spark(), [Source(format="participation", path=str(tmp_path / "nothing.csv"))]) == "small"


def test_without_sources_or_by_the_settings(tmp_path: Path) -> None:
    assert profile_of(Spark(), None) == "large"
    assert profile_of(Spark(profile="small"), None) == "small"
    assert profile_of(Spark(profile="large"), [source(tmp_path / "a", 1)]) == "large"
    with pytest.raises((SettingsError, ValueError), match="auto, small or large"):
        Spark(profile="tiny")


def test_the_heap_follows_profile_and_machine() -> None:
    assert heap(Spark(small_heap_mib=1500), "small") == "1500m"
    assert heap(Spark(heap_share=0.0001, least_heap_mib=3072), "large") == "3072m"
    quarter, half = (int(heap(Spark(heap_share=share, least_heap_mib=512), "large")[:-1]) for share in (0.25, 0.5))
    assert abs(half - 2 * quarter) <= 1
    assert heap(Spark(driver_memory="5g"), "small") == heap(Spark(driver_memory="5g"), "large") == "5g"
