"""Past nights one after another, what is left alone, and a run made again."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from abuse.backfill import DONE, NEW, Planned, backfill, midnights, plan
from abuse.campaign import load_campaign
from abuse.errors import InputError, LakeError
from abuse.lake.delta import Lake
from abuse.lake.ledger import append
from abuse.lake.maintain import maintain
from abuse.lake.publication import current
from abuse.replay import recorded, replay
from abuse.settings import Maintain, Settings
from abuse.tables import Reviews
from tests.night import tiny
from tests.night.lakes import Silent, public_rows

EARLY, LAST = date(2026, 3, 25), date(2026, 5, 1)
"""The dates of the lake `both`."""


def copied(lake: Path, folder: Path) -> Path:
    return Path(shutil.copytree(lake, folder / "lake"))


def planned(lake: Path, file: Path, settings: Settings, first: date, last: date, every_days: int = 1) -> list[Planned]:
    return plan(str(lake), [str(file)], settings, first, last, every_days=every_days)


def test_dates_are_midnights_after_the_campaigns_start(file: Path, settings: Settings) -> None:
    campaign, _ = load_campaign(file, settings)
    found = midnights(campaign, date(2026, 2, 27), date(2026, 3, 5), 2)
    assert found == [datetime(2026, 3, day, tzinfo=UTC) for day in (3, 5)]
    with pytest.raises(InputError, match="Name the earlier date in --from"):
        midnights(campaign, date(2026, 3, 5), date(2026, 3, 4))


def test_a_plan_tells_what_was_never_run_from_what_is_done_and_from_what_changed(
    file: Path, lake: Path, settings: Settings, tmp_path: Path
) -> None:
    early, *_, last = planned(lake, file, settings, EARLY, LAST)
    assert (early.state, early.compares) == (NEW, last.as_of)
    assert (last.state, last.compares) == (DONE, None)
    changed = tiny.write(tmp_path / "other", policy="min_cluster_size = 6")
    assert "campaign file" in planned(lake, changed, settings, LAST, LAST)[0].why
    more = copied(lake, tmp_path)
    append(str(more), Reviews, [review()])
    assert "reviews" in planned(more, file, settings, LAST, LAST)[0].why


def review() -> dict[str, object]:
    said = {"review_id": "r1", "decision_id": "d1", "campaign_id": "tiny", "account": tiny.farm()[0]}
    who = {"action": "overturn", "reason_code": "chance", "actor": "ann", "role": "reviewer"}
    return said | who | {"decided_at": datetime(2026, 5, 2, tzinfo=UTC)}


def test_a_plan_needs_a_night_and_each_campaign_once(file: Path, lake: Path, settings: Settings) -> None:
    with pytest.raises(InputError, match="no date"):
        planned(lake, file, settings, date(2026, 1, 1), date(2026, 1, 3))
    with pytest.raises(InputError, match=r"--to: 2062-05-01T00:00:00\+00:00 has not come yet"):
        planned(lake, file, settings, date(2026, 3, 1), date(2062, 5, 1))
    with pytest.raises(InputError, match="a second file of 'tiny'"):
        plan(str(lake), [str(file), str(file)], settings, EARLY, EARLY)


def test_a_backfilled_night_from_files_in_another_order_is_the_night_and_what_is_done_is_left(
    spark: SparkSession, settings: Settings, lake: Path, both: Path, tmp_path: Path
) -> None:
    """`both` is the same lake after `abuse night` of that date, from the same rows."""
    mine, said = copied(lake, tmp_path), list[str]()
    file = tiny.write(tmp_path / "shuffled", seed=5)
    empty = tiny.write(tmp_path / "empty")
    empty.write_text(empty.read_text().replace('id = "tiny"', 'id = "nobody"'))
    (empty.parent / "participation.csv").write_text("account,at,volume_usd\nnobody,never,1\n")

    def nights() -> list[Planned]:
        return plan(str(mine), [str(empty), str(file)], settings, EARLY, EARLY)

    ended = backfill(Lake(str(mine), spark), nights(), Silent(), said.append)
    assert [one.status for one in ended] == ["failed", "published"]
    assert "nobody can be judged" in ended[0].said
    assert "disqualified" in ended[1].said
    assert public_rows(mine) == public_rows(both)
    assert [one.status for one in backfill(Lake(str(mine), spark), nights()[1:], Silent(), said.append)] == ["left"]
    assert said[-1].startswith("1/1 tiny as of 2026-03-25: left")


def test_a_run_made_again_by_another_policy_is_the_same_up_to_its_decisions(
    spark: SparkSession, settings: Settings, both: Path, tmp_path: Path
) -> None:
    """After maintenance too. By its own rules all of it is the same: tests/s3 makes such a run again."""
    lake = copied(both, tmp_path)
    maintain(str(lake), Maintain(keep_days=1), now=datetime(2030, 1, 1, tzinfo=UTC))
    run = current(str(lake), "tiny", datetime(2026, 3, 25, tzinfo=UTC)).run
    made, before = recorded(str(lake), run.run_id), public_rows(lake)
    stricter = dataclasses.replace(made.settings.policy, min_cluster_size=len(tiny.farm()) + 1)
    other = dataclasses.replace(made, settings=dataclasses.replace(made.settings, policy=stricter))
    found = {one.table: one for one in replay(Lake(str(lake), spark), other, None, Silent())}
    assert {name for name, one in found.items() if one.is_same} >= {"services", "links", "clusters", "cluster_members"}
    assert not found["decisions"].is_same
    assert found["decisions"].again == run.report["participants"]
    assert public_rows(lake) == before


def test_an_unknown_run_and_one_of_another_version_are_refused(both: Path, tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="not published here"):
        recorded(str(both), "nope")
    lake = copied(both, tmp_path)
    run = current(str(lake), "tiny").run
    (kept,) = lake.glob(f"work/records/tiny/*/runs/{run.run_id}.json")
    kept.write_text(kept.read_text().replace('"version": "', '"version": "0.0.'))
    with pytest.raises(LakeError, match="made by version"):
        recorded(str(lake), run.run_id)
    kept.unlink()
    with pytest.raises(LakeError, match="no record"):
        recorded(str(lake), run.run_id)
