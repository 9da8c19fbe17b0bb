"""Everything known -> Decisions: the verdict on every participant, with reasons and evidence.

The policy: a group of a minimum size, a score whose lower bound reaches the bar, and two independent kinds of evidence
disqualify; anything less in such a group is for a person to look at. A group whose score is lower still is left alone,
and a member that hangs in by one acquaintance is never disqualified. Doubt goes to the account.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.decide.evidence import link_evidence, no_evidence, time_evidence
from abuse.steps.decide.reasons import reasons
from abuse.steps.decide.verdicts import overlaid
from abuse.tables import ClusterMembers, Clusters, Decisions, Features, ParticipantAddresses, Scores, Services


def decide(
    participants: DataFrame,
    addresses: DataFrame,
    clusters: DataFrame,
    features: DataFrame,
    scores: DataFrame,
    links: DataFrame,
    members: DataFrame,
    services: DataFrame,
    standings: DataFrame,
    policy: settings.Policy,
    together: settings.Features,
    model_version: str,
) -> DataFrame:
    """One row per participant. `standings`: tables.Standings."""
    known = addresses.groupBy(ParticipantAddresses.account).agg(
        F.max(ParticipantAddresses.has_transfers).alias("_known")
    )
    groups = clusters.select(Clusters.cluster_id, Clusters.is_giant)
    scored = features.join(scores.withColumnRenamed(Scores.model_version, "_scorer"), on=list(Scores.key))
    facts = participants.join(known, on=Decisions.account, how="left")
    facts = facts.join(scored.join(groups, on=Clusters.cluster_id), on=Decisions.account, how="left")
    facts = facts.join(members.select(Decisions.account, ClusterMembers.is_weak), on=Decisions.account, how="left")
    facts = facts.join(called_services(addresses, services), on=Decisions.account, how="left")
    facts = facts.join(link_evidence(links, members), on=Decisions.account, how="left")
    facts = facts.withColumns({"_is_together": acted_together(together), "_is_large": is_large(policy)})
    facts = facts.withColumn("_in_group", F.col("_is_large") & is_farmlike(policy))
    facts = facts.withColumn(Decisions.evidence_kinds, evidence_kinds())
    facts = facts.withColumn(Decisions.machine_verdict, machine_verdict(policy))
    decided = facts.withColumns(
        {
            Decisions.reasons: reasons(policy),
            Decisions.evidence: shown_evidence(),
            Decisions.rule_version: F.lit(policy.version),
            Decisions.model_version: F.coalesce("_scorer", F.lit(model_version)),
        }
    )
    return overlaid(decided, standings)


def called_services(addresses: DataFrame, services: DataFrame) -> DataFrame:
    """account -> `_service`: why nothing ties it, where an address of it serves many."""
    said = addresses.join(services, on=ParticipantAddresses.address)
    return said.groupBy(ParticipantAddresses.account).agg(F.min(Services.why).alias("_service"))


def is_large(policy: settings.Policy) -> Column:
    """Whether the account's cluster is large enough to matter."""
    return F.coalesce(F.col(Features.size) >= policy.min_cluster_size, F.lit(False))


def is_farmlike(policy: settings.Policy) -> Column:
    """Whether the account's cluster scores high enough for a person to look at it."""
    return F.coalesce(F.col(Scores.score) >= policy.min_score_review, F.lit(False))


def acted_together(rules: settings.Features) -> Column:
    """Whether more members began with it than friends or chance explain."""
    expected = F.col(Features.time_expected)
    surprising = expected + rules.time_surprise * F.sqrt(F.greatest(expected, F.lit(1.0)))
    partners = F.col(Features.time_partners)
    return F.coalesce((partners >= rules.min_time_partners) & (partners >= surprising), F.lit(False))


def evidence_kinds() -> Column:
    """Independent kinds that hold for the account; empty outside a group."""
    kinds = F.array(
        F.when(F.col(Features.money_partners) > 0, F.lit("money")),
        F.when(F.col(Features.sink_partners) > 0, F.lit("sink")),
        F.when(F.col(Features.sequence_partners) > 0, F.lit("sequence")),
        F.when(F.col("_is_together"), F.lit("time")),
    )
    return F.when(F.col("_in_group"), F.array_compact(kinds)).otherwise(F.array().cast("array<string>"))


def shown_evidence() -> Column:
    """What a person is shown of an account's movements and first action; nothing outside a group."""
    timely = F.when(F.col("_is_together"), F.array(time_evidence())).otherwise(no_evidence())
    shown = F.concat(F.coalesce(F.col("_link_evidence"), no_evidence()), timely)
    return F.when(F.col("_in_group"), shown).otherwise(no_evidence())


def machine_verdict(policy: settings.Policy) -> Column:
    """What the policy alone says. `not_analysed`: nothing is known of the account's money, and unknown is not clean."""
    is_proven = F.size(Decisions.evidence_kinds) >= policy.min_evidence_kinds
    is_likely = F.col(Scores.score_lower) >= policy.min_score_lower
    is_doubted = F.col(Clusters.is_giant) | F.col(ClusterMembers.is_weak)
    return (
        F.when(F.col("_in_group") & is_proven & is_likely & ~is_doubted, F.lit("disqualified"))
        .when(F.col("_in_group"), F.lit("review"))
        .when(F.coalesce(F.col("_known"), F.lit(False)), F.lit("clear"))
        .otherwise(F.lit("not_analysed"))
    )
