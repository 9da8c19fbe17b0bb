"""Tables as the files that their log names: one part is replaced, every other left, whatever paths look like."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from abuse.errors import CheckError, LakeError
from abuse.lake.delta import Lake, Slice
from abuse.lake.table_files import put
from abuse.tables import Labels, Participants, Scores
from tests.conftest import frame

FIRST = Slice("spring", datetime(2026, 4, 8, tzinfo=UTC), "r1")
SECOND = Slice("spring", datetime(2026, 4, 8, 12, 30, 15, 250_000, tzinfo=UTC), "r2")
OTHER = Slice("autumn", FIRST.as_of, "r3")
SCORE = {"cluster_id": "c1", "score": 0.5, "score_lower": 0.4, "member_score": 0.3, "model_version": "m"}
SCORE |= {"top_reasons": ["x"]}


RUNS_OF_TWO = ((FIRST, "a"), (OTHER, "b"), (FIRST, "c"))


def scores(spark: SparkSession, *accounts: str) -> Any:
    return frame(spark, Scores, [SCORE | {"account": account} for account in accounts])


def accounts(rows: Any) -> list[str]:
    return sorted(row["account"] for row in rows.collect())


@pytest.fixture(params=["lake", "week {1} [2] é"])
def lake(spark: SparkSession, tmp_path: Path, request: pytest.FixtureRequest) -> Lake:
    return Lake(str(tmp_path / request.param), spark)


def test_a_write_replaces_its_part_and_no_other(spark: SparkSession, lake: Lake) -> None:
    for run, who in ((FIRST, "a"), (SECOND, "b"), (OTHER, "c"), (FIRST, "d")):
        lake.replace_slice(Scores, scores(spark, who), run)
    found = {run: accounts(lake.slice(Scores, run)) for run in (FIRST, SECOND, OTHER)}
    assert found == {FIRST: ["d"], SECOND: ["b"], OTHER: ["c"]}
    row = lake.slice(Scores, SECOND).first()
    assert row is not None
    assert (row["campaign_id"], row["as_of"].astimezone(UTC), row["run_id"]) == ("spring", SECOND.as_of, "r2")


def test_empty_results_replace_too(spark: SparkSession, lake: Lake) -> None:
    lake.replace_slice(Scores, scores(spark, "a"), FIRST)
    lake.replace_slice(Scores, scores(spark), FIRST)
    assert accounts(lake.slice(Scores, FIRST)) == []
    assert lake.slice(Scores, FIRST).schema == Scores.schema()


def test_the_version_is_that_of_its_own_commit_and_keeps_its_rows(spark: SparkSession, lake: Lake) -> None:
    versions = [lake.replace_slice(Scores, scores(spark, who), run, publish=True) for run, who in RUNS_OF_TWO]
    entries = DeltaTable(lake.public(Scores)).history()
    noted = {entry["version"]: entry.get("userMetadata") for entry in entries}
    assert [noted[version] for version in versions] == [run.run_id for run, _ in RUNS_OF_TWO]
    assert accounts(lake.published(Scores, FIRST, versions[0])) == ["a"]
    assert accounts(lake.published(Scores, FIRST, versions[2])) == ["c"]


def test_digests_that_look_like_numbers_stay_text(spark: SparkSession, lake: Lake) -> None:
    label: dict[str, object] = {"source": "list", "chain": "base", "address": "0x1", "label": "exchange"}
    for digest in ("12e5", "0012", "2026-01-01", "true"):
        rows = frame(spark, Labels, [label | {"file_digest": digest, "name": digest}])
        lake.replace(Labels, rows, {"file_digest": digest})
    some = lake.read(Labels, {"file_digest": ["12e5", "0012", "2026-01-01"]})
    assert sorted((row["file_digest"], row["name"]) for row in some.collect()) == [
        ("0012", "0012"),
        ("12e5", "12e5"),
        ("2026-01-01", "2026-01-01"),
    ]
    assert lake.read(Labels).count() == 4
    assert lake.read(Labels, {"file_digest": []}).count() == 0


def test_what_an_earlier_version_did_not_write_is_empty(spark: SparkSession, lake: Lake) -> None:
    lake.replace_slice(Participants, frame(spark, Participants, [{"account": "a", "num_actions": 1}]), FIRST)
    path = lake.work(Participants)
    (file,) = (each for each in Path(path).rglob("*.parquet") if pq.read_metadata(each).num_rows)
    rows = spark.read.option("__globPaths__", "false").parquet(str(file)).drop("bad_row", "account_as_given")
    table = rows.toArrow()
    file.with_name(f".{file.name}.crc").unlink()
    pq.write_table(table, file)
    row = lake.slice(Participants, FIRST).first()
    assert row is not None
    assert (row["account"], row["bad_row"], row["account_as_given"]) == ("a", None, None)


def test_what_breaks_a_promise_commits_nothing(spark: SparkSession, lake: Lake) -> None:
    at = lake.replace_slice(Scores, scores(spark, "a"), FIRST, publish=True)
    bad = scores(spark, "b", "c", "d").withColumn("score", F.when(F.col("account") != "d", 2.0).otherwise(0.5))
    with pytest.raises(CheckError, match=r"table scores: 2 rows break `score.range`"):
        lake.replace_slice(Scores, bad, FIRST, publish=True)
    assert DeltaTable(lake.public(Scores)).version() == at
    assert accounts(lake.published(Scores, FIRST, at)) == ["a"]


def test_figures_are_counted_with_the_write(spark: SparkSession, lake: Lake) -> None:
    lake.replace_slice(Scores, scores(spark), FIRST)
    wanted = {"rows": F.count(F.lit(1)), "of b.`c`": F.count_if(F.col("account") == "b")}
    for who, counts in ((["a", "b", "c"], {"rows": 3, "of b.`c`": 1}), ([], {"rows": 0, "of b.`c`": 0})):
        rows = Scores.conform(scores(spark, *who).withColumns({k: F.lit(v) for k, v in FIRST.within.items()}))
        written = put(rows, Scores, lake.work(Scores), FIRST.within, metrics=wanted)
        assert written.metrics == counts


def test_any_reader_of_delta_finds_the_same_rows(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(str(tmp_path), spark)
    for run, who in ((FIRST, "a"), (SECOND, "b"), (FIRST, "c")):
        lake.replace_slice(Scores, scores(spark, who), run, publish=True)
    theirs = spark.read.format("delta").load(lake.public(Scores))
    assert sorted((row["account"], row["as_of"].astimezone(UTC)) for row in theirs.collect()) == [
        ("b", SECOND.as_of),
        ("c", FIRST.as_of),
    ]
    assert sorted(DeltaTable(lake.public(Scores)).to_pyarrow_table()["account"].to_pylist()) == ["b", "c"]


def test_a_file_that_went_away_is_said_in_one_line(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(str(tmp_path), spark)
    at = lake.replace_slice(Scores, scores(spark, "a"), FIRST, publish=True)
    (file,) = DeltaTable(lake.public(Scores)).file_uris()
    Path(file).unlink()
    with pytest.raises(LakeError, match=rf"version {at} cannot be read, wanted the version it published"):
        lake.published(Scores, FIRST, at)
