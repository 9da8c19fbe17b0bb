"""A stored model that reads a cluster's figures: a row of ClusterFeatures -> probability, lower bound, reasons."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.errors import InputError
from abuse.model.stored import Model, load
from abuse.steps.score.rule import TimeGapRule
from abuse.tables import CLUSTER_FEATURES, ClusterFeatures, Scores

JUDGED = pa.schema(
    [("cluster_id", pa.string()), ("_score", pa.float64()), ("_lower", pa.float64()), ("_why", pa.list_(pa.string()))]
)
UNITS_S = (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0))


class StoredModel:
    """A trained and calibrated model. Of clusters whose money nothing is known of it says nothing, for it has learned
    from none: these are left to the time-gap rule, as are the scores of single members.

    Raises InputError where the model's files are missing or not the ones they were written as.
    """

    def __init__(self, rules: settings.Score) -> None:
        self.folder = rules.model
        self.rule = TimeGapRule(rules)
        model = load(Path(self.folder), CLUSTER_FEATURES)
        self.digest, self.version = model.version, f"{model.config['about']['scorer']}-{model.version}"

    def scores(self, features: DataFrame, clusters: DataFrame) -> DataFrame:
        rows = clusters.select(ClusterFeatures.cluster_id, *CLUSTER_FEATURES)
        schema = ", ".join(f"{field.name} {_sql(field.type)}" for field in JUDGED)
        judged = rows.mapInArrow(partial(judgements, self.folder, self.digest), schema)
        both = self.rule.scores(features).join(judged, on=Scores.cluster_id, how="left")
        is_judged = F.col("_score").isNotNull()
        version = F.when(is_judged, F.lit(self.version)).otherwise(F.col(Scores.model_version))
        return both.select(
            Scores.cluster_id,
            Scores.account,
            F.coalesce("_score", Scores.score).alias(Scores.score),
            F.when(is_judged, F.col("_lower")).otherwise(F.col(Scores.score_lower)).alias(Scores.score_lower),
            Scores.member_score,
            version.alias(Scores.model_version),
            F.coalesce("_why", Scores.top_reasons).alias(Scores.top_reasons),
        )


def _sql(kind: pa.DataType) -> str:
    return {pa.string(): "string", pa.float64(): "double"}.get(kind, "array<string>")


@lru_cache(maxsize=2)
def loaded(folder: str, version: str) -> Model:
    """Once per process. Raises InputError where another lies there by now."""
    found = load(Path(folder), CLUSTER_FEATURES)
    if found.version != version:
        raise InputError(f"model {folder}", "was replaced while a night ran", version, "Run the night again.")
    return found


def judgements(folder: str, version: str, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """cluster_id, probability, lower bound and reasons of every cluster whose money something is known of."""
    model = loaded(folder, version)
    for batch in batches:
        rows = {name: np.asarray(batch[name].to_numpy(zero_copy_only=False), np.float64) for name in CLUSTER_FEATURES}
        told = (ClusterFeatures.known_funder_share, ClusterFeatures.swept_share, ClusterFeatures.calls_mean)
        is_known = np.any([~np.isnan(rows[name]) for name in told], axis=0)
        places = np.flatnonzero(is_known)
        rows = {name: column[places] for name, column in rows.items()}
        score, lower = model.predict(rows)
        why = [
            [said(name, rows[name][place]) for name, _ in moved] for place, moved in enumerate(model.top_reasons(rows))
        ]
        clusters = batch[ClusterFeatures.cluster_id].take(pa.array(places))
        yield pa.record_batch([clusters, pa.array(score), pa.array(lower), pa.array(why, JUDGED.field(3).type)], JUDGED)


def said(name: str, value: float) -> str:
    """A feature as a reviewer reads it: `code: what it is: how much`."""
    field: Any = vars(ClusterFeatures)[name]
    return f"{name}: {field.doc.rstrip('.')}: {_measured(value, field.unit)}."


def _measured(value: float, unit: str) -> str:
    if np.isnan(value):
        return "unknown"
    if unit == "seconds":
        short, of = next(((short, of) for short, of in UNITS_S if abs(value) >= of), ("s", 1.0))
        return f"{value / of:.3g} {short}"
    return f"{value:.3g}" if unit in ("0 to 1", "-1 to 1", "ratio", "log seconds") else f"{value:.3g} {unit}"
