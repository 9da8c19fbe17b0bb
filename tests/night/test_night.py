"""The whole night on a lake of 27 accounts."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from rich.console import Console

from abuse.errors import Held, InputError, LakeError
from abuse.lake.delta import Lake
from abuse.lake.publication import current, runs
from abuse.night import release, run_alone, run_step
from abuse.operate.listing import gates_table, run_under_way
from abuse.operate.night_page import kept
from abuse.registry import STEPS
from abuse.review.decide import decide
from abuse.review.said import Said
from abuse.settings import Review, Settings
from abuse.tables import PUBLIC, Decisions, DisqualifiedAccounts
from tests.night import tiny
from tests.night.lakes import Silent, night_of, own_rows, public_rows, run, versions


def test_everyone_gets_the_verdict_they_should(lake: Path) -> None:
    rows = current(str(lake), "tiny").read(Decisions).to_pylist()
    found = {r["account"]: r["verdict"] for r in rows}
    others = {tiny.STRAGGLER, tiny.UNKNOWN}
    assert set(found) == {*tiny.farm(), *tiny.staff(), *tiny.honest(), *others}, "who acts after as_of is not in"
    assert {found[a] for a in tiny.farm()} == {"disqualified"}
    assert found[tiny.STRAGGLER] == "review", "money alone is one kind of evidence"
    assert {found[a] for a in tiny.staff()} == {"clear"}, "a payroll whose people begin days apart is left alone"
    assert {found[a] for a in tiny.honest()} == {"clear"}, "an exchange ties nobody"
    assert found[tiny.UNKNOWN] == "not_analysed", "unknown is not clean"


def test_every_disqualified_account_has_two_kinds_of_evidence_with_transactions(lake: Path) -> None:
    rows = current(str(lake), "tiny").read(DisqualifiedAccounts).to_pylist()
    assert len(rows) == tiny.FARM
    for row in rows:
        assert {"money", "time"} <= set(row["evidence_kinds"])
        assert any(item["tx_hash"] for item in row["evidence"])
        assert all(": " in reason for reason in row["reasons"])


def test_the_report_adds_up_to_the_row(lake: Path) -> None:
    report = runs(str(lake))[0].report
    for source in report["sources"]:
        parts = ("kept", "quarantined", "duplicates", "not_a_transfer", "after_as_of")
        assert sum(source[p] for p in parts) == source["rows_in"], source
    by_name = {s["source"]: s for s in report["sources"]}
    assert by_name["participation"]["after_as_of"] == 1
    assert (by_name["transfers"]["quarantined"], by_name["transfers"]["duplicates"]) == (1, 1)
    assert report["quarantine_reasons"] == {"amount_negative": 1, "bad_time": 1}
    assert set(report["seconds"]) == set(STEPS) - {"publish"}


def test_a_night_published_again_changes_nothing(
    spark: SparkSession, settings: Settings, file: Path, both: Path, tmp_path: Path
) -> None:
    """From files in another order too: so are those of the backfilled night."""
    before = public_rows(both)
    shutil.copytree(both, tmp_path / "lake")
    run_step("publish", night_of(spark, settings, file, tmp_path / "lake", tiny.EARLY), Silent())
    assert public_rows(tmp_path / "lake") == before
    attempts = {(r.as_of.month, r.attempt) for r in runs(str(tmp_path / "lake"))}
    assert attempts == {(3, 1), (3, 2), (5, 1), (5, 2), (5, 3)}, "each time the later night is compared again"


def test_an_older_date_leaves_the_newer_as_it_was(lake: Path, both: Path) -> None:
    newer = {name: [r for r in rows if "2026, 5, 1" in r] for name, rows in own_rows(both).items()}
    assert newer == own_rows(lake), "but for what it says of the night before"
    assert current(str(both), "tiny").run.as_of.month == 5, "current is the greatest as_of"


def test_a_held_night_changes_no_public_table_until_it_is_released(
    spark: SparkSession, settings: Settings, both: Path, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(both, lake)
    strict = tiny.write(tmp_path / "strict", policy="min_flagged_share = 0.79")
    before, seen = versions(lake), current(str(lake), "tiny").run
    with pytest.raises(Held, match=r"flagged_share.*abuse release.*Its page: .*\.html") as held:
        run(spark, settings, strict, lake, "2026-06-01T00:00:00Z")
    assert held.value.exit_code == 3
    assert versions(lake) == before
    assert current(str(lake), "tiny").run == seen, "the last good publication stays current"
    run_id, page = runs(str(lake))[0].run_id, kept.kept(str(lake), runs(str(lake))[0])
    assert page == kept.made_again(str(lake), run_id)[1]
    assert b"Held: nothing public was changed" in page
    assert b"score of a cluster" in page, "it came as far as scores"
    begun = tmp_path / "begun again"
    shutil.copytree(lake, begun)
    decide(str(begun), "tiny", Said(action="hold", reason_code="needs_facts", actor="ann"), tiny.farm()[:1], Review())
    run_step("ingest", night_of(spark, settings, strict, begun, "2026-06-01T00:00:00Z"), Silent())
    with pytest.raises(LakeError, match="its slice was begun again"):
        release(Lake(str(begun), spark), run_id, "ops@example", "checked by hand", Silent())
    emptied = tmp_path / "emptied"
    shutil.copytree(lake, emptied)
    none = tiny.write(tmp_path / "none", policy="min_flagged_share = 0.79")
    (none.parent / "participation.csv").write_text(f"account,at\n{tiny.LATE},2030-01-01T00:00:00Z\n")
    with pytest.raises(InputError, match="every action is at or after as_of"):
        run_step("ingest", night_of(spark, settings, none, emptied, "2026-06-01T00:00:00Z"), Silent())
    with pytest.raises(LakeError, match="no records of tiny"):  # or it is published, with nobody on its list
        release(Lake(str(emptied), spark), run_id, "ops@example", "checked by hand", Silent())
    report = release(Lake(str(lake), spark), run_id, "ops@example", "checked by hand", Silent())
    assert report["status"] == "published"
    now = current(str(lake), "tiny").run
    assert (now.run_id, now.actor, now.reason) == (run_id, "ops@example", "checked by hand")
    assert set(versions(lake)) == {t.table_name() for t in PUBLIC}
    with pytest.raises(LakeError, match="published"):
        release(Lake(str(lake), spark), run_id, "ops@example", "again", Silent())


def test_a_run_that_lost_the_lake_while_it_published_commits_nothing(
    spark: SparkSession, settings: Settings, file: Path, both: Path, tmp_path: Path
) -> None:
    """It paused for too long: another may have written the tables since, and its row would name theirs."""
    lake = tmp_path / "lake"
    shutil.copytree(both, lake)
    night, before = night_of(spark, settings, file, lake, tiny.AS_OF), runs(str(lake))

    def say(what: str, done: int, total: int) -> None:
        if what.startswith("comparing"):
            (lake / "_lock.json").unlink()

    night.say = say
    with pytest.raises(LakeError, match="lease lost"):
        run_step("publish", night, Silent())
    assert runs(str(lake)) == before


def test_a_step_alone_with_a_closed_gate_writes_the_hold_down_and_is_no_error(
    spark: SparkSession, settings: Settings, file: Path, both: Path, tmp_path: Path
) -> None:
    lake, before = tmp_path / "lake", versions(both)
    shutil.copytree(both, lake)
    strict = dataclasses.replace(settings, ingest=dataclasses.replace(settings.ingest, max_quarantine_share=0.001))
    night = night_of(spark, strict, file, lake, tiny.AS_OF)
    record = run_alone("ingest", night, Silent())
    held = runs(str(lake))[0]
    assert "quarantine_share:transfers" in record["held"], "what an operator reads"
    assert (held.status, held.run_id) == ("held", record["run_id"])
    assert run_under_way(str(lake), "tiny", night.as_of) == record["run_id"]
    assert not gates_table(str(lake), record["run_id"], Console(quiet=True), stage="inputs", is_json=False)
    assert versions(lake) == before
    assert current(str(lake), "tiny").run.run_id != record["run_id"], "the last good publication is served"


def test_a_step_refuses_work_made_under_other_rules(
    spark: SparkSession, settings: Settings, lake: Path, tmp_path: Path
) -> None:
    other = tiny.write(tmp_path / "other", policy="min_cluster_size = 5")
    night = night_of(spark, settings, other, lake, tiny.AS_OF)
    with pytest.raises(LakeError, match="changed since ingest"):
        night.load(("ingest",))


def test_a_step_refuses_to_go_on_after_an_upgrade_since_one_run_is_one_version(
    spark: SparkSession, settings: Settings, file: Path, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = night_of(spark, settings, file, lake, tiny.AS_OF)
    night.load(("ingest",))
    monkeypatch.setattr("abuse.edge.context.__version__", "99.0")
    with pytest.raises(LakeError, match=r"ingest ran under version .* of the project, this is 99\.0"):
        night.load(("ingest",))
