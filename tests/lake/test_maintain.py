"""Maintenance takes only what nobody can ask for any more. Real tables, written by delta-rs; the clock ages them."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner
from deltalake import DeltaTable, write_deltalake
from hypothesis import given, settings
from hypothesis import strategies as st

from abuse.cli import main
from abuse.errors import LakeError
from abuse.lake.ledger import append, replace_rows
from abuse.lake.ledger import ledger as ledger_rows
from abuse.lake.lock import LakeLock
from abuse.lake.maintain import Done, maintain
from abuse.lake.publication import Publication, publications, runs
from abuse.settings import Maintain, Settings
from abuse.tables import ClusterLineage, ClusterMembers, GateResults, Reviews, Runs
from tests.lake.test_publication import CLOCK, NIGHT, clusters, gate, heir, lineage, publish, review, write_slice

LATER = datetime.now(UTC) + timedelta(days=400)
"""By then every file here is old, and every appeal over."""
SHORT = Maintain(keep_days=1)


def tree(lake: Path) -> dict[str, bytes]:
    """Every file of the lake but the lock's own."""
    return {str(p.relative_to(lake)): p.read_bytes() for p in lake.rglob("*") if p.is_file() and "_lock" not in p.name}


def parts(table: Path) -> set[str]:
    return {str(p) for p in table.rglob("*.parquet") if "_delta_log" not in p.parts}


def of(done: list[Done], table: str) -> Done:
    return next(d for d in done if d.table == table)


def names(publication: Publication) -> list[str]:
    found: list[str] = publication.read(ClusterLineage)["cluster_id"].to_pylist()
    return found


def half_written(lake: str, name: str, as_of: datetime = NIGHT) -> None:
    """A publish that was killed before its row in `runs`."""
    write_slice(lake, ClusterLineage, lineage(name)[ClusterLineage], as_of, campaign_id="drop", run_id="killed")


def as_spark_names_it(lake: Path) -> None:
    """Spark leaves the space in the folder of an instant, and writes the instant with T and Z."""
    for folder in (lake / "cluster_lineage").glob("*/as_of=*"):
        folder.rename(folder.with_name(folder.name.replace("%20", " ").replace(".000000", "")))
    for entry in (lake / "cluster_lineage" / "_delta_log").glob("*.json"):
        text = entry.read_text().replace("%252000%253A00%253A00.000000", "%2000%253A00%253A00")
        entry.write_text(text.replace(' 00:00:00.000000"', 'T00:00:00.000000Z"'))


@pytest.mark.parametrize("is_sparks", [False, True], ids=["as delta-rs names files", "as Spark does"])
def test_what_is_published_reads_as_before_and_what_took_its_place_is_gone(tmp_path: Path, is_sparks: bool) -> None:
    root = tmp_path / "my lake"
    lake, later = str(root), NIGHT + timedelta(days=1)
    publish(lake, lineage("replaced"))
    publish(lake, lineage("theirs"), campaign_id="other", minutes=1)
    publish(lake, lineage("mine"), run_id="run2", minutes=2)
    publish(lake, lineage("next"), as_of=later, minutes=3)
    half_written(lake, "half")
    publish(lake, {}, run_id="run3", status="held", minutes=4)
    first = runs(lake)[-1]
    if is_sparks:
        as_spark_names_it(root)
    before = [names(p) for who in ("drop", "other") for p in publications(lake, who)]
    assert before == [["next"], ["mine"], ["theirs"]]
    assert names(Publication(lake, first)) == ["replaced"]

    done = of(maintain(lake, SHORT, now=LATER), "cluster_lineage")
    assert [names(p) for who in ("drop", "other") for p in publications(lake, who)] == before
    assert (done.files_removed, done.files_compacted, done.left_alone) == (1, 0, "")
    assert done.bytes_removed > 0
    with pytest.raises(LakeError, match="cannot be read"):
        names(Publication(lake, first))
    assert len(parts(root / "cluster_lineage")) == 4, "three publications, and the half-written slice of now"


STEPS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["published", "published", "killed"])), max_size=6)


@settings(max_examples=15, deadline=None)
@given(STEPS)
def test_a_file_stays_exactly_when_a_publication_or_the_present_needs_it(steps: list[tuple[int, str]]) -> None:
    with tempfile.TemporaryDirectory() as lake:
        publish(lake, lineage("first"))
        for n, (night, status) in enumerate(steps):
            as_of = NIGHT + timedelta(days=night, microseconds=night)
            if status == "killed":
                half_written(lake, f"c{n}", as_of)
            else:
                publish(lake, lineage(f"c{n}"), as_of=as_of, run_id=f"r{n}", minutes=n + 1)
        table = Path(lake) / "cluster_lineage"
        before = [names(p) for p in publications(lake, "drop")]
        needed = set(DeltaTable(str(table)).file_uris())
        for found in publications(lake, "drop"):
            night_ = f"{found.run.as_of:%Y-%m-%d}"
            every = DeltaTable(str(table), version=found.run.versions["cluster_lineage"]).file_uris()
            needed |= {uri for uri in every if night_ in uri}
        maintain(lake, SHORT, now=LATER)
        assert [names(p) for p in publications(lake, "drop")] == before
        assert parts(table) == needed


def test_a_publication_whose_place_was_taken_stays_for_the_appeal_window(tmp_path: Path) -> None:
    lake = str(tmp_path)
    publish(lake, lineage("replaced"))
    publish(lake, lineage("now"), run_id="run2", minutes=5)
    for file in map(Path, parts(tmp_path)):
        os.utime(file, (0, 0))  # written long before: what counts is until when it was the word
    replaced = Publication(lake, runs(lake)[-1])
    maintain(lake, Maintain(keep_days=30), now=CLOCK + timedelta(days=30))
    assert names(replaced) == ["replaced"]
    done = maintain(lake, Maintain(keep_days=30), now=CLOCK + timedelta(days=31))
    assert of(done, "cluster_lineage").files_removed == 1
    assert clusters(lake) == ["now"]


def test_the_lineage_that_a_later_one_replaced_stays_for_the_appeal_window_and_the_rest_of_its_night_for_good(
    tmp_path: Path,
) -> None:
    """An earlier date is published, so the later one is compared again: a second row of its run names both."""
    lake = str(tmp_path)
    member = {"role": "core", "num_neighbours": 1, "link_kinds": [], "strength": 1, "num_cut": 0, "is_weak": False}
    members = {ClusterMembers: [{"cluster_id": "c", "account": "a"} | member]}
    publish(lake, lineage("alone") | members)
    first = runs(lake)[0]
    version = write_slice(lake, ClusterLineage, [heir("follows")], NIGHT, campaign_id="drop", run_id="run1")
    versions = json.dumps(first.versions | {"cluster_lineage": version})
    times = {"attempt": 2, "finished_at": CLOCK + timedelta(minutes=5), "reason": "follows", "report": "{}"}
    append(lake, Runs, [dataclasses.asdict(first) | times | {"versions": versions}])
    for file in map(Path, parts(tmp_path)):
        os.utime(file, (0, 0))
    assert clusters(lake) == ["follows"]
    maintain(lake, Maintain(keep_days=30), now=CLOCK + timedelta(days=30))
    assert names(Publication(lake, first)) == ["alone"]
    done = maintain(lake, Maintain(keep_days=30), now=CLOCK + timedelta(days=31))
    assert (of(done, "cluster_lineage").files_removed, of(done, "cluster_members").files_removed) == (1, 0)
    now = publications(lake, "drop")[0]
    assert (names(now), now.read(ClusterMembers).num_rows) == (["follows"], 1)


def test_a_file_that_is_not_old_yet_stays_though_nothing_needs_it(tmp_path: Path) -> None:
    publish(str(tmp_path), {}, status="failed")
    half_written(str(tmp_path), "first")
    half_written(str(tmp_path), "second")
    assert of(maintain(str(tmp_path), SHORT), "cluster_lineage").files_removed == 0
    assert of(maintain(str(tmp_path), SHORT, now=LATER), "cluster_lineage").files_removed == 1


def test_a_file_that_no_commit_names_goes_and_its_checksum_with_it(tmp_path: Path) -> None:
    publish(str(tmp_path), lineage("good"))
    folder = next((tmp_path / "cluster_lineage").glob("*/as_of=*"))
    (folder / "part-killed.parquet").write_bytes(b"half")
    (folder / ".part-killed.parquet.crc").write_bytes(b"sum")
    kept = folder / f".{next(folder.glob('part-0*.parquet')).name}.crc"
    kept.write_bytes(b"sum of a living file")
    assert of(maintain(str(tmp_path), SHORT, now=LATER), "cluster_lineage").bytes_removed == len(b"half")
    assert not list(folder.glob("*killed*"))
    assert not list(folder.glob(".part-killed*"))
    assert kept.exists()
    assert clusters(str(tmp_path)) == ["good"]


def test_versions_the_log_no_longer_holds_leave_their_table_alone(tmp_path: Path) -> None:
    """Doubt keeps: raw files are all that is left of such a publication."""
    lake = str(tmp_path)
    publish(lake, lineage("lost"))
    half_written(lake, "half")
    table = tmp_path / "cluster_lineage"
    DeltaTable(str(table)).create_checkpoint()
    for version in range(2):
        (table / "_delta_log" / f"{version:020}.json").unlink()
    before = parts(table)
    done = of(maintain(lake, SHORT, now=LATER), "cluster_lineage")
    assert done.left_alone == "version 1, which is needed, cannot be read"
    assert parts(table) == before


def test_a_needed_file_that_is_missing_leaves_the_table_alone_and_the_others_are_swept(tmp_path: Path) -> None:
    lake = str(tmp_path)
    publish(lake, lineage("good"))
    for n in range(3):
        append(lake, Reviews, [review(n)])
    next(iter(map(Path, parts(tmp_path / "cluster_lineage")))).unlink()
    done = maintain(lake, SHORT, now=LATER)
    assert "1 needed file is missing" in of(done, "cluster_lineage").left_alone
    assert of(done, "reviews").files_compacted == 3


def stored(lake: Path, value: int, table: str = "labels") -> int:
    """A fact table's unit, stored again; returns the table's version."""
    path = str(lake / "work" / table)
    rows = pa.table({"file_digest": ["u"], "value": [value]})
    write_deltalake(path, rows, mode="overwrite", partition_by=["file_digest"])
    return DeltaTable(path).version()


@pytest.mark.parametrize("table", ["labels", "first_funders"])
def test_the_versions_that_a_held_night_is_released_from_stay(tmp_path: Path, table: str) -> None:
    publish(str(tmp_path), {}, status="held")
    first, second, _ = (stored(tmp_path, n, table) for n in range(3))
    record = tmp_path / "work" / "records" / "drop" / "20260401T000000.000000Z" / "ingest.json"
    record.parent.mkdir(parents=True)
    named: dict[str, Any] = {"units": ["u"], "version": first}
    nothing: dict[str, Any] = {"units": [], "version": None}
    facts = {"labels": named if table == "labels" else nothing, "transfers": nothing}
    funders = {"layers": ["u"], "version": first if table == "first_funders" else None}
    record.write_text(json.dumps({"run_id": "r", "facts": facts, "first_funders": funders}))
    assert of(maintain(str(tmp_path), SHORT, now=LATER), f"work/{table}").files_removed == 1
    path = str(tmp_path / "work" / table)
    assert DeltaTable(path, version=first).to_pyarrow_table()["value"].to_pylist() == [0]
    assert DeltaTable(path).to_pyarrow_table()["value"].to_pylist() == [2]
    with pytest.raises(OSError, match="not found"):
        DeltaTable(path, version=second).to_pyarrow_table()


def full_lake(lake: Path) -> None:
    """Something to do for every rule."""
    for n in range(3):
        publish(str(lake), lineage(f"c{n}"), run_id=f"run{n}", minutes=n)
        replace_rows(str(lake), GateResults, [gate("r", n)], "run_id = 'r'")
        append(str(lake), GateResults, [gate(f"r{n}", n)])
        append(str(lake), Reviews, [review(n)])
        stored(lake, n)
    left = lake / "work" / "spill" / "ingest-drop" / "0"
    left.mkdir(parents=True)
    (left / "part-0.parquet").write_bytes(b"spilled")


def test_ledgers_keep_every_row_in_one_file_and_reviews_stay_append_only(tmp_path: Path) -> None:
    full_lake(tmp_path)
    before = {t: ledger_rows(str(tmp_path), t).to_pylist() for t in (Reviews, GateResults, Runs)}
    done = maintain(str(tmp_path), SHORT)
    for table, rows in before.items():
        found = ledger_rows(str(tmp_path), table).to_pylist()
        assert sorted(map(str, found)) == sorted(map(str, rows)), table.table_name()
        assert len(DeltaTable(str(tmp_path / table.table_name())).file_uris()) == 1
        assert of(done, table.table_name()).files_removed == 0, "a page may be reading them"
        assert (tmp_path / table.table_name() / "_delta_log" / "_last_checkpoint").exists()
    assert of(done, "reviews").files_compacted == 3
    with pytest.raises(LakeError, match="append-only"):
        replace_rows(str(tmp_path), Reviews, [review(9)], "campaign_id = 'drop'")
    append(str(tmp_path), Reviews, [review(9)])
    next_day = maintain(str(tmp_path), SHORT, now=datetime.now(UTC) + timedelta(days=2))
    assert of(next_day, "reviews").files_removed == 3, "replaced by compaction the day before"
    assert sorted(ledger_rows(str(tmp_path), Reviews)["review_id"].to_pylist()) == ["0", "1", "2", "9"]


def test_a_dry_run_says_the_same_and_does_nothing(tmp_path: Path) -> None:
    full_lake(tmp_path)
    before = tree(tmp_path)
    said = maintain(str(tmp_path), SHORT, is_dry=True, now=LATER)
    assert tree(tmp_path) == before
    assert maintain(str(tmp_path), SHORT, now=LATER) == said
    assert {d.table for d in said if d.files_removed} >= {"cluster_lineage", "work/labels", "work/spill"}
    gone = {path for path in before if path not in tree(tmp_path)}
    assert len(gone) == sum(d.files_removed for d in said) > 0


def test_a_second_time_is_nothing_to_do(tmp_path: Path) -> None:
    full_lake(tmp_path)
    maintain(str(tmp_path), SHORT, now=LATER)
    maintain(str(tmp_path), SHORT, now=LATER)  # what compaction replaced goes with the next call
    before = tree(tmp_path)
    again = maintain(str(tmp_path), SHORT, now=LATER)
    assert [d for d in again if d != Done(table=d.table)] == []
    assert tree(tmp_path) == before


def test_a_night_that_holds_the_lake_keeps_it(tmp_path: Path) -> None:
    full_lake(tmp_path)
    before = tree(tmp_path)
    with LakeLock(tmp_path, "drop as of 2026-04-01"), pytest.raises(LakeError, match="held by drop as of 2026-04-01"):
        maintain(str(tmp_path), SHORT, now=LATER)
    assert tree(tmp_path) == before


def test_only_a_spill_that_nobody_touched_for_a_day_goes(tmp_path: Path) -> None:
    full_lake(tmp_path)
    assert of(maintain(str(tmp_path), SHORT), "work/spill").files_removed == 0
    done = of(maintain(str(tmp_path), SHORT, now=datetime.now(UTC) + timedelta(days=1, minutes=1)), "work/spill")
    assert (done.files_removed, done.bytes_removed) == (1, len(b"spilled"))
    assert list((tmp_path / "work" / "spill").iterdir()) == []


@pytest.mark.parametrize("is_there", [False, True], ids=["no folder", "somebody's folder"])
def test_what_is_no_lake_is_one_clear_line_and_stays_as_it_is(tmp_path: Path, is_there: bool) -> None:
    folder = tmp_path / "elsewhere"
    if is_there:
        (folder / "work" / "spill" / "mine").mkdir(parents=True)
    with pytest.raises(LakeError, match="no ledger of runs, wanted a lake in which a run ended"):
        maintain(str(folder), SHORT, now=LATER)
    assert sorted(p.name for p in tmp_path.rglob("*")) == (["elsewhere", "mine", "spill", "work"] if is_there else [])


def test_a_lake_that_lost_its_runs_is_not_touched(tmp_path: Path) -> None:
    full_lake(tmp_path)
    shutil.rmtree(tmp_path / "runs")
    before = tree(tmp_path)
    with pytest.raises(LakeError, match="no ledger of runs"):
        maintain(str(tmp_path), SHORT, now=LATER)
    assert tree(tmp_path) == before


def test_a_ledger_that_cannot_be_compacted_is_one_clear_line(tmp_path: Path) -> None:
    publish(str(tmp_path), {}, status="failed")
    for n in range(2):
        append(str(tmp_path), Reviews, [review(n)])
    next(iter(map(Path, parts(tmp_path / "reviews")))).write_bytes(b"rot")
    with pytest.raises(LakeError, match=r"reviews: .*wanted a table that can be read and written") as refused:
        maintain(str(tmp_path), SHORT)
    assert "\n" not in str(refused.value)


def test_what_is_kept_names_no_run() -> None:
    assert Settings(maintain=Maintain(keep_days=7)).rules() == Settings().rules()


def command(lake: Path, *more: str) -> Any:
    done = CliRunner().invoke(main, ["maintain", "--lake", str(lake), *more])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_command_says_a_line_per_table_and_json_for_machines(tmp_path: Path) -> None:
    lake, file = tmp_path / "lake", tmp_path / "mine.toml"
    full_lake(lake)
    for part in map(Path, parts(lake / "work" / "labels")):
        os.utime(part, (part.stat().st_mtime - 9 * 86400,) * 2)
    file.write_text("[maintain]\nkeep_days = 8")
    assert "work/labels                        0 files removed" in command(lake)
    dry = json.loads(command(lake, "--settings", str(file), "--dry-run", "--json"))
    assert dry["dry_run"] is True
    assert [t["files_removed"] for t in dry["tables"] if t["table"] == "work/labels"] == [2]
    assert "would be: work/labels" in command(lake, "--settings", str(file), "--dry-run")
    assert len(parts(lake / "work" / "labels")) == 3
    assert "work/labels                        2 files removed" in command(lake, "--settings", str(file))
    assert len(parts(lake / "work" / "labels")) == 1


def test_the_command_says_in_one_line_why_it_cannot(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[maintain]\nkeep_days = 0")
    for lake, more, said in (
        ("none", [], "no ledger of runs, wanted a lake in which a run ended"),
        ("none", ["--settings", str(tmp_path / "mine.toml")], "maintain.keep_days: is 0, wanted 1 to 36,500"),
    ):
        done = CliRunner().invoke(main, ["maintain", "--lake", str(tmp_path / lake), *more])
        assert done.exit_code == 1
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1
