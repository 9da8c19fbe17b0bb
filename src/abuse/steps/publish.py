"""Decisions, participants -> what the output gates read. The edge copies the tables once they pass."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.tables import Decisions, Participants


def disqualified_accounts(decisions: DataFrame) -> DataFrame:
    """Who is out, with the same columns."""
    return decisions.where(F.col(Decisions.verdict) == "disqualified")


def output_figures(decisions: DataFrame, participants: DataFrame, policy: settings.Policy) -> DataFrame:
    """One row of counts."""
    per_account = decisions.groupBy(Decisions.account).agg(F.count("*").alias("_rows"))
    placed = participants.select(Participants.account).join(per_account, on=Decisions.account, how="full")
    undecided = placed.agg(F.count_if(F.coalesce(F.col("_rows"), F.lit(0)) != 1).alias("undecided"))
    is_out = F.col(Decisions.machine_verdict) == "disqualified"
    is_flagged = (F.col(Decisions.verdict) == "disqualified") | (
        (F.col(Decisions.verdict) == "review") & F.col(Decisions.cluster_id).isNotNull()
    )
    kinds, shown = F.size(Decisions.evidence_kinds), F.transform(Decisions.evidence, lambda e: e["kind"])
    counts = decisions.agg(
        F.count("*").alias("participants"),
        F.count_if(is_flagged).alias("flagged"),
        F.count_if(F.size(Decisions.reasons) == 0).alias("without_reasons"),
        F.count_if(is_out & (kinds < policy.min_evidence_kinds)).alias("too_little_evidence"),
        F.count_if(is_out & (F.size(F.array_distinct(shown)) < policy.min_evidence_kinds)).alias("without_evidence"),
    )
    return counts.crossJoin(undecided)
