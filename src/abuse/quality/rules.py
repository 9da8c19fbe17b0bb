"""What must hold between tables: the written rules of a stage, each as the rows that break it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse.quality.measure import Rule
from abuse.tables import ClusterMembers, Clusters, Decisions, Participants

FEW_OUT = 200_000
"""Up to so many accounts the digests of their transactions are sent to where the facts are, some 100 MB; more are
shuffled."""
OWN_ACT = "participation"
"""Evidence of time names this as its source, whatever the campaign calls its own."""
RULES = {
    "clusters_not_as_listed": "clusters whose size or founder is not what their members say",
    "in_two_clusters": "accounts in more than one cluster",
    "members_unknown": "members of clusters that take no part in the campaign",
    "unresolved_evidence": "movements or acts shown against an account that are in no source before as_of",
    "out_without_decision": "accounts out without such a decision, or decided so and not out",
}


def cluster_rules(clusters: DataFrame, members: DataFrame, participants: DataFrame) -> list[Rule]:
    """Clusters, members and participants fit together."""
    is_founder = F.col(ClusterMembers.role) == "founder"
    listed = members.groupBy(ClusterMembers.cluster_id).agg(
        F.count("*").alias("listed"), F.min(F.when(is_founder, F.col(ClusterMembers.account))).alias("founder_listed")
    )
    compared = clusters.select(Clusters.cluster_id, Clusters.size, Clusters.founder).join(
        listed, on=Clusters.cluster_id, how="full"
    )
    is_other = ~F.col(Clusters.size).eqNullSafe(F.col("listed"))
    is_other |= ~F.col(Clusters.founder).eqNullSafe(F.col("founder_listed"))
    per_account = members.groupBy(ClusterMembers.account).agg(F.count("*").alias("clusters"))
    unknown = members.select(ClusterMembers.account, ClusterMembers.cluster_id).join(
        participants.select(Participants.account), on=Participants.account, how="left_anti"
    )
    return [
        _rule("clusters_not_as_listed", compared.where(is_other)),
        _rule("in_two_clusters", per_account.where(F.col("clusters") > 1)),
        _rule("members_unknown", unknown),
    ]


def output_rules(
    decisions: DataFrame, out: DataFrame, facts: Sequence[DataFrame], sources: Collection[str], *, num_out: int
) -> list[Rule]:
    """Who is out is who was decided to be, and all that is shown against them is in the sources."""
    decided = decisions.where(F.col(Decisions.verdict) == "disqualified").select(Decisions.account)
    listed = out.select(Decisions.account)
    odd = decided.join(listed, on=Decisions.account, how="left_anti").unionByName(
        listed.join(decided, on=Decisions.account, how="left_anti")
    )
    return [
        _rule("unresolved_evidence", unresolved(out, facts, sources, is_few=num_out <= FEW_OUT)),
        _rule("out_without_decision", odd),
    ]


def unresolved(out: DataFrame, facts: Sequence[DataFrame], sources: Collection[str], *, is_few: bool) -> DataFrame:
    """Evidence items whose transaction is in no fact, or, without one, whose source the campaign does not have.

    Transactions are compared by a 64-bit digest: an odd one is missed once in as many as no campaign has.
    """
    items = out.select(Decisions.account, F.explode(Decisions.evidence).alias("_item"))
    told = items.select(Decisions.account, "_item.kind", "_item.tx_hash", "_item.source").distinct()
    named = told.where(F.col("tx_hash").isNotNull()).withColumn("_tx", F.xxhash64("tx_hash"))
    wanted = named.select("_tx").distinct()
    seen = [fact.select(F.xxhash64("tx_hash").alias("_tx")) for fact in facts]
    found = seen[0]
    for more in seen[1:]:
        found = found.unionByName(more)
    found = found.join(F.broadcast(wanted) if is_few else wanted, on="_tx", how="left_semi").distinct()
    lost = named.join(found, on="_tx", how="left_anti").drop("_tx")
    has_source = F.coalesce(F.col("source").isin(*sources, OWN_ACT), F.lit(False))
    return lost.unionByName(told.where(F.col("tx_hash").isNull() & ~has_source))


def _rule(gate: str, bad: DataFrame) -> Rule:
    return Rule(gate, RULES[gate], bad)
