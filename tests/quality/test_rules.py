"""The written rules between tables, each with the smallest world that breaks it."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from abuse.quality.rules import OWN_ACT, RULES, cluster_rules, output_rules
from abuse.tables import ClusterMembers, Clusters, Decisions, DisqualifiedAccounts, Participants
from tests.conftest import frame


def cluster_world(
    spark: SparkSession, *extra: tuple[str, str, str], size: int = 2, founder: str = "a"
) -> dict[str, Any]:
    members = [("c", "a", "founder"), ("c", "b", "leaf"), *extra]
    rows: list[dict[str, object]] = [{"cluster_id": c, "account": a, "role": r} for c, a, r in members]
    return broken(
        cluster_rules(
            frame(spark, Clusters, [{"cluster_id": "c", "size": size, "founder": founder}]),
            frame(spark, ClusterMembers, rows),
            frame(spark, Participants, [{"account": a} for a in "abx"]),
        )
    )


def broken(rules: list[Any]) -> dict[str, Any]:
    """Gate -> the rows that break it, of the rules that are broken."""
    found = {rule.gate: [row.asDict() for row in rule.bad.collect()] for rule in rules}
    assert set(found) <= set(RULES)
    return {gate: rows for gate, rows in found.items() if rows}


def test_clusters_that_fit_their_members_break_nothing(spark: SparkSession) -> None:
    assert cluster_world(spark) == {}


CLUSTERS = {  # name: further members, size, founder -> gate
    "a size that is not the members'": ([], 3, "a", "clusters_not_as_listed"),
    "a founder that is not the members'": ([], 2, "b", "clusters_not_as_listed"),
    "members of no cluster": ([("d", "x", "founder")], 2, "a", "clusters_not_as_listed"),
    "a member that takes no part": ([("c", "stranger", "leaf")], 3, "a", "members_unknown"),
}


@pytest.mark.parametrize(("extra", "size", "founder", "gate"), CLUSTERS.values(), ids=CLUSTERS)
def test_clusters_that_do_not_fit_are_found(
    spark: SparkSession, extra: list[tuple[str, str, str]], size: int, founder: str, gate: str
) -> None:
    assert set(cluster_world(spark, *extra, size=size, founder=founder)) == {gate}


def test_an_account_in_two_clusters_is_named(spark: SparkSession) -> None:
    found = cluster_world(spark, ("d", "a", "founder"))
    assert found["in_two_clusters"] == [{"account": "a", "clusters": 2}]


def test_a_cluster_without_members_is_found(spark: SparkSession) -> None:
    rules = cluster_rules(
        frame(spark, Clusters, [{"cluster_id": "c", "size": 2, "founder": "a"}]),
        frame(spark, ClusterMembers, []),
        frame(spark, Participants, []),
    )
    assert set(broken(rules)) == {"clusters_not_as_listed"}


def shown(tx_hash: str | None, source: str = "moves") -> tuple[Any, ...]:
    return ("direct", "ethereum", tx_hash, "x", "y", None, None, "native", 1, source)


def facts(spark: SparkSession, *hashes: str | None) -> DataFrame:
    return spark.createDataFrame([(h,) for h in hashes], "tx_hash string")


EVIDENCE: dict[
    str, tuple[list[Any], list[tuple[str | None, str]]]
] = {  # name: items -> those that resolve nowhere, by transaction and source
    "in the transfers": ([shown("0x1")], []),
    "in the participation": ([shown("0x9")], []),
    "in neither": ([shown("0x1"), shown("0x404")], [("0x404", "moves")]),
    "no transaction, a source of the campaign": ([shown(None, "pairs")], []),
    "no transaction, the account's own act": ([shown(None, OWN_ACT)], []),
    "no transaction, a source nobody knows": ([shown(None, "rumour")], [(None, "rumour")]),
    "nothing shown": ([], []),
}


@pytest.mark.parametrize("is_few", [True, False])
def test_what_is_shown_against_an_account_is_in_a_source(spark: SparkSession, is_few: bool) -> None:
    rows: list[dict[str, object]] = [
        {"account": name, "verdict": "disqualified", "evidence": items} for name, (items, _) in EVIDENCE.items()
    ]
    out = frame(spark, DisqualifiedAccounts, rows)
    known = [facts(spark, "0x1", "0x1", "0x2", None), facts(spark, "0x9", None)]
    rules = output_rules(out, out, known, {"moves", "pairs"}, num_out=5 if is_few else 10**9)
    lost = {(row["account"], row["tx_hash"], row["source"]) for row in broken(rules)["unresolved_evidence"]}
    assert lost == {(name, *item) for name, (_, items) in EVIDENCE.items() for item in items}


def test_who_is_out_is_who_was_decided_to_be(spark: SparkSession) -> None:
    decisions = frame(
        spark,
        Decisions,
        [{"account": a, "verdict": v} for a, v in (("a", "disqualified"), ("b", "disqualified"), ("c", "clear"))],
    )
    known = [facts(spark), facts(spark)]
    for out, wrong in (("ab", set()), ("a", {"b"}), ("abc", {"c"}), ("", {"a", "b"})):
        listed = frame(spark, DisqualifiedAccounts, [{"account": a} for a in out])
        found = broken(output_rules(decisions, listed, known, set(), num_out=2))
        assert {row["account"] for row in found.get("out_without_decision", [])} == wrong
