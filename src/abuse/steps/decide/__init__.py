"""Everything known -> Decisions: the verdict on every participant, with reasons and evidence.

The policy: a group of a minimum size, a score whose lower bound reaches the bar, and two independent kinds of evidence
disqualify; anything less in such a group is for a person to look at. A group whose score is lower still is left alone,
and a member that hangs in by one acquaintance is never disqualified. Doubt goes to the account. `abuse.policy` has the
rule itself, for whoever asks what another policy would say.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.policy import KNOWN, acted_together, in_group, is_large, kinds, machine_verdict
from abuse.steps.decide.evidence import link_evidence, no_evidence, time_evidence
from abuse.steps.decide.reasons import reasons
from abuse.steps.decide.verdicts import overlaid
from abuse.tables import ClusterMembers, Clusters, Decisions, ParticipantAddresses, Scores, Services


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
    known = addresses.groupBy(ParticipantAddresses.account).agg(F.max(ParticipantAddresses.has_transfers).alias(KNOWN))
    groups = clusters.select(Clusters.cluster_id, Clusters.is_giant)
    scored = features.join(scores.withColumnRenamed(Scores.model_version, "_scorer"), on=list(Scores.key))
    facts = participants.join(known, on=Decisions.account, how="left")
    facts = facts.join(scored.join(groups, on=Clusters.cluster_id), on=Decisions.account, how="left")
    facts = facts.join(members.select(Decisions.account, ClusterMembers.is_weak), on=Decisions.account, how="left")
    facts = facts.join(called_services(addresses, services), on=Decisions.account, how="left")
    facts = facts.join(link_evidence(links, members), on=Decisions.account, how="left")
    facts = facts.withColumns(
        {
            "_is_together": F.expr(acted_together(together)),
            "_is_large": F.expr(is_large(policy)),
            "_in_group": F.expr(in_group(policy)),
            Decisions.machine_verdict: F.expr(machine_verdict(policy, together)),
            Decisions.evidence_kinds: evidence_kinds(policy, together),
        }
    )
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


def evidence_kinds(policy: settings.Policy, together: settings.Features) -> Column:
    """Independent kinds that hold for the account; empty outside a group."""
    found = F.array(*(F.when(F.expr(holds), F.lit(kind)) for kind, holds in kinds(together).items()))
    return F.when(F.expr(in_group(policy)), F.array_compact(found)).otherwise(F.array().cast("array<string>"))


def shown_evidence() -> Column:
    """What a person is shown of an account's movements and first action; nothing outside a group."""
    timely = F.when(F.col("_is_together"), F.array(time_evidence())).otherwise(no_evidence())
    shown = F.concat(F.coalesce(F.col("_link_evidence"), no_evidence()), timely)
    return F.when(F.col("_in_group"), shown).otherwise(no_evidence())
