"""What is known of an account, and the numbers of the policy -> the machine's verdict: the rule, said once.

It is SQL of the plainest kind, so that Spark reads it for a whole night and SQLite for a dry run under other numbers:
comparisons, AND, OR, NOT, CASE, coalesce and sqrt. What is unknown is NULL, and holds against nobody.
"""

from __future__ import annotations

from abuse.settings import Features as Together
from abuse.settings import Policy
from abuse.tables import ClusterMembers, Clusters, Features, Scores

KNOWN = "_known"
"""Whether any movement of the account's money is known."""
FIGURES = (
    Features.size,
    Features.money_partners,
    Features.sink_partners,
    Features.sequence_partners,
    Features.time_partners,
    Features.time_expected,
    Scores.score,
    Scores.score_lower,
    Clusters.is_giant,
    ClusterMembers.is_weak,
)
"""What else the rule reads; all of it is NULL of an account that nothing ties."""


def machine_verdict(policy: Policy, together: Together) -> str:
    """`not_analysed`: nothing is known of the account's money, and unknown is not clean."""
    holds = conditions(policy, together)
    is_out = f"{holds['proven']} AND {holds['likely']} AND NOT ({Clusters.is_giant} OR {ClusterMembers.is_weak})"
    return (
        f"CASE WHEN {in_group(policy)} AND {is_out} THEN 'disqualified' WHEN {in_group(policy)} THEN 'review' "
        f"WHEN coalesce({KNOWN}, false) THEN 'clear' ELSE 'not_analysed' END"
    )


def conditions(policy: Policy, together: Together) -> dict[str, str]:
    """What the numbers of the policy ask: is the account's group large, like a farm, proven, and likely one?"""
    return {
        "large": is_large(policy),
        "farmlike": f"coalesce({Scores.score} >= {real(policy.min_score_review)}, false)",
        "proven": f"({num_kinds(together)}) >= {policy.min_evidence_kinds}",
        "likely": f"coalesce({Scores.score_lower} >= {real(policy.min_score_lower)}, false)",
    }


def in_group(policy: Policy) -> str:
    """Whether the account's group is large enough, and scores high enough, for a person to look at it."""
    return f"({is_large(policy)} AND coalesce({Scores.score} >= {real(policy.min_score_review)}, false))"


def is_large(policy: Policy) -> str:
    return f"coalesce({Features.size} >= {policy.min_cluster_size}, false)"


def kinds(together: Together) -> dict[str, str]:
    """Independent kinds of evidence, and when each holds; inside a group alone they count."""
    return {
        "money": f"coalesce({Features.money_partners} > 0, false)",
        "sink": f"coalesce({Features.sink_partners} > 0, false)",
        "sequence": f"coalesce({Features.sequence_partners} > 0, false)",
        "time": acted_together(together),
    }


def num_kinds(together: Together) -> str:
    return " + ".join(f"CASE WHEN {holds} THEN 1 ELSE 0 END" for holds in kinds(together).values())


def acted_together(rules: Together) -> str:
    """Whether more members began with it than friends or chance explain."""
    partners, expected = Features.time_partners, Features.time_expected
    at_least_one = f"CASE WHEN {expected} > 1 THEN {expected} ELSE {real(1.0)} END"
    surprising = f"{expected} + {real(rules.time_surprise)} * sqrt({at_least_one})"
    return f"coalesce({partners} >= {rules.min_time_partners} AND {partners} >= {surprising}, false)"


def real(value: float) -> str:
    """Exactly this number, to both: without an exponent Spark would take it for a decimal."""
    return f"{value:.17e}"
