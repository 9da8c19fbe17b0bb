"""Each of the three gates is able to hold a night that went wrong in work, and says which rows are why."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from rich.console import Console

from abuse import night as nights
from abuse.edge.context import Night
from abuse.edge.gating import ASKED, gates_after
from abuse.lake.ledger import ledger
from abuse.lake.publication import current, publications, runs
from abuse.operate.listing import gate_docs, gates_table
from abuse.registry import STEPS, Step
from abuse.settings import Settings
from abuse.tables import (
    ClusterMembers,
    Decisions,
    DisqualifiedAccounts,
    GateResults,
    Participants,
    PerRun,
)
from tests.night import tiny
from tests.night.lakes import Silent, night_of, versions

Spoil = Callable[[DataFrame], DataFrame]


def rows_of(lake: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = ledger(str(lake), GateResults).to_pylist()
    return rows


def test_a_good_night_passes_every_gate_and_says_what_it_saw(lake: Path) -> None:
    rows = {row["gate"]: row for row in rows_of(lake)}
    assert all(row["passed"] for row in rows.values())
    assert {name for name in rows if name.startswith("contract:")} == {
        *(f"contract:{name}" for name in ("participants", "participant_addresses", "participation", "transfers")),
        *(f"contract:{name}" for name in ("labels", "services", "links", "clusters", "cluster_members", "scores")),
        *(f"contract:{name}" for name in ("explanations", "decisions", "disqualified_accounts")),
    }
    out = rows["contract:disqualified_accounts"]["message"]
    assert out.startswith(f"{tiny.FARM} rows of disqualified_accounts keep all ")
    assert rows["contract:transfers"]["message"].startswith("30 rows "), "the bad one is in quarantine"


def spoiled(
    spark: SparkSession, night: Night, step: str, table: type[PerRun], spoil: Spoil, patch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Runs a step whose work goes wrong just after it, as a process of its own would."""
    real = Step.__call__

    def wrong(this: Step, ours: Night) -> dict[str, Any]:
        record = real(this, ours)
        ours.write(table, night.lake.spark.createDataFrame(spoil(ours.slice(table)).collect(), _bare(table, ours)))
        return record

    patch.setattr(Step, "__call__", wrong)
    return nights.run_alone(step, night, Silent())


def _bare(table: type[PerRun], night: Night) -> Any:
    return night.slice(table).schema


def _twice(rows: DataFrame) -> DataFrame:
    return rows.unionByName(rows.orderBy("account").limit(1))


def _made_up(rows: DataFrame) -> DataFrame:
    """Everything shown against everybody is a transaction that is nowhere."""
    lost = F.transform("evidence", lambda item: item.withField("tx_hash", F.lit("0xdead")))
    return rows.withColumn("evidence", lost).select(*rows.columns)


CASES = {
    "ingest": (Participants, _twice, "contract:participants", "key.unique"),
    "clusters": (ClusterMembers, _twice, "contract:cluster_members", "key.unique"),
    "decide": (DisqualifiedAccounts, _made_up, "unresolved_evidence", "0xdead"),
}


@pytest.mark.parametrize("step", CASES)
def test_a_gate_holds_what_went_wrong_in_work(
    spark: SparkSession,
    settings: Settings,
    file: Path,
    lake: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    table, spoil, gate, shown = CASES[step]
    ours = tmp_path / "lake"
    shutil.copytree(lake, ours)
    before, seen = versions(ours), current(str(ours), "tiny").run
    night = night_of(spark, settings, file, ours, tiny.AS_OF)
    record = spoiled(spark, night, step, table, spoil, monkeypatch)
    assert gate in record["held"], "what an operator reads"
    assert runs(str(ours))[0].status == "held"
    assert versions(ours) == before
    assert current(str(ours), "tiny").run == seen, "the last good publication is served"
    (closed,) = [row for row in rows_of(ours) if row["gate"] == gate and not row["passed"]]
    assert shown in closed["detail"]
    page = Console(record=True, width=200, quiet=False, file=(tmp_path / "said").open("w"))
    assert not gates_table(str(ours), night.run.run_id, page, is_json=False)
    said = page.export_text()
    assert f"{gate}: " in said
    assert "look at: " in said
    assert "do: " in said


def test_scores_are_compared_with_the_publication_before(
    spark: SparkSession, settings: Settings, file: Path, both: Path, tmp_path: Path
) -> None:
    """Not with the one that a night replaces: run again, it would always find itself unchanged."""
    shutil.copytree(both, ours := tmp_path / "lake")
    strict = dataclasses.replace(settings.policy, min_scored_before=1, max_score_drift=0.0)
    found: dict[str, object] = {}
    for as_of in (tiny.EARLY, tiny.AS_OF):
        night = night_of(spark, settings, file, ours, as_of)
        night.load(tuple(STEPS)[:-1])
        night.write(Decisions, night.slice(Decisions).withColumn("score", F.col("score") / 2))
        night.settings = dataclasses.replace(settings, policy=strict)
        (gate,) = [gate for gate in ASKED["outputs"](night).figures if gate.gate == "score_drift"]
        found[as_of] = gate.within
    then, now = (
        {row["account"]: row["score"] for row in publication.read(Decisions, ["account", "score"]).to_pylist()}
        for publication in reversed(publications(str(ours), "tiny"))
    )
    moves = [abs((now[account] or 0) / 2 - score) for account, score in then.items() if score is not None]
    assert found[tiny.EARLY] == (0, 0, 0), "nothing was published before it"
    assert found[tiny.AS_OF] == (0, pytest.approx(sum(moves) / len(moves)), 0)


def test_units_known_to_keep_their_contract_are_not_counted_again(
    spark: SparkSession, settings: Settings, file: Path, lake: Path, tmp_path: Path
) -> None:
    """A night reads what is new. What is stored of a unit is believed, also when it was bad."""
    ours = tmp_path / "lake"
    shutil.copytree(lake, ours)
    (known,) = (ours / "work" / "promises").glob("transfers-*.json")
    said = json.loads(known.read_text())
    said["bad"] |= {"amount.range": 2}
    known.write_text(json.dumps(said))
    night = night_of(spark, settings, file, ours, tiny.AS_OF)
    assert "contract:transfers" in nights.run_alone("ingest", night, Silent())["held"]
    said["asked"] = "another contract"
    known.write_text(json.dumps(said))
    assert "held" not in nights.run_alone("ingest", night, Silent()), "another contract is asked anew"


def test_a_record_of_an_earlier_version_is_held_not_published_unasked(
    spark: SparkSession, settings: Settings, file: Path, lake: Path
) -> None:
    night = night_of(spark, settings, file, lake, tiny.AS_OF)
    night.load(("ingest", "clusters"))
    del night.record["clusters"]["gates"]
    (gate,) = gates_after("clusters", night)
    assert (gate.gate, gate.stage, gate.passed) == ("not_asked:clusters", "clusters", False)
    assert gates_after("services", night) == []


def test_the_suites_of_a_run_can_be_read_as_pages(lake: Path, tmp_path: Path) -> None:
    page = gate_docs(str(lake), runs(str(lake))[0].run_id, tmp_path / "docs")
    assert page.name == "index.html"
    pages = [path.read_text() for path in (tmp_path / "docs" / "validations").rglob("*.html")]
    assert len(pages) == 3, "one for each stage"
    assert any("the largest cluster has" in text for text in pages)


def test_results_of_an_earlier_version_have_no_detail_and_are_still_read(lake: Path, tmp_path: Path) -> None:
    ours = tmp_path / "lake"
    shutil.copytree(lake, ours)
    old = DeltaTable(str(ours / "gate_results")).to_pyarrow_table().drop_columns(["detail"])
    shutil.rmtree(ours / "gate_results")
    from deltalake import write_deltalake

    write_deltalake(str(ours / "gate_results"), old)
    assert {row["detail"] for row in rows_of(ours)} == {None}
    assert gates_table(str(ours), None, Console(quiet=True), is_json=False)
