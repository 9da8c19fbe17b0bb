"""Why, each as `code: a sentence in plain words`. The code is for machines, the sentence for the case file."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from abuse import settings
from abuse.plurals import counted_in
from abuse.policy import KNOWN
from abuse.tables import ClusterMembers, Clusters, Decisions, Features, Participants, Scores


def reasons(policy: settings.Policy) -> Column:
    """Every reason of the machine that holds; people's are `authority`'s."""
    return F.array_compact(F.array(*_group(policy), *_outside(policy)))


def _group(policy: settings.Policy) -> list[Column]:
    inside = F.col("_in_group")
    kinds = F.col(Decisions.evidence_kinds)
    size = counted_in(Features.size, "account")
    is_short = F.size(kinds) < policy.min_evidence_kinds
    is_low = F.col(Scores.score_lower) < policy.min_score_lower
    return [
        F.when(inside, F.format_string("cluster_size: It is tied to a group of %s.", size)),
        *_kinds(kinds),
        F.when(
            inside & ~is_low,
            F.format_string("farm_score: The group scores %.2f as a farm%s.", F.col(Scores.score), _pace()),
        ),
        F.when(inside & is_low, F.lit("low_score: The group's score alone does not show a farm.")),
        F.when(
            inside & is_short,
            F.format_string(
                f"one_kind_of_evidence: %s; {policy.min_evidence_kinds} are needed.",
                counted_in(F.size(kinds), "kind of evidence holds", "kinds of evidence hold"),
            ),
        ),
        F.when(
            inside & _is_unknown(),
            F.lit("unknown_payer: What ties it is an address of which nothing else is known in the data."),
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


def _pace() -> Column:
    """How soon its members followed each other; nothing where nobody knows when they began."""
    minutes = F.round(F.col(Features.median_gap_s) / 60, 1)
    known = F.format_string("; half of it began within %s minutes of the one before", minutes)
    return F.when(minutes.isNotNull(), known).otherwise(F.lit(""))


def _is_unknown() -> Column:
    """Whether nothing but addresses without a history ties it by money or a destination."""
    counted = F.col(Features.money_partners) + F.col(Features.sink_partners)
    return F.coalesce((F.col(Features.unknown_partners) > 0) & (counted == 0), F.lit(False))


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
                "sequence_link: It did the same in the same order as %s of the group, at a constant lag.",
                counted_in(Features.sequence_partners, "other"),
            ),
        ),
        F.when(
            F.array_contains(kinds, "time"),
            F.format_string(
                "same_time: %s of the group began within the same window of time; chance gives %.1f.",
                counted_in(Features.time_partners, "other"),
                F.col(Features.time_expected),
            ),
        ),
    ]


def _outside(policy: settings.Policy) -> list[Column]:
    outside = ~F.col("_is_large")
    is_known = F.coalesce(F.col(KNOWN), F.lit(False))
    has_group = F.col(Features.size).isNotNull()
    size = counted_in(Features.size, "account")
    small = f"small_group: It is tied to a group of %s; groups below {policy.min_cluster_size} are left alone."
    unlike = "unlike_a_farm: It is tied to a group of %s that began too far apart to be looked at as a farm."
    left_alone = F.col("_is_large") & ~F.col("_in_group")
    is_timed = F.col(Features.median_gap_s).isNotNull()
    return [
        F.when(outside & has_group, F.format_string(small, size)),
        F.when(left_alone & is_timed, F.format_string(unlike, size)),
        F.when(
            F.col("_is_large") & ~is_timed,
            F.lit("time_unknown: When the members of its group began is not known, so their times say nothing."),
        ),
        F.when(outside & is_known & ~has_group, F.lit("no_links: Nothing that counts ties it to another participant.")),
        F.when(
            F.col(Participants.bad_row).isNotNull(),
            F.format_string(
                "bad_row: The campaign's list names it in a way that cannot be read (%s), so nothing is known of it.",
                F.col(Participants.bad_row),
            ),
        ),
        F.when(
            outside & ~is_known & F.col(Participants.bad_row).isNull(),
            F.lit("no_funding_data: No movement of its money is known; unknown is not clean."),
        ),
        F.when(
            F.col("_service").isNotNull() & ~has_group,
            F.concat(F.lit("serves_many: Nothing ties it. "), F.col("_service")),
        ),
    ]
