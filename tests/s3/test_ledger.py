"""Ledgers and publications of a lake in S3, read and written without a JVM."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from abuse.errors import LakeError
from abuse.lake.ledger import append, ledger, replace_rows
from abuse.lake.maintain import maintain
from abuse.lake.needs import needed_versions
from abuse.lake.publication import current, publications, runs
from abuse.lake.storage import made_of, storage_of, write_json
from abuse.operate.export import export
from abuse.operate.why import explain
from abuse.review.freeze import freeze, freezes, reversals, write_csv
from abuse.settings import Maintain
from abuse.tables import ClusterLineage, DisqualifiedAccounts, GateResults, Reviews
from tests.lake.test_maintain import full_lake, half_written, of
from tests.lake.test_publication import NIGHT, clusters, gate, lineage, publish, review
from tests.review import made_up
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


def test_people_decide_freeze_and_hand_over_as_on_a_disk(tmp_path: Path, bucket: str) -> None:
    lake, out = uploaded(Path(made_up.published(tmp_path / "lake")), f"{bucket}/lake"), f"{bucket}/out"
    frozen = freeze(lake, "drop", "ann", None)
    assert freeze(lake, "drop", "bert", None) == frozen
    made_up.says(lake, "overturn", made_up.FARM[0])
    assert explain(current(lake, "drop"), made_up.FARM[0], "ops").verdict == "clear"
    assert [one.account for one in reversals(lake, "drop")[1]] == [made_up.FARM[0]]
    write_csv(f"{out}/reversals.csv", reversals(lake, "drop")[1])
    assert (storage_of(out).read(f"{out}/reversals.csv") or b"").count(b"\r\n") == 2
    assert export(current(lake, "drop"), out)["reviews"] == {"known": 1, "put_on": 0, "taken_off": 1}


def test_what_was_frozen_and_what_replay_needs_stay_when_a_lake_is_swept(tmp_path: Path, bucket: str) -> None:
    here = tmp_path / "lake"
    lake = uploaded(Path(made_up.published(here)), f"{bucket}/lake")
    freeze(lake, "drop", "ann", None)
    run = current(lake, "drop").run
    write_json(made_of(lake, "drop", run.as_of, run.run_id), {"facts": {}, "first_funders": {"version": 3}})
    needs = needed_versions(lake, LATER)
    assert {need.version for need in needs["disqualified_accounts"]} == {run.versions["disqualified_accounts"]}
    assert {need.version for need in needs["work/first_funders"]} == {3}
    maintain(lake, Maintain(keep_days=1), now=LATER)
    assert [row["run_id"] for row in freezes(lake, "drop")] == [run.run_id]
    assert current(lake, "drop").read(DisqualifiedAccounts).num_rows == len(made_up.FARM)
