"""Features -> Scores. A scorer is anything with the interface of `rule.Scorer`, and a line in `scorer`."""

from __future__ import annotations

from pyspark.sql import DataFrame

from abuse import settings
from abuse.steps.score.rule import Scorer, TimeGapRule
from abuse.steps.score.stored import StoredModel, said

__all__ = ["Scorer", "StoredModel", "TimeGapRule", "said", "score", "scorer"]


def scorer(rules: settings.Score) -> Scorer:
    """The one that the settings name, of those that read figures alone."""
    return TimeGapRule(rules) if rules.scorer == "time_gap" else StoredModel(rules)


def score(features: DataFrame, clusters: DataFrame, scorer: Scorer) -> DataFrame:
    """What the scorer says of every member of every cluster."""
    return scorer.scores(features, clusters)
