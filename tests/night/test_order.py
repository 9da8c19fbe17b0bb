"""Three nights published in whatever order, and what each says of the one before it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from abuse.edge.lineage import COMPARED
from abuse.errors import LakeError
from abuse.lake.delta import Lake
from abuse.lake.ledger import append
from abuse.lake.publication import FOLLOWS, Publication, publications, runs
from abuse.night import release, run_step
from abuse.operate.diff import diff
from abuse.settings import Settings
from abuse.tables import PUBLIC, ClusterLineage, Runs, VerdictChanges
from tests.lake.test_publication import NIGHT, publish
from tests.night import tiny
from tests.night.lakes import Silent, night_of, public_rows, unpublished

LINEAGE = {"first": {}, "early": {("grew", 5): 2}, "last": {("grew", 6): 1, ("grew", 9): 1}}
"""night -> change, members of both: how many clusters. Farm and staff grow, the farm faster."""
VERDICTS = {
    "first": {},
    "early": {("clear", "disqualified"): 5, (None, "disqualified"): 4},
    "last": {(None, "review"): 1},
}


def nights(lake: Path) -> dict[str, Publication]:
    return dict(zip(("last", "early", "first"), publications(str(lake), "tiny"), strict=True))


ORDERS = {  # dates -> how often a later night follows
    "oldest first": ((tiny.FIRST, tiny.EARLY, tiny.AS_OF), 0),
    "the middle one last": ((tiny.FIRST, tiny.AS_OF, tiny.EARLY), 1),
}


@pytest.mark.parametrize(("order", "num_followed"), ORDERS.values(), ids=ORDERS)
def test_dates_published_in_any_order_give_the_same_rows(
    spark: SparkSession,
    settings: Settings,
    file: Path,
    three: Path,
    tmp_path: Path,
    order: tuple[str, ...],
    num_followed: int,
) -> None:
    """`three` was made newest first; here its work is published anew."""
    lake = unpublished(three, tmp_path / "lake")
    for as_of in order:
        run_step("publish", night_of(spark, settings, file, lake, as_of), Silent())
    assert public_rows(lake) == public_rows(three)
    assert len(runs(str(lake))) == len(order) + num_followed


@pytest.mark.parametrize("night", LINEAGE)
def test_a_night_says_what_became_of_the_clusters_of_the_one_before(three: Path, night: str) -> None:
    published = nights(three)[night]
    rows = published.read(ClusterLineage).to_pylist()
    assert Counter((row["change"], row["num_shared"]) for row in rows) == LINEAGE[night]
    assert {row["run_id"] for row in rows} <= {published.run.run_id}


@pytest.mark.parametrize("night", VERDICTS)
def test_a_night_says_whose_verdict_changed_since_the_one_before(three: Path, night: str) -> None:
    rows = nights(three)[night].read(VerdictChanges).to_pylist()
    assert Counter((row["before"], row["after"]) for row in rows) == VERDICTS[night]
    assert all(row["why"] for row in rows)


@pytest.mark.parametrize(("then", "now"), [("first", "early"), ("early", "last")])
def test_abuse_diff_of_two_neighbours_is_what_the_later_one_says(three: Path, then: str, now: str) -> None:
    published = nights(three)
    found = diff(published[then], published[now])
    rows = published[now].read(VerdictChanges).to_pylist()
    wanted = {row["account"]: (row["before"], row["after"], row["why"]) for row in rows}
    assert {c.account: (c.before, c.after, c.why) for c in found.changes} == wanted
    assert {row["before_as_of"] for row in rows} == {published[then].run.as_of}


def test_the_later_night_follows_in_the_same_append_and_in_two_tables_alone(lake: Path, both: Path) -> None:
    (alone,), (early, follows, last) = runs(str(lake)), runs(str(both))
    assert (early.attempt, early.as_of) == (1, datetime(2026, 3, 25, tzinfo=UTC))
    assert last == alone
    assert set(last.versions) == {table.table_name() for table in PUBLIC}
    other = {name for name, version in follows.versions.items() if version != last.versions[name]}
    assert other == {table.table_name() for table in COMPARED}
    changed = {"attempt": 2, "versions": follows.versions, "finished_at": follows.finished_at}
    changed["reason"] = f"{FOLLOWS} 2026-03-25T00:00:00+00:00"
    assert follows == dataclasses.replace(last, **cast("Any", changed))
    assert len(DeltaTable(str(both / "runs")).file_uris()) == 2, "three rows in two appends"
    before = Publication(str(both), last).read(ClusterLineage)
    assert before.num_rows == 0, "who read the older row still reads what it was"


def test_a_hold_can_be_released_though_an_earlier_night_was_published_since(tmp_path: Path) -> None:
    """The published run of the slice got a row then, which is no attempt; the held one is still its latest."""
    publish(str(tmp_path), {}, run_id="good")
    publish(str(tmp_path), {}, run_id="held", status="held", minutes=1)
    (good,) = (r for r in runs(str(tmp_path)) if r.run_id == "good")
    said = {"attempt": 2, "finished_at": good.finished_at.replace(minute=2), "reason": f"{FOLLOWS} {NIGHT}"}
    append(str(tmp_path), Runs, [dataclasses.asdict(good) | {"versions": "{}", "report": "{}"} | said])
    lake = Lake(str(tmp_path), cast("SparkSession", None))
    with pytest.raises(LakeError, match="no records of drop"):  # there was no night; what is held is found
        release(lake, "held", "ops", "right", Silent())
    with pytest.raises(LakeError, match="the latest of its slice is held, held"):
        release(lake, "good", "ops", "right", Silent())
