"""ClusterFeatures, Scores and what a network said of why -> Explanations of the clusters that are asked about.

How a figure stands among the others needs no model: it says which share of the campaign's clusters of like size, whose
score is low, have less.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from abuse import settings
from abuse.tables import CLUSTER_FEATURES, ClusterFeatures, Explanations, ScoreCache, Scores

BANDS = (8, 20, 100, 500)
"""Sizes at which a new band begins: the policy's least, the public least, and two more."""
MIN_OTHERS = 20
"""Fewer clusters of a band are nothing to stand out from."""
OUTSTANDING = 0.1
"""A figure stands out where at most this share of the others lies beyond it."""
MAX_SHOWN = 8
ORDINARY = (ClusterFeatures.size,)
"""Figures that say nothing for or against anybody."""
SAID = "base double, moved array<struct<family string, log_odds double>>, lowering array<{0}>, raising array<{0}>, "
SAID = SAID.format("struct<account string, probability double>") + "core array<string>"


def explanations(clusters: DataFrame, scores: DataFrame, why: DataFrame | None, rules: settings.Score) -> DataFrame:
    """One row per cluster whose score is high enough; what a network alone can say is empty where none did."""
    of_cluster = scores.groupBy(Scores.cluster_id).agg(F.max(Scores.score).alias("_score"))
    is_asked = F.col("_score") >= rules.explain_from
    asked = of_cluster.where(is_asked).select(Scores.cluster_id)
    known = clusters.join(of_cluster.withColumn("_asked", is_asked), on=ClusterFeatures.cluster_id)
    found = asked.join(standing(known), on=Explanations.cluster_id, how="left")
    nothing = F.array().cast("array<struct<feature string, value double, share_below double>>")
    found = found.withColumn(Explanations.standing, F.coalesce(Explanations.standing, nothing))
    told = F.from_json(F.lit(None) if why is None else F.col(ScoreCache.why), SAID)
    joined = found if why is None else found.join(why, on=Explanations.cluster_id, how="left")
    return joined.withColumn("_said", told).select(Explanations.cluster_id, Explanations.standing, "_said.*")


def standing(known: DataFrame) -> DataFrame:
    """cluster_id -> the figures of an asked cluster that stand out, most outstanding first."""
    figures = [name for name in CLUSTER_FEATURES if name not in ORDINARY]
    keys = (F.col(ClusterFeatures.cluster_id), F.col("_asked"), band().alias("_band"))
    told = known.unpivot(keys, tuple(map(F.col, figures)), "feature", "value").dropna(subset=["value"])
    of_feature = Window.partitionBy("_band", "feature")
    plain = F.when(~F.col("_asked"), 1).otherwise(0)
    up_to = F.sum(plain).over(of_feature.orderBy("value").rangeBetween(Window.unboundedPreceding, Window.currentRow))
    alike = F.sum(plain).over(of_feature.orderBy("value").rangeBetween(Window.currentRow, Window.currentRow))
    total = F.sum(plain).over(of_feature)
    ranked = told.withColumns({"_total": total, "share_below": F.round((up_to - alike / 2) / total, 4)})
    off = F.abs(F.col("share_below") - 0.5)
    kept = ranked.where(F.col("_asked") & (F.col("_total") >= MIN_OTHERS) & (off >= 0.5 - OUTSTANDING))
    item = F.struct((-off).alias("_off"), "feature", "value", "share_below")
    sorted_items = F.slice(F.sort_array(F.collect_list(item)), 1, MAX_SHOWN)
    items = F.transform(sorted_items, lambda one: F.struct(one["feature"], one["value"], one["share_below"]))
    return kept.groupBy(Explanations.cluster_id).agg(
        items.cast("array<struct<feature string, value double, share_below double>>").alias(Explanations.standing)
    )


def band() -> Column:
    """How many of BANDS a size has reached."""
    reached = [F.when(F.col(ClusterFeatures.size) >= least, 1).otherwise(0) for least in BANDS]
    return sum(reached, F.lit(0))
