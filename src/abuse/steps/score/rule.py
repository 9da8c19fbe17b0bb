"""The time-gap rule: the baseline that every other scorer must beat, kept for ever."""

from __future__ import annotations

from typing import Protocol

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.tables import Features, Scores

HOUR_S = 3600.0
UNKNOWN = 0.5
"""The score where nobody knows when members began: neither for nor against."""


class Scorer(Protocol):
    """Features of members and of clusters -> one Scores row per member; the same cluster gets the same figures."""

    version: str

    def scores(self, features: DataFrame, clusters: DataFrame) -> DataFrame: ...


class TimeGapRule:
    """The shorter the median gap between members' first actions, the likelier a farm.

    AUC .900 on the development half of Hop's reviewer decisions. The lower bound takes the upper bound of the median.
    Where their times are unknown the score is one half and its lower bound 0: a large group is for a person to look at,
    and this score alone disqualifies nobody in it.
    """

    def __init__(self, rules: settings.Score) -> None:
        self.rules = rules
        self.version = "time-gap-1"

    def scores(self, features: DataFrame, clusters: DataFrame | None = None) -> DataFrame:
        """`clusters` are not looked at: the members' gaps say it all."""
        gap_s = F.col(Features.median_gap_s)
        minutes = F.format_string("%.0f min", F.greatest(gap_s / 60, F.lit(1.0)))
        long = F.when(gap_s < HOUR_S, minutes).otherwise(F.format_string("%.1f h", gap_s / HOUR_S))
        said = F.concat(F.lit("median_gap: Half of the members began within "), long, F.lit(" of the one before."))
        unknown = F.lit("time_unknown: When its members began is not known, so their times say nothing.")
        return features.select(
            Features.cluster_id,
            Features.account,
            self._probability(gap_s, UNKNOWN).alias(Scores.score),
            self._probability(F.col(Features.median_gap_upper_s), 0.0).alias(Scores.score_lower),
            self._probability(F.col(Features.gap_s), UNKNOWN).alias(Scores.member_score),
            F.lit(self.version).alias(Scores.model_version),
            F.array(F.when(gap_s.isNotNull(), said).otherwise(unknown)).alias(Scores.top_reasons),
        )

    def _probability(self, gap_s: Column, unknown: float) -> Column:
        """Half at `half_gap_s`; `unknown` where there is no gap."""
        odds_against = F.pow(gap_s / self.rules.half_gap_s, F.lit(self.rules.steepness))
        return F.coalesce(1 / (1 + odds_against), F.lit(unknown))
