"""Why, each as `code: a sentence in plain words`. The code is for machines, the sentence for the case file."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from abuse import settings
from abuse.policy import KNOWN
from abuse.tables import ClusterMembers, Clusters, Decisions, Features, Scores


def reasons(policy: settings.Policy) -> Column:
    """Every reason of the machine that holds; people's are `authority`'s."""
    return F.array_compact(F.array(*_group(policy), *_outside(policy)))


def _group(policy: settings.Policy) -> list[Column]:
    inside = F.col("_in_group")
    kinds = F.col(Decisions.evidence_kinds)
    minutes = F.round(F.col(Features.median_gap_s) / 60, 1)
    is_short = F.size(kinds) < policy.min_evidence_kinds
    is_low = F.col(Scores.score_lower) < policy.min_score_lower
    return [
        F.when(inside, F.format_string("cluster_size: It is tied to a group of %d accounts.", F.col(Features.size))),
        *_kinds(kinds),
        F.when(
            inside & ~is_low,
            F.format_string(
                "farm_score: The group scores %.2f as a farm; half of it began within %s minutes of the one before.",
                F.col(Scores.score),
                minutes,
            ),
        ),
        F.when(inside & is_low, F.lit("low_score: The group's score alone does not show a farm.")),
        F.when(
            inside & is_short,
            F.format_string(
                f"one_kind_of_evidence: %d kind of evidence holds; {policy.min_evidence_kinds} are needed.",
                F.size(kinds),
            ),
        ),
        F.when(
            inside & F.col(Clusters.is_giant),
            F.lit("giant_cluster: The group is too large to be believed; a service may be missing from the lists."),
        ),
        F.when(
            inside & F.col(ClusterMembers.is_weak),
            F.lit("weak_tie: Payments with one member of the group are all that ties it; it may be an acquaintance."),
        ),
    ]


def _kinds(kinds: Column) -> list[Column]:
    return [
        F.when(
            F.array_contains(kinds, "money"),
            F.format_string("money_link: Money ties it to the group; direct ties: %d.", F.col(Features.money_partners)),
        ),
        F.when(
            F.array_contains(kinds, "sink"),
            F.lit("sink_link: Its coins went to the same address as those of others of the group."),
        ),
        F.when(
            F.array_contains(kinds, "sequence"),
            F.format_string(
                "sequence_link: It did the same in the same order as %d others of the group, at a constant lag.",
                F.col(Features.sequence_partners),
            ),
        ),
        F.when(
            F.array_contains(kinds, "time"),
            F.format_string(
                "same_time: %d others of the group began within the same window of time; chance gives %.1f.",
                F.col(Features.time_partners),
                F.col(Features.time_expected),
            ),
        ),
    ]


def _outside(policy: settings.Policy) -> list[Column]:
    outside = ~F.col("_is_large")
    is_known = F.coalesce(F.col(KNOWN), F.lit(False))
    has_group = F.col(Features.size).isNotNull()
    small = f"small_group: It is tied to a group of %d accounts; groups below {policy.min_cluster_size} are left alone."
    unlike = "unlike_a_farm: It is tied to a group of %d accounts that began too far apart to be looked at as a farm."
    return [
        F.when(outside & has_group, F.format_string(small, F.col(Features.size))),
        F.when(F.col("_is_large") & ~F.col("_in_group"), F.format_string(unlike, F.col(Features.size))),
        F.when(outside & is_known & ~has_group, F.lit("no_links: Nothing that counts ties it to another participant.")),
        F.when(outside & ~is_known, F.lit("no_funding_data: No movement of its money is known; unknown is not clean.")),
        F.when(
            F.col("_service").isNotNull() & ~has_group,
            F.concat(F.lit("serves_many: Nothing ties it. "), F.col("_service")),
        ),
    ]
