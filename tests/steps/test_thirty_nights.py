"""Thirty nights of one campaign: farms grow, merge, split and get late data; ids stay, and lineage tells what happened.

Every night is a world of its own in one frame, so two jobs answer for all of them.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections import defaultdict
from datetime import datetime

import pytest
from pyspark.sql import DataFrame, SparkSession

from abuse import settings
from abuse.steps.changes import lineage
from abuse.steps.clusters import clusters
from abuse.tables import ClusterMembers, Links, Participants
from tests.conftest import frame
from tests.steps.test_changes import kin_by_sets
from tests.steps.worlds import START, Fact, hour

NIGHTS, FARMS = 30, 40
CAMPAIGN = "drop"
Members = dict[str, set[str]]


class Campaign:
    """Accounts with the time of their first action, and the links between them, as of the night it is."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.born: dict[str, float] = {}
        self.links: set[tuple[str, str]] = set()
        self.farms: list[list[str]] = []
        self.late: set[str] = set()
        """Accounts that came to be known after others which began later."""
        for _ in range(FARMS):
            self.farms.append([])
            for _ in range(self.rng.randint(2, 9)):
                self.join(self.farms[-1], 0)

    def join(self, farm: list[str], night: int, at: float | None = None) -> str:
        account = f"a{len(self.born):04d}"
        self.born[account] = night * 24 + self.rng.random() * 24 if at is None else at
        if farm:
            self.links.add((self.rng.choice(farm), account))
        farm.append(account)
        return account

    def pass_night(self, night: int) -> None:
        for farm in self.farms:
            if self.rng.random() < 0.5:
                self.join(farm, night)
        if night % 4 == 1:  # two farms turn out to have one operator
            one, other = self.rng.sample(self.farms, 2)
            self.links.add((one[0], other[-1]))
        if night % 5 == 2:  # a corrected list makes what tied an account a service
            self.links.discard(self.rng.choice(sorted(self.links)))
        if night % 6 == 3:  # data comes late: an account that began before everybody
            self.late.add(self.join(self.rng.choice(self.farms), night, at=-float(night)))
        if night % 3 == 0:
            self.farms.append([])
            for _ in range(3):
                self.join(self.farms[-1], night)


def name(cluster: str) -> str:
    return hashlib.sha256(f"{CAMPAIGN}\n{cluster}".encode()).hexdigest()[:16]


@pytest.fixture(scope="module")
def campaign() -> tuple[list[dict[str, float]], list[set[tuple[str, str]]], set[str]]:
    told = Campaign(seed=9)
    born, links = [], []
    for night in range(NIGHTS):
        told.pass_night(night)
        born.append(dict(told.born))
        links.append(set(told.links))
    return born, links, told.late


@pytest.fixture(scope="module")
def nights(
    spark: SparkSession,
    campaign: tuple[list[dict[str, float]], list[set[tuple[str, str]]], set[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> list[Members]:
    """Of each night, cluster_id -> its members."""
    folder, numbers = tmp_path_factory.mktemp("nights"), itertools.count()

    def spill(rows: DataFrame) -> DataFrame:
        path = str(folder / str(next(numbers)))
        rows.write.parquet(path)
        return spark.read.parquet(path)

    people: list[Fact] = []
    ties: list[Fact] = []
    for night, (born, links) in enumerate(zip(*campaign[:2], strict=True)):
        people += [{"account": f"n{night:02d}/{a}", "first_action_at": hour(at)} for a, at in born.items()]
        for a, b in links:
            src, dst = sorted((f"n{night:02d}/{a}", f"n{night:02d}/{b}"))
            row: Fact = {"src": src, "dst": dst, "kind": "first_gas", "evidence_kind": "money", "strength": 1}
            ties.append(row | {"evidence": []})
    rules = settings.Clusters(engine="driver")
    rows = frame(spark, Links, ties), frame(spark, Participants, people)
    whole, members = clusters(*rows, CAMPAIGN, rules, spill)
    founder = {row["cluster_id"]: row["founder"] for row in whole.collect()}
    found: list[Members] = [defaultdict(set) for _ in range(NIGHTS)]
    for member in members.collect():
        place, account = str(member["account"]).split("/")
        found[int(place[1:])][name(founder[member["cluster_id"]].split("/")[1])].add(account)
    return found


def test_surviving_clusters_keep_their_ids(
    nights: list[Members], campaign: tuple[list[dict[str, float]], list[set[tuple[str, str]]], set[str]]
) -> None:
    born, _, late = campaign
    kept = lost = by_late_data = 0
    for night, (before, now) in enumerate(itertools.pairwise(nights), 1):
        for cluster, parent, change, _ in kin_by_sets(before, now):
            if cluster is None or parent is None or change in ("merged", "split"):
                continue
            first = min(now[cluster], key=lambda a: (born[night][a], a))
            if cluster == parent:
                kept += 1
            elif first in late and first not in before[parent]:
                by_late_data += 1
            else:
                lost += 1
    print(f"\n{kept} kept, {lost} lost, {by_late_data} founders changed by late data")
    assert by_late_data > 0, "the campaign has late data"
    assert kept / (kept + lost) >= 0.98


def test_a_merged_cluster_carries_the_older_founders_id_on(
    nights: list[Members], campaign: tuple[list[dict[str, float]], list[set[tuple[str, str]]], set[str]]
) -> None:
    born, _, late = campaign
    merges = 0
    for night, (before, now) in enumerate(itertools.pairwise(nights), 1):
        for cluster, members in now.items():
            parents = [p for p in before if before[p] & members]
            first = min(members, key=lambda a: (born[night][a], a))
            if len(parents) > 1 and first not in late:
                merges += 1
                assert cluster == name(first)
                assert cluster in parents
    assert merges > 3


def test_every_row_of_lineage_is_right_on_every_night(spark: SparkSession, nights: list[Members]) -> None:
    def rows(night: int, members: Members) -> list[Fact]:
        return [
            {"cluster_id": f"{night}/{cluster}", "account": f"{night}/{account}"}
            for cluster, accounts in members.items()
            for account in accounts
        ]

    pairs = list(enumerate(itertools.pairwise(nights)))
    now = frame(spark, ClusterMembers, [row for n, (_, after) in pairs for row in rows(n, after)])
    then = frame(spark, ClusterMembers, [row for n, (before, _) in pairs for row in rows(n, before)])
    found: dict[int, set[tuple[str | None, str | None, str, int]]] = {n: set() for n, _ in pairs}
    when: datetime = START
    for kin in lineage(now, then, when).collect():
        place = int((kin["cluster_id"] or kin["parent_id"]).split("/")[0])
        cluster, parent = (name and name.split("/")[1] for name in (kin["cluster_id"], kin["parent_id"]))
        found[place].add((cluster, parent, kin["change"], kin["num_shared"]))
    assert found == {n: kin_by_sets(dict(before), dict(after)) for n, (before, after) in pairs}
    changes = {change for rows_of in found.values() for _, _, change, _ in rows_of}
    assert {"same", "grew", "merged", "split", "new"} <= changes
