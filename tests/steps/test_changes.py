"""What became of clusters and verdicts since the slice before."""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from abuse.lake.publication import publications
from abuse.operate.diff import diff
from abuse.steps.changes import lineage, score_drift, verdict_changes
from abuse.tables import VERDICTS, ClusterLineage, ClusterMembers, Decisions, VerdictChanges
from tests.conftest import frame
from tests.lake.test_publication import NIGHT, publish
from tests.steps.worlds import START, Fact

Clusters = dict[str, set[str]]
Kin = set[tuple[str | None, str | None, str, int]]
"""cluster, parent, change, members of both"""

LINEAGE: dict[str, tuple[str, str, str]] = {  # clusters before, clusters now -> cluster, parent, change, shared
    "nobody moved": ("P=abc", "C=abc", "C P same 3"),
    "an id that went to the same members is the same": ("P=abc", "P=abc", "P P same 3"),
    "a member joined": ("P=abc", "C=abcd", "C P grew 3"),
    "a member left": ("P=abc", "C=ab", "C P shrank 2"),
    "one joined and one left": ("P=abc", "C=abd", "C P changed 2"),
    "of nobody known": ("", "C=ab", "C - new 0"),
    "nobody is left together": ("P=ab", "", "- P gone 0"),
    "all others": ("P=ab", "C=cd", "C - new 0, - P gone 0"),
    "two became one": ("P=ab Q=cd", "C=abcd", "C P merged 2, C Q merged 2"),
    "two became one and more joined": ("P=ab Q=cd", "C=abcdef", "C P merged 2, C Q merged 2"),
    "one became two": ("P=abcd", "C=ab D=cd", "C P split 2, D P split 2"),
    "one became two and lost some": ("P=abcdef", "C=ab D=cd", "C P split 2, D P split 2"),
    "one heir and a new cluster beside it": ("P=abc", "C=abc D=de", "C P same 3, D - new 0"),
    "a member that goes over merges what it joins, and splits what it left": (
        "P=abc Q=de",
        "C=ab D=cde",
        "C P split 2, D P merged 1, D Q merged 2",
    ),
    "three in a chain": ("P=ab Q=cd", "C=a D=bc E=d", "C P split 1, D P merged 1, D Q merged 1, E Q split 1"),
    "no clusters at all": ("", "", ""),
}


def clusters(text: str) -> Clusters:
    return {name: set(members) for name, _, members in (word.partition("=") for word in text.split())}


def kin(text: str) -> Kin:
    rows = [row.split() for row in text.split(", ") if row]
    return {(None if c == "-" else c, None if p == "-" else p, change, int(shared)) for c, p, change, shared in rows}


def kin_by_sets(before: Clusters, now: Clusters) -> Kin:
    """The rules once more, in plain words of sets."""
    parents = {c: [p for p in before if before[p] & now[c]] for c in now}
    heirs = {p: [c for c in now if before[p] & now[c]] for p in before}
    found: Kin = {(c, None, "new", 0) for c in now if not parents[c]} | {
        (None, p, "gone", 0) for p in before if not heirs[p]
    }
    for c in now:
        for p in parents[c]:
            if len(parents[c]) > 1:
                change = "merged"
            elif len(heirs[p]) > 1:
                change = "split"
            elif before[p] == now[c]:
                change = "same"
            else:
                change = "grew" if before[p] < now[c] else "shrank" if now[c] < before[p] else "changed"
            found.add((c, p, change, len(before[p] & now[c])))
    return found


def random_worlds(num: int, seed: int) -> dict[str, tuple[Clusters, Clusters]]:
    """Before and now: few accounts in few clusters, some in none, so that everything happens often."""
    rng, found = random.Random(seed), {}
    for n in range(num):
        sides = []
        for _ in range(2):
            side: Clusters = {}
            for account in "abcdefgh"[: rng.randint(1, 8)]:
                if place := rng.choice(["", "K", "L", "M"][: rng.randint(1, 4)]):
                    side.setdefault(place, set()).add(account)
            sides.append(side)
        if rng.random() < 0.3:  # nearly the same: small changes
            sides[1] = {name: set(members) for name, members in sides[0].items()}
            sides[1].setdefault(rng.choice("KLM"), set()).add("z")
        found[f"r{n}"] = (sides[0], sides[1])
    return found


CASES = {str(n): (clusters(before), clusters(now)) for n, (before, now, _) in enumerate(LINEAGE.values())}
RANDOM = random_worlds(300, seed=11)


def members(side: int) -> list[Fact]:
    """Of every world, that side's; names carry their world."""
    return [
        {ClusterMembers.cluster_id: f"{world}/{name}", ClusterMembers.account: f"{world}/{account}"}
        for world, sides in (CASES | RANDOM).items()
        for name, accounts in sides[side].items()
        for account in sorted(accounts)
    ]


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> dict[str, Kin]:
    """world -> what `lineage` says of it."""
    before, now = (frame(spark, ClusterMembers, members(side)) for side in (0, 1))
    rows = lineage(now, before, START).collect()
    assert {row[ClusterLineage.parent_as_of].timestamp() for row in rows} == {START.timestamp()}
    by_world: defaultdict[str, Kin] = defaultdict(set)
    for row in rows:
        names = [row[ClusterLineage.cluster_id], row[ClusterLineage.parent_id]]
        worlds = {name.split("/")[0] for name in names if name}
        cluster, parent = (name and name.split("/")[1] for name in names)
        by_world[worlds.pop()].add((cluster, parent, row[ClusterLineage.change], row[ClusterLineage.num_shared]))
    assert sum(map(len, by_world.values())) == len(rows), "no row twice"
    return by_world


@pytest.mark.parametrize("place", range(len(LINEAGE)), ids=list(LINEAGE))
def test_a_cluster_came_from(found: dict[str, Kin], place: int) -> None:
    rows = list(LINEAGE.values())[place][2]
    assert found.get(str(place), set()) == kin(rows)


def test_many_random_worlds_agree_with_plain_sets(found: dict[str, Kin]) -> None:
    wanted = {world: kin_by_sets(*sides) for world, sides in RANDOM.items()}
    assert {world: found.get(world, set()) for world in RANDOM} == wanted
    seen = {change for rows in wanted.values() for _, _, change, _ in rows}
    assert seen == {"same", "grew", "shrank", "changed", "merged", "split", "new", "gone"}


Said = tuple[str, list[str]]
"""verdict, reasons"""
OUT: Said = ("disqualified", ["money_link: Money: 3 ties.", "same_time: Five at once."])
DOUBT: Said = ("review", ["money_link: Money: 2 ties.", "one_kind: One kind of evidence."])
FINE: Said = ("clear", ["no_links: Nothing ties it."])

VERDICT_CASES: dict[str, tuple[Said | None, Said | None, tuple[str | None, str | None, list[str]] | None]] = {
    "the same verdict is no change": (OUT, OUT, None),
    "the same verdict for other reasons is none either": (OUT, ("disqualified", ["x: X."]), None),
    "a second kind came": (
        DOUBT,
        OUT,
        ("review", "disqualified", ["same_time: Five at once.", "no longer: One kind of evidence."]),
    ),
    "what holds still is not said again, though its sentence is another": (
        OUT,
        DOUBT,
        ("disqualified", "review", ["one_kind: One kind of evidence.", "no longer: Five at once."]),
    ),
    "reasons that went keep their order and their colons": (
        ("review", ["b: One: two.", "a: Three."]),
        ("clear", []),
        ("review", "clear", ["no longer: One: two.", "no longer: Three."]),
    ),
    "nothing to say, and still a change": (("review", ["a: A."]), ("clear", ["a: B."]), ("review", "clear", [])),
    "who is new and out": (None, OUT, (None, "disqualified", OUT[1])),
    "who is new and in doubt": (None, DOUBT, (None, "review", DOUBT[1])),
    "who is new and clear is no news": (None, FINE, None),
    "who is new and exempt is no news": (None, ("exempt", ["allow_listed: It is."]), None),
    "who is new and unknown is no news": (None, ("not_analysed", ["no_funding_data: None."]), None),
    "who is gone": (FINE, None, ("clear", None, ["no longer: Nothing ties it."])),
    "a person's word": (
        OUT,
        ("clear", [*OUT[1], "review_overturned: A person said so."]),
        ("disqualified", "clear", ["review_overturned: A person said so."]),
    ),
}


def decisions(said: dict[str, Said | None]) -> list[dict[str, object]]:
    rows = {account: row for account, row in said.items() if row}
    columns = (Decisions.verdict, Decisions.reasons)
    return [{Decisions.account: account, **dict(zip(columns, row, strict=True))} for account, row in rows.items()]


def changed(spark: SparkSession, before: list[Fact], now: list[Fact]) -> dict[str, object]:
    """account -> before, after, why."""
    rows = verdict_changes(frame(spark, Decisions, now), frame(spark, Decisions, before), START).collect()
    assert all(row[VerdictChanges.before_as_of].timestamp() == START.timestamp() for row in rows)
    told = (VerdictChanges.before, VerdictChanges.after, VerdictChanges.why)
    found: dict[str, object] = {row[VerdictChanges.account]: tuple(row[name] for name in told) for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.fixture(scope="module")
def verdicts(spark: SparkSession) -> dict[str, object]:
    before = {name: then for name, (then, _, _) in VERDICT_CASES.items()}
    now = {name: now for name, (_, now, _) in VERDICT_CASES.items()}
    return changed(spark, decisions(before), decisions(now))


@pytest.mark.parametrize("name", VERDICT_CASES)
def test_a_verdict_changed(verdicts: dict[str, object], name: str) -> None:
    assert verdicts.get(name) == VERDICT_CASES[name][2]


def test_abuse_diff_says_the_same_of_many_random_accounts(spark: SparkSession, tmp_path: Path) -> None:
    rng = random.Random(5)
    nights = []
    for night in range(2):
        accounts = [f"0x{n:04x}" for n in range(400) if rng.random() < 0.8]
        said: dict[str, Said | None] = {
            a: (rng.choice(VERDICTS), [f"{c}: Since {c}{night}: so." for c in rng.sample("abcd", rng.randint(0, 4))])
            for a in accounts
        }
        nights.append(decisions(said))
        rest = {"machine_verdict": "clear", "evidence_kinds": [], "evidence": [], "rule_version": "1"}
        rows = [row | rest | {"model_version": "1"} for row in nights[-1]]
        publish(
            str(tmp_path), {Decisions: rows}, as_of=NIGHT.replace(day=1 + night), run_id=f"run{night}", minutes=night
        )
    now, before = publications(str(tmp_path), "drop")
    told = {change.account: (change.before, change.after, change.why) for change in diff(before, now).changes}
    assert told == changed(spark, *nights)
    assert len(told) > 200


SCORES: dict[str, tuple[float | None, float | None, float | None]] = {  # before, now -> how far it moved
    "as it was": (0.9, 0.9, 0.0),
    "less sure": (0.9, 0.4, 0.5),
    "more sure": (0.25, 0.75, 0.5),
    "in no cluster any more": (0.75, None, 0.75),
    "scored for the first time says nothing of the others": (None, 0.99, None),
    "never scored": (None, None, None),
}


def test_scores_move_by_their_mean_change_among_whom_the_slice_before_had_scored(spark: SparkSession) -> None:
    before, now = (
        frame(spark, Decisions, [{Decisions.account: name, Decisions.score: row[side]} for name, row in SCORES.items()])
        for side in (0, 1)
    )
    moves = [moved for _, _, moved in SCORES.values() if moved is not None] + [0.5]
    gone = frame(spark, Decisions, [{Decisions.account: "takes no part any more", Decisions.score: 0.5}])
    (row,) = score_drift(now, before.unionByName(gone)).collect()
    assert row.asDict() == {"scored_before": len(moves), "moved": pytest.approx(sum(moves) / len(moves))}
    assert score_drift(now, gone.limit(0)).collect()[0].asDict() == {"scored_before": 0, "moved": 0.0}
