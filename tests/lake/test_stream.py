"""Rows of a publication a batch at a time: the same rows as at once, and nobody else's."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from deltalake import write_deltalake

from abuse.errors import LakeError
from abuse.lake import stream
from abuse.lake.publication import current
from abuse.tables import ClusterLineage, PerRun, Trails
from tests.lake.test_publication import NIGHT, heir, lineage, publish

COLUMNS = [ClusterLineage.cluster_id, ClusterLineage.parent_as_of]


def streamed(lake: Path, table: type[PerRun], columns: list[str]) -> list[dict[str, Any]]:
    found = stream.batches(current(str(lake), "drop", NIGHT), table, columns)
    return [row for batch in found for row in batch.to_pylist()]


def test_a_slice_in_many_batches_is_the_slice_and_nothing_of_its_neighbours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "BATCH_ROWS", 3)
    names = [str(n) for n in range(10)]
    publish(str(tmp_path), {ClusterLineage: [heir(name) for name in names]})
    publish(str(tmp_path), lineage("later"), as_of=NIGHT + timedelta(days=1), minutes=1)
    publish(str(tmp_path), lineage("other"), campaign_id="other", minutes=2)
    found = streamed(tmp_path, ClusterLineage, COLUMNS)
    whole = current(str(tmp_path), "drop", NIGHT).read(ClusterLineage, COLUMNS).to_pylist()
    assert sorted(found, key=lambda row: str(row["cluster_id"])) == sorted(whole, key=lambda row: row["cluster_id"])
    assert len(found) == len(names)


def test_partition_values_as_spark_writes_them_are_streamed_too(tmp_path: Path) -> None:
    publish(str(tmp_path), lineage("mine"))
    entry = tmp_path / "cluster_lineage" / "_delta_log" / f"{1:020}.json"
    ours, sparks = '"as_of":"2026-04-01 00:00:00.000000"', '"as_of":"2026-04-01T00:00:00.000000Z"'
    text = entry.read_text()
    assert ours in text
    entry.write_text(text.replace(ours, sparks))
    assert [row["cluster_id"] for row in streamed(tmp_path, ClusterLineage, COLUMNS)] == ["mine"]


def test_a_work_table_gives_the_rows_of_this_run_alone_and_what_it_lacks_is_empty(tmp_path: Path) -> None:
    publish(str(tmp_path), lineage("mine"))
    assert streamed(tmp_path, Trails, [Trails.reached]) == [], "never written"
    schema = Trails.arrow_schema()
    narrow = schema.remove(schema.get_field_index(Trails.ended_by))
    about = {"campaign_id": "drop", "as_of": NIGHT}
    rows = [about | {"run_id": run, "reached": run} for run in ("run1", "run2")]
    frame = narrow.empty_table().from_pylist(rows, schema=narrow)
    write_deltalake(f"{tmp_path}/work/trails", frame, partition_by=list(Trails.partitions))
    assert streamed(tmp_path, Trails, [Trails.reached, Trails.ended_by]) == [{"reached": "run1", "ended_by": None}]


def test_files_that_are_gone_are_an_error_an_operator_can_act_on(tmp_path: Path) -> None:
    publish(str(tmp_path), lineage("mine"))
    for file in (tmp_path / "cluster_lineage").rglob("*.parquet"):
        file.unlink()
    with pytest.raises(LakeError, match="table cluster_lineage of run run1: cannot be read"):
        streamed(tmp_path, ClusterLineage, COLUMNS)
