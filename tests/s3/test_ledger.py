"""Ledgers and publications of a lake in S3, read and written without a JVM."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from abuse.errors import LakeError
from abuse.lake.maintain import maintain
from abuse.lake.publication import append, ledger, publications, replace_rows, runs
from abuse.settings import Maintain
from abuse.tables import ClusterLineage, GateResults, Reviews
from tests.lake.test_maintain import full_lake, half_written, of
from tests.lake.test_publication import NIGHT, clusters, gate, lineage, publish, review
from tests.s3.copied import paths, uploaded

NUM_WRITERS = 20
LATER = datetime.now(UTC) + timedelta(days=400)


def test_of_twenty_appends_at_once_none_is_lost(bucket: str) -> None:
    lake = f"{bucket}/lake"
    with ThreadPoolExecutor(NUM_WRITERS) as pool:
        list(pool.map(lambda n: append(lake, Reviews, [review(n)]), range(NUM_WRITERS)))
    found = ledger(lake, Reviews)["review_id"].to_pylist()
    assert sorted(found, key=int) == [str(n) for n in range(NUM_WRITERS)]
    with pytest.raises(LakeError, match="append-only"):
        replace_rows(lake, Reviews, [review(99)], "campaign_id = 'drop'")


def test_gate_results_are_replaced_and_other_runs_kept(bucket: str) -> None:
    lake = f"{bucket}/lake"
    for n in range(3):
        replace_rows(lake, GateResults, [gate(f"r{n}", n)], f"run_id = 'r{n}'")
    replace_rows(lake, GateResults, [gate("r0", 9.0)], "run_id = 'r0' AND attempt = 1")
    assert {row["run_id"]: row["value"] for row in ledger(lake, GateResults).to_pylist()} == {
        "r0": 9.0,
        "r1": 1.0,
        "r2": 2.0,
    }


def test_a_lake_that_was_never_used_has_no_runs(bucket: str) -> None:
    assert runs(f"{bucket}/lake") == []
    assert paths(bucket) == set()


def test_publications_are_read_at_their_versions(tmp_path: Path, bucket: str) -> None:
    here = str(tmp_path / "lake")
    publish(here, lineage("first"))
    publish(here, lineage("later"), as_of=NIGHT + timedelta(days=1, microseconds=5), minutes=1)
    half_written(here, "half")
    lake = uploaded(tmp_path / "lake", f"{bucket}/my lake")
    assert clusters(lake) == ["later"]
    assert clusters(lake, NIGHT) == ["first"]
    assert publications(lake, "drop")[0].read(ClusterLineage).schema == ClusterLineage.arrow_schema()


def test_maintenance_does_in_s3_what_it_does_on_a_disk(tmp_path: Path, bucket: str) -> None:
    full_lake(tmp_path / "lake")
    lake = uploaded(tmp_path / "lake", f"{bucket}/lake")
    rules = Maintain(keep_days=1)
    said = maintain(lake, rules, is_dry=True, now=LATER)
    here = maintain(str(tmp_path / "lake"), rules, now=LATER)
    there = maintain(lake, rules, now=LATER)
    assert there == here == said
    assert clusters(lake) == clusters(str(tmp_path / "lake"))
    assert ledger(lake, Reviews).num_rows == 3

    def old(names: set[str]) -> set[str]:
        """But for what compaction wrote, whose names are its own, and the disk's guard."""
        return {name for name in names if not name.startswith(("runs/", "reviews/", "gate_results/", "_lock"))}

    assert old(paths(lake)) == old(paths(str(tmp_path / "lake")))
    next_call = maintain(lake, rules, now=LATER)
    assert of(next_call, "reviews").files_removed == 3, "what compaction replaced goes then"
