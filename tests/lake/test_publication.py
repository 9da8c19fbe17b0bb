"""Readers see exactly what the last published run left. `publish` also builds the lakes of other tests."""

from __future__ import annotations

import json
import multiprocessing
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError
from hypothesis import given, settings
from hypothesis import strategies as st

from abuse.errors import ContractError, LakeError
from abuse.lake import ledger as ledgers
from abuse.lake.ledger import append, ledger, replace_rows
from abuse.lake.publication import current, let_pass, publications, runs
from abuse.tables import PUBLIC, ClusterLineage, GateResults, Published, Reviews, Runs

if TYPE_CHECKING:
    from pathlib import Path

NIGHT = datetime(2026, 4, 1, tzinfo=UTC)
CLOCK = datetime(2026, 5, 1, tzinfo=UTC)


def write_slice(
    lake: str, table: type[Published], rows: list[dict[str, Any]], as_of: datetime, *, campaign_id: str, run_id: str
) -> int:
    """Replaces the slice as Spark does, and returns the table's version."""
    stamp = {"campaign_id": campaign_id, "as_of": as_of, "run_id": run_id}
    schema = pa.schema([pa.field(f.name, f.kind, nullable=not f.required) for f in table.fields()])
    uri = f"{lake}/{table.table_name()}"
    DeltaTable.create(uri, schema=schema, mode="ignore", partition_by=list(table.partitions))
    write_deltalake(
        uri,
        pa.Table.from_pylist([row | stamp for row in rows], schema=schema),
        mode="overwrite",
        predicate=f"campaign_id = '{campaign_id}' AND as_of = '{as_of.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}'",
    )
    return DeltaTable(uri).version()


def publish(
    lake: str,
    tables: dict[type[Published], list[dict[str, Any]]],
    *,
    as_of: datetime = NIGHT,
    campaign_id: str = "drop",
    run_id: str = "run1",
    attempt: int = 1,
    status: str = "published",
    minutes: int = 0,
    reason: str | None = None,
    held_by: list[str] | None = None,
) -> None:
    """A finished run: its slices, unless it was held, and then its row in `runs`."""
    versions = {}
    if status == "published":
        versions = {
            t.table_name(): write_slice(lake, t, tables[t], as_of, campaign_id=campaign_id, run_id=run_id)
            for t in PUBLIC
            if t in tables
        }
    row = {
        "run_id": run_id,
        "attempt": attempt,
        "campaign_id": campaign_id,
        "as_of": as_of,
        "status": status,
        "finished_at": CLOCK + timedelta(minutes=minutes),
        "seconds": 1.0,
        "versions": json.dumps(versions),
        "report": "{}",
        "reason": reason,
        "held_by": held_by,
    }
    append(lake, Runs, [row])


def heir(name: str) -> dict[str, Any]:
    parent = {"parent_id": "p", "change": "same", "num_shared": 2, "parent_as_of": NIGHT - timedelta(days=1)}
    return {"cluster_id": name} | parent


def lineage(name: str) -> dict[type[Published], list[dict[str, Any]]]:
    return {ClusterLineage: [heir(name)]}


def clusters(lake: str, as_of: datetime | None = None, campaign_id: str = "drop") -> list[str]:
    found: list[str] = current(lake, campaign_id, as_of).read(ClusterLineage)["cluster_id"].to_pylist()
    return found


def review(number: int) -> dict[str, Any]:
    texts = dict.fromkeys(("account", "action", "reason_code", "actor", "role"), "x")
    return texts | {"review_id": str(number), "decision_id": "d", "campaign_id": "drop", "decided_at": CLOCK}


def gate(run_id: str, value: float) -> dict[str, Any]:
    texts = {"run_id": run_id, "campaign_id": "drop", "gate": "share", "stage": "outputs", "message": "m"}
    return texts | {"attempt": 1, "as_of": NIGHT, "passed": True, "value": value, "limit": 1.0}


def test_a_lake_that_was_never_used_has_no_runs_and_says_what_to_do(tmp_path: Path) -> None:
    lake = str(tmp_path / "none")
    assert runs(lake) == []
    assert ledger(lake, Reviews).schema == Reviews.arrow_schema()
    with pytest.raises(
        LakeError, match=r"no publication of campaign 'drop', wanted a published run\. Run `abuse night"
    ):
        current(lake, "drop")
    assert not (tmp_path / "none").exists()


def test_only_the_slice_of_the_campaign_and_night_is_read(tmp_path: Path) -> None:
    lake, later = str(tmp_path), NIGHT + timedelta(days=1, microseconds=5)
    publish(lake, lineage("first"))
    publish(lake, lineage("other"), campaign_id="other", minutes=1)
    publish(lake, lineage("later"), as_of=later, minutes=2)
    assert clusters(f"{lake}/") == ["later"]
    assert clusters(lake, NIGHT) == ["first"]
    assert clusters(lake, NIGHT.astimezone(timezone(timedelta(hours=5)))) == ["first"]
    assert clusters(lake, campaign_id="other") == ["other"]
    assert [p.run.as_of for p in publications(lake, "drop")] == [later, NIGHT]
    with pytest.raises(LakeError, match=r"'drop' as of 2026-04-03T00:00:00\+00:00"):
        current(lake, "drop", NIGHT + timedelta(days=2))


def test_a_backfilled_night_does_not_become_the_current_one(tmp_path: Path) -> None:
    publish(str(tmp_path), lineage("tonight"))
    publish(str(tmp_path), lineage("of_then"), as_of=NIGHT - timedelta(days=9), run_id="back", minutes=5)
    assert clusters(str(tmp_path)) == ["tonight"]


def test_a_half_written_night_is_not_seen_until_its_run_row(tmp_path: Path) -> None:
    lake = str(tmp_path)
    publish(lake, lineage("good"))
    write_slice(lake, ClusterLineage, lineage("half")[ClusterLineage], NIGHT, campaign_id="drop", run_id="run2")
    assert clusters(lake) == ["good"]
    publish(lake, lineage("whole"), run_id="run2", minutes=1)
    assert clusters(lake) == ["whole"]


@pytest.mark.parametrize("status", ["held", "failed"])
def test_a_later_attempt_that_did_not_publish_takes_nothing_back(tmp_path: Path, status: str) -> None:
    lake = str(tmp_path)
    publish(lake, lineage("good"))
    publish(lake, {}, attempt=2, status=status, minutes=1)
    publish(lake, {}, as_of=NIGHT + timedelta(days=1), status=status, minutes=2)
    assert clusters(lake) == ["good"]
    assert [r.status for r in runs(lake, "drop")] == [status, status, "published"]


def test_who_releases_a_run_lets_pass_what_held_it_then_and_nothing_else(tmp_path: Path) -> None:
    """A gate that is asked only later holds the run again."""
    lake = str(tmp_path)
    known = {"quarantine_share:a; b", "quarantine_share:b"}
    for attempt, (status, held_by) in enumerate(
        [("held", sorted(known)), ("released", None), ("held", ["flagged_share"])]
    ):
        publish(lake, {}, status=status, attempt=attempt, minutes=attempt, held_by=held_by)
    publish(lake, {}, status="held", run_id="run2", held_by=["undecided"])
    assert let_pass(runs(lake), "run1") == known
    assert not let_pass(runs(lake), "run2")
    publish(lake, {}, status="released", attempt=3, minutes=3, reason="seen too")
    assert let_pass(runs(lake), "run1") == {*known, "flagged_share"}


def test_columns_and_filter_reach_the_files_and_types_are_the_declared_ones(tmp_path: Path) -> None:
    publish(str(tmp_path), {ClusterLineage: [heir(str(n)) for n in range(5)]})
    publication = current(str(tmp_path), "drop")
    assert publication.read(ClusterLineage).schema == ClusterLineage.arrow_schema()
    found = publication.read(ClusterLineage, ["cluster_id"], pc.field("cluster_id").isin(["2", "9"]))
    assert found.to_pylist() == [{"cluster_id": "2"}]


def test_an_empty_slice_is_read_as_no_rows(tmp_path: Path) -> None:
    publish(str(tmp_path), {ClusterLineage: []})
    assert clusters(str(tmp_path)) == []


def test_partition_values_as_spark_writes_them_are_read_too(tmp_path: Path) -> None:
    publish(str(tmp_path), lineage("mine"))
    entry = tmp_path / "cluster_lineage" / "_delta_log" / f"{1:020}.json"
    ours, sparks = '"as_of":"2026-04-01 00:00:00.000000"', '"as_of":"2026-04-01T00:00:00.000000Z"'
    text = entry.read_text()
    assert ours in text
    entry.write_text(text.replace(ours, sparks))
    assert clusters(str(tmp_path)) == ["mine"]


def test_a_version_that_is_gone_is_an_error_an_operator_can_act_on(tmp_path: Path) -> None:
    publish(str(tmp_path), lineage("good"))
    for part in (tmp_path / "cluster_lineage").rglob("*.parquet"):
        part.unlink()
    with pytest.raises(LakeError, match="version 1 cannot be read"):
        clusters(str(tmp_path))
    publish(str(tmp_path), {}, minutes=1)
    with pytest.raises(LakeError, match="table cluster_lineage of run run1: no version on the run's row"):
        clusters(str(tmp_path))


ATTEMPTS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["published", "held", "failed"])), max_size=5)


@settings(max_examples=15, deadline=None)
@given(ATTEMPTS)
def test_current_is_the_last_published_attempt_of_the_greatest_night_that_has_one(
    attempts: list[tuple[int, str]],
) -> None:
    with tempfile.TemporaryDirectory() as lake:
        expected: dict[int, str] = {}
        for n, (night, status) in enumerate(attempts):
            publish(lake, lineage(f"c{n}"), as_of=NIGHT + timedelta(days=night), status=status, attempt=n, minutes=n)
            if status == "published":
                expected[night] = f"c{n}"
        assert {p.run.as_of: p.read(ClusterLineage)["cluster_id"].to_pylist() for p in publications(lake, "drop")} == {
            NIGHT + timedelta(days=night): [name] for night, name in expected.items()
        }
        if expected:
            assert clusters(lake) == [expected[max(expected)]]


def _append_review(lake: str, number: int) -> None:
    append(lake, Reviews, [review(number)])


def test_reviews_of_many_writers_all_arrive_and_cannot_be_overwritten(tmp_path: Path) -> None:
    lake = str(tmp_path)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: _append_review(lake, n), range(16)))
    with multiprocessing.get_context("spawn").Pool(2) as processes:
        processes.starmap(_append_review, [(lake, n) for n in range(16, 22)])
    assert sorted(ledger(lake, Reviews)["review_id"].to_pylist(), key=int) == [str(n) for n in range(22)]
    with pytest.raises(LakeError, match="append-only"):
        replace_rows(lake, Reviews, [review(99)], "campaign_id = 'drop'")


def test_gate_results_are_replaced_and_other_runs_kept(tmp_path: Path) -> None:
    lake = str(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: replace_rows(lake, GateResults, [gate(f"r{n}", n)], f"run_id = 'r{n}'"), range(4)))
    for _ in range(2):
        replace_rows(lake, GateResults, [gate("r0", 9.0)], "run_id = 'r0' AND attempt = 1")
    found = {row["run_id"]: row["value"] for row in ledger(lake, GateResults).to_pylist()}
    assert found == {"r0": 9.0, "r1": 1.0, "r2": 2.0, "r3": 3.0}
    assert ledger(lake, GateResults).num_rows == 4


def test_a_ledger_row_must_have_its_columns_and_no_others(tmp_path: Path) -> None:
    row = review(1) | {"actor": None, "acter": "me"}
    with pytest.raises(ContractError, match="table reviews: acter is not a column; actor is empty"):
        append(str(tmp_path), Reviews, [row])
    assert ledger(str(tmp_path), Reviews).num_rows == 0


@pytest.mark.parametrize(
    "why", [DeltaError("no right\nto write"), PermissionError("no right"), CommitFailedError("append-only: no right")]
)
def test_a_ledger_that_may_not_be_written_to_is_one_line_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: Exception
) -> None:
    tried = []

    def write(*_: object, **__: object) -> None:
        tried.append(why)
        raise why

    monkeypatch.setattr(ledgers, "write_deltalake", write)
    with pytest.raises(LakeError, match=r"runs: not written \(.*no right\), wanted a commit\. See who may") as told:
        publish(str(tmp_path), {})
    assert "\n" not in str(told.value)
    assert tried == [why]
