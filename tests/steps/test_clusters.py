"""Connected components against a plain union-find, what a cluster is called, and the checks that close it."""

from __future__ import annotations

import hashlib
import itertools
import random
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql.types import LongType, StructField, StructType

from abuse import settings
from abuse.errors import CheckError
from abuse.steps.clusters import clusters
from abuse.steps.clusters.components import check
from abuse.steps.spill import Spill
from abuse.tables import Links, Participants
from tests.conftest import frame
from tests.steps.worlds import START, Fact, hour

CAMPAIGN = "drop"
GIANT = 14
ENGINES = {
    "GraphFrames alone": settings.Clusters(max_size=GIANT),
    "contraction, GraphFrames": settings.Clusters(max_size=GIANT, graphframes_max_edges=100, partitions=2),
    "contraction in three, one task": settings.Clusters(
        max_size=GIANT, engine="driver", driver_max_edges=100, partitions=3, max_rounds=2
    ),
}
RULES = ENGINES["contraction, GraphFrames"]
Edge = tuple[str, str]
Found = tuple[dict[str, Row], dict[str, Row]]

SHAPES: dict[str, tuple[int, list[tuple[int, int]], str]] = {
    # name: members, pairs -> shape; member 0 began first
    "pair": (2, [(0, 1)], "pair"),
    "star of three": (3, [(1, 0), (1, 2)], "star"),
    "star": (5, [(0, 1), (0, 2), (0, 3), (0, 4)], "star"),
    "chain": (4, [(0, 1), (1, 2), (2, 3)], "chain"),
    "tree": (5, [(0, 1), (1, 2), (1, 3), (3, 4)], "tree"),
    "triangle": (3, [(0, 1), (1, 2), (0, 2)], "mesh"),
    "mesh": (4, [(0, 1), (1, 2), (2, 3), (0, 3)], "mesh"),
    "as large as is believed": (GIANT, [(0, n) for n in range(1, GIANT)], "star"),
    "larger than is believed": (GIANT + 1, [(0, n) for n in range(1, GIANT + 1)], "star"),
}


Born = Mapping[str, "datetime | None"]
"""account -> its first action, where its time is known"""


def member(world: str, n: int) -> str:
    return f"{world}/{n:02d}"


def random_graphs(num: int, seed: int) -> tuple[Born, list[Edge]]:
    """Accounts with their first action, often at the same time, and edges src < dst inside each graph."""
    rng = random.Random(seed)
    born: dict[str, datetime | None] = {}
    edges: list[Edge] = []
    for g in range(num):
        names = [member(f"g{g:03d}", n) for n in range(rng.randint(1, 14))]
        born |= {name: hour(at) if (at := rng.randint(0, 3)) else None for name in names}
        share = rng.choice((0.0, 0.1, 0.15, 0.2, 0.5, 1.0))
        edges += [e for e in itertools.combinations(names, 2) if rng.random() < share]
    return born, edges


def groups(born: Born, edges: list[Edge]) -> set[frozenset[str]]:
    """Union-find; groups of two or more."""
    parent = {name: name for name in born}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for a, b in edges:
        parent[root(a)] = root(b)
    members: defaultdict[str, set[str]] = defaultdict(set)
    for name in born:
        members[root(name)].add(name)
    return {frozenset(group) for group in members.values() if len(group) > 1}


def link(edge: Edge, kind: str = "first_gas", via: str | None = "f", strength: int = 1) -> Fact:
    evidence = "sink" if kind == "sweep" else "money"
    row: Fact = {"src": edge[0], "dst": edge[1], "kind": kind, "evidence_kind": evidence, "via": via}
    return row | {"strength": strength, "evidence": []}


def people(born: Born) -> list[Fact]:
    return [{"account": name, "first_action_at": at, "last_action_at": at} for name, at in born.items()]


@pytest.fixture(scope="module")
def spill(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Spill:
    folder = tmp_path_factory.mktemp("spilled")
    spark.sparkContext.setCheckpointDir(str(folder / "checkpoints"))
    numbers = itertools.count()

    def written(rows: DataFrame) -> DataFrame:
        path = str(folder / str(next(numbers)))
        rows.write.parquet(path)
        return spark.read.parquet(path)

    return written


def world() -> tuple[Born, list[Edge]]:
    drawn, edges = random_graphs(500, seed=7)
    born = dict(drawn)
    for name, (size, pairs, _) in SHAPES.items():
        born |= {member(name, n): hour(n) for n in range(size)}
        edges += [(member(name, min(p)), member(name, max(p))) for p in pairs]
    return born, edges


def computed(
    spark: SparkSession,
    spill: Spill,
    born: Born,
    links: list[Fact],
    rules: settings.Clusters = RULES,
) -> Found:
    rows = frame(spark, Links, links), frame(spark, Participants, people(born))
    whole, members = clusters(*rows, CAMPAIGN, rules, spill)
    listed, placed = whole.collect(), members.collect()
    assert len({c.cluster_id for c in listed}) == len(listed)
    assert len({m.account for m in placed}) == len(placed)
    return {c.cluster_id: c for c in listed}, {m.account: m for m in placed}


@pytest.fixture(scope="module")
def found(spark: SparkSession, spill: Spill) -> Found:
    born, edges = world()
    links = [link(edge) for edge in edges]
    a, b, c = (member("triangle", n) for n in range(3))
    links += [
        link((a, b), "sweep", "s", 5),
        link((b, c), "sweep", "s"),
        link((a, c), "sweep", "s"),
        link((a, b), "direct", None),
    ]
    a, b = (member("pair", n) for n in range(2))
    return computed(spark, spill, born, [*links, link((a, b), "sweep", "e", 9), link((a, b), "direct", None)])


def member_sets(found: Found) -> dict[str, frozenset[str]]:
    sets: defaultdict[str, set[str]] = defaultdict(set)
    for account, row in found[1].items():
        sets[row.cluster_id].add(account)
    return {cluster_id: frozenset(accounts) for cluster_id, accounts in sets.items()}


def test_clusters_are_the_components_of_a_plain_union_find(found: Found) -> None:
    assert set(member_sets(found).values()) == groups(*world())


def test_an_account_tied_to_nobody_is_in_no_cluster(found: Found) -> None:
    born, edges = world()
    alone = set(born) - {name for edge in edges for name in edge}
    assert alone
    assert not alone & set(found[1])


def test_a_cluster_is_named_after_its_first_account(found: Found) -> None:
    born, _ = world()
    for cluster_id, accounts in member_sets(found).items():
        founder = min(accounts, key=lambda name: (born[name] is None, born[name] or START, name))
        assert cluster_id == hashlib.sha256(f"{CAMPAIGN}\n{founder}".encode()).hexdigest()[:16]
        assert found[0][cluster_id].founder == founder
        assert [a for a in accounts if found[1][a].role == "founder"] == [founder]


def test_a_cluster_counts_its_members_and_the_pairs_tied(found: Found) -> None:
    _, edges = world()
    of = {account: row.cluster_id for account, row in found[1].items()}
    for cluster_id, accounts in member_sets(found).items():
        row = found[0][cluster_id]
        assert row["size"] == len(accounts)
        assert row.num_links == len({e for e in edges if of[e[0]] == cluster_id})


@pytest.mark.parametrize("engine", [name for name in ENGINES if ENGINES[name] is not RULES])
def test_clusters_stay_by_any_engine_when_links_are_shuffled_flipped_and_doubled(
    spark: SparkSession, spill: Spill, found: Found, engine: str
) -> None:
    born, edges = world()
    rng = random.Random(engine)
    turned = [edge[::-1] if rng.random() < 0.5 else edge for edge in [*edges, *rng.sample(edges, len(edges) // 2)]]
    rng.shuffle(turned)
    accounts = list(born.items())
    rng.shuffle(accounts)
    again = computed(spark, spill, dict(accounts), [link(edge) for edge in turned], ENGINES[engine])
    assert member_sets(again) == member_sets(found)
    assert {c: r.founder for c, r in again[0].items()} == {c: r.founder for c, r in found[0].items()}


@pytest.mark.parametrize("name", SHAPES)
def test_the_shape_of_a_cluster(found: Found, name: str) -> None:
    size, _, shape = SHAPES[name]
    cluster = found[0][found[1][member(name, 0)].cluster_id]
    assert (cluster["size"], cluster["shape"]) == (size, shape)
    assert cluster.is_giant == (size > GIANT)


def test_a_member_shows_how_firmly_it_hangs_in(found: Found) -> None:
    roles = {n: found[1][member("tree", n)].role for n in range(5)}
    assert roles == {0: "founder", 1: "core", 2: "leaf", 3: "core", 4: "leaf"}
    held = found[1][member("triangle", 1)]
    assert (held.num_neighbours, held.link_kinds, held.strength) == (2, ["direct", "first_gas", "sweep"], 9)


def test_the_core_is_what_most_links_go_through_and_the_first_by_name_of_equals(found: Found) -> None:
    cores = {name: found[0][found[1][member(name, 0)].cluster_id].core_funder for name in ("triangle", "pair", "star")}
    assert cores == {"triangle": "f", "pair": "e", "star": "f"}


def test_without_links_there_are_no_clusters(spark: SparkSession, spill: Spill) -> None:
    assert computed(spark, spill, {"a": hour(0), "b": hour(1)}, []) == ({}, {})


BROKEN: dict[str, tuple[Edge | tuple[str | None, str], str | None]] = {
    # name: one link beside a good one of a and b -> what is wrong
    "an empty end": ((None, "b"), "1 links with an end that is empty or takes no part"),
    "an end that takes no part": (("a", "stranger"), "1 links with an end that is empty or takes no part"),
    "a loop ties nobody": (("c", "c"), None),
}


@pytest.mark.parametrize(("bad", "wrong"), BROKEN.values(), ids=BROKEN)
def test_links_that_make_no_sense_stop_the_night_or_change_nothing(
    spark: SparkSession, spill: Spill, bad: tuple[str | None, str], wrong: str | None
) -> None:
    born = {name: hour(n) for n, name in enumerate("abc")}
    links = [link(("a", "b")), link(("a", "b")) | {"src": bad[0], "dst": bad[1]}]
    if wrong is None:
        whole, members = computed(spark, spill, born, links, ENGINES["GraphFrames alone"])
        assert (len(whole), set(members)) == (1, {"a", "b"})
    else:
        with pytest.raises(CheckError, match=wrong):
            computed(spark, spill, born, links)


CHECKS: dict[str, tuple[list[tuple[int, int]], list[tuple[int, int]], str | None]] = {
    # name: (id, component), edges over the ids 1, 2, 3 -> what is wrong
    "each in one, isolated kept": ([(1, 1), (2, 1), (3, 3)], [(1, 2)], None),
    "a link across two": ([(1, 1), (2, 2), (3, 3)], [(1, 2)], "1 of 1 links cross two components"),
    "a vertex is missing": ([(1, 1), (2, 1)], [(1, 2)], "2 rows for 2 of 3 accounts"),
    "the vertex of a link is missing": ([(1, 1), (3, 3)], [(1, 2)], "1 of 1 links cross"),
    "a vertex is in two": ([(1, 1), (2, 1), (3, 3), (3, 1)], [(1, 2)], "4 rows for 3 of 3 accounts"),
    "one twice and one missing": ([(1, 1), (2, 1), (2, 1)], [], "3 rows for 2 of 3 accounts"),
}


@pytest.mark.parametrize(("components", "edges", "wrong"), CHECKS.values(), ids=CHECKS)
def test_components_that_do_not_hold_up_stop_the_night(
    spark: SparkSession, components: list[tuple[int, int]], edges: list[tuple[int, int]], wrong: str | None
) -> None:
    frames = (
        spark.createDataFrame(components, whole_numbers("id", "component")),
        spark.createDataFrame(edges, whole_numbers("src", "dst")),
        spark.createDataFrame([(1,), (2,), (3,)], whole_numbers("id")),
    )
    if wrong is None:
        check(*frames)
    else:
        with pytest.raises(CheckError, match=wrong):
            check(*frames)


def whole_numbers(*names: str) -> StructType:
    return StructType([StructField(name, LongType()) for name in names])
