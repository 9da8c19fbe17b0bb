"""A person's word in the nights: tonight's, later ones, older ones, and without any night at all."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner
from pyspark.sql import SparkSession

from abuse import authority
from abuse.cli import main
from abuse.edge.refresh import refresh
from abuse.errors import LakeError
from abuse.lake.delta import Lake
from abuse.lake.ledger import append
from abuse.lake.people import Now
from abuse.lake.publication import REFRESHED, current, publications, runs
from abuse.night import release, run_step
from abuse.review.decide import decide
from abuse.review.freeze import freeze, reversals
from abuse.review.queue import case, queue
from abuse.review.said import Said
from abuse.settings import Review, Settings
from abuse.tables import ClusterMembers, Clusters, Decisions, DisqualifiedAccounts, Runs, VerdictChanges
from tests.lake.test_publication import publish
from tests.night import tiny
from tests.night.lakes import Silent, night_of, run, unpublished, versions

MINE, TODAY = tiny.farm()[0], ("decisions", "disqualified_accounts", "verdict_changes", "cluster_lineage")


def say(lake: Path, action: str, *targets: str, reason: str = "shared_payer", seen: str | None = None) -> None:
    decide(str(lake), "tiny", Said(action=action, reason_code=reason, actor="ann"), targets, Review(), seen=seen)


def said_of(lake: Path, account: str, table: Any = Decisions) -> dict[str, Any] | None:
    """Its row in the current publication."""
    rows = current(str(lake), "tiny").read(table).to_pylist()
    return next((row for row in rows if row["account"] == account), None)


def told(lake: Path) -> dict[Any, list[str]]:
    """What a refresh writes, of every publication."""
    tables = (Decisions, DisqualifiedAccounts, VerdictChanges)
    return {
        (night.run.as_of, table): sorted(map(str, night.read(table).to_pylist()))
        for night in publications(str(lake), "tiny")
        for table in tables
    }


def test_an_overturned_account_is_out_of_the_list_at_once_in_later_nights_and_in_a_backfill(
    spark: SparkSession, settings: Settings, file: Path, both: Path, tmp_path: Path
) -> None:
    refreshed, again = tmp_path / "refreshed", tmp_path / "again"
    shutil.copytree(both, refreshed)
    say(refreshed, "overturn", MINE)
    shutil.copytree(refreshed, again)
    before, was = versions(refreshed), current(str(refreshed), "tiny").run
    done = refresh(Lake(str(refreshed), spark), "tiny", actor="ops")
    assert done is not None
    assert (done.actor, done.reason) == ("ops", f"{REFRESHED} {was.run_id}")
    assert {name for name, version in versions(refreshed).items() if version != before[name]} == set(TODAY)
    assert said_of(refreshed, MINE, DisqualifiedAccounts) is None
    row, change = said_of(refreshed, MINE), said_of(refreshed, MINE, VerdictChanges)
    assert row is not None
    assert change is not None
    assert (row["verdict"], row["machine_verdict"]) == ("clear", "disqualified")
    assert (change["before"], change["after"]) == ("disqualified", "clear")
    assert any(why.startswith("review_overturned: ") and "an employer or a shop" in why for why in change["why"])
    assert done.report["verdicts"]["disqualified"] == tiny.FARM - 1
    assert refresh(Lake(str(refreshed), spark), "tiny") is None, "there is nothing new to say"

    run(spark, settings, file, again, tiny.EARLY)
    older = publications(str(again), "tiny")[1]
    verdicts = {row["account"]: row["verdict"] for row in older.read(Decisions).to_pylist()}
    assert verdicts[MINE] == "clear", "in a backfill too"
    assert {verdicts[account] for account in tiny.farm()[1:]} == {"disqualified"}
    redone = refresh(Lake(str(refreshed), spark), "tiny", older.run.as_of)
    assert redone is not None
    assert redone.run_id == older.run.run_id, "the run that a night with this review is"
    assert refresh(Lake(str(again), spark), "tiny") is not None
    assert current(str(again), "tiny").run.run_id == done.run_id
    assert said_of(again, MINE, VerdictChanges) is None, "both nights say the same of it now"
    assert told(again) == told(refreshed), "the later night is compared with the refreshed one"


def test_a_confirmed_group_that_grew_keeps_its_verdict_is_queued_again_and_new_members_inherit_nothing(
    spark: SparkSession, settings: Settings, file: Path, three: Path, tmp_path: Path
) -> None:
    lake = unpublished(three, tmp_path / "lake")
    run_step("publish", night_of(spark, settings, file, lake, tiny.FIRST), Silent())
    began = current(str(lake), "tiny").read(ClusterMembers).to_pylist()
    ours = {row["cluster_id"] for row in began if row["account"] in tiny.staff()}
    (cluster,) = ours
    first = case(Now.of(current(str(lake), "tiny")), cluster)
    say(lake, "confirm", cluster, reason="one_operator", seen=first.digest)
    confirmed = {row["account"] for row in first.members}
    assert len(confirmed) == 5
    run_step("publish", night_of(spark, settings, file, lake, tiny.AS_OF), Silent())
    rows = {row["account"]: row for row in current(str(lake), "tiny").read(Decisions).to_pylist()}
    for account in tiny.staff():
        codes = [authority.code(reason) for reason in rows[account]["reasons"]]
        if account in confirmed:
            assert rows[account]["verdict"] == "disqualified"
            assert codes[:2] == ["review_confirmed", "members_changed"]
        else:
            assert rows[account]["verdict"] == "clear"
            assert not set(codes) & set(authority.PEOPLES_CODES)
    waiting = queue(Now.of(current(str(lake), "tiny")))
    assert (cluster, ["changed"]) in [(item.id, item.kinds) for item in waiting]
    assert current(str(lake), "tiny").read(Clusters).num_rows


def test_what_is_said_while_a_night_runs_counts_when_it_is_published(
    spark: SparkSession, settings: Settings, file: Path, lake: Path, tmp_path: Path
) -> None:
    ours = tmp_path / "lake"
    shutil.copytree(lake, ours)
    say(ours, "overturn", MINE)
    night = night_of(spark, settings, file, ours, tiny.AS_OF)
    run_step("publish", night, Silent())
    assert said_of(ours, MINE, DisqualifiedAccounts) is None
    newest, before, *_ = runs(str(ours))
    assert (newest.reason, before.reason) == (f"{REFRESHED} {before.run_id}", None)
    assert night.report["run_id"] == newest.run_id


class Crash(BaseException):
    """Not an Exception, so that nothing tidies up after it, as after a kill."""


def dying(replace: Callable[..., int], num_writes: int) -> Callable[..., int]:
    count = itertools.count(1)

    def wrapped(self: Lake, *args: Any, **kwargs: Any) -> int:
        version = replace(self, *args, **kwargs)
        if next(count) == num_writes:
            raise Crash
        return version

    return wrapped


def test_a_refresh_that_dies_leaves_the_last_publication_and_can_be_run_again(
    spark: SparkSession, lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, replace = tmp_path / "lake", Lake.replace
    shutil.copytree(lake, ours)
    frozen = freeze(str(ours), "tiny", "ops", None)
    say(ours, "overturn", MINE)
    before = current(str(ours), "tiny")
    seen = before.read(Decisions)
    monkeypatch.setattr(Lake, "replace", dying(replace, 2))
    with pytest.raises(Crash):
        refresh(Lake(str(ours), spark), "tiny")
    assert current(str(ours), "tiny").run == before.run
    assert current(str(ours), "tiny").read(Decisions) == seen
    monkeypatch.setattr(Lake, "replace", replace)
    say(ours, "hold", tiny.farm()[1], reason="needs_facts")
    assert refresh(Lake(str(ours), spark), "tiny") is not None
    say(ours, "overturn", tiny.farm()[2])
    with pytest.raises(LakeError, match="does not know all reviews"):
        freeze(str(ours), "tiny", "ops", "the next payout")
    assert refresh(Lake(str(ours), spark), "tiny") is not None
    assert said_of(ours, MINE, DisqualifiedAccounts) is None
    found = reversals(str(ours), "tiny", frozen["freeze_id"])[1]
    assert [(one.account, one.after) for one in found] == [
        (MINE, "clear"),
        (tiny.farm()[1], "review"),
        (tiny.farm()[2], "clear"),
    ]
    done = CliRunner().invoke(main, ["publish", "--campaign", "tiny", "--lake", str(ours)])
    assert (done.exit_code, "nothing to do" in done.stdout) == (0, True), done.output


def test_a_hold_can_be_released_though_people_refreshed_the_publication_before_it(tmp_path: Path) -> None:
    publish(str(tmp_path), {}, run_id="good")
    publish(str(tmp_path), {}, run_id="held", status="held", minutes=1)
    (good,) = (r for r in runs(str(tmp_path)) if r.run_id == "good")
    said = {"attempt": 1, "finished_at": good.finished_at + timedelta(minutes=2), "reason": f"{REFRESHED} good"}
    texts = {"versions": "{}", "report": "{}", "run_id": "fresh"}
    append(str(tmp_path), Runs, [asdict(good) | texts | said])
    lake = Lake(str(tmp_path), cast("SparkSession", None))
    with pytest.raises(LakeError, match="no records of drop"):  # there was no night; what is held is found
        release(lake, "held", "ops", "right", Silent())
