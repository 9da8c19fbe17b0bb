"""ClusterTokens and ClusterFeatures -> Scores of a network: digested, scored window by window.

Spark ships rows; what they say is `model.farmset`'s, which this imports only where it runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from abuse import settings
from abuse.tables import CLUSTER_FEATURES, ClusterFeatures, ClusterTokens, ScoreCache, Scores

if TYPE_CHECKING:
    from pyspark.resource import ResourceProfile

SCHEMA = "cluster_id string, account string, score double, score_lower double, member_score double, why string"
FIGURES = "figures"
"""Of a cluster, in the order of CLUSTER_FEATURES."""
SEEDS = ("figures", "again")
"""Two independent 64-bit hashes of them."""
MONEY = (ClusterFeatures.known_funder_share, ClusterFeatures.swept_share, ClusterFeatures.calls_mean)
"""Where all of these are unknown nothing is known of a cluster's money, and the time-gap rule keeps it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """A stored network and where it runs."""

    folder: str
    version: str
    device: str
    """cpu or cuda."""
    explain_from: float
    threshold: float
    """The policy's bound: who takes a cluster under it, left out, is told of."""

    @property
    def name(self) -> str:
        """What its scores are signed with."""
        return f"farmset-{self.version}"

    @property
    def kept_as(self) -> str:
        """What its scores are cached under: another precision rounds another way, another bound is another question."""
        precision = "bfloat16" if self.device == "cuda" else "float32"
        return f"{self.device}-{precision}-{self.explain_from:g}-{self.threshold:g}"


def served(rules: settings.Score, policy: settings.Policy, *, is_local: bool = True) -> Served:
    """The network that the settings name, if it is whole. Raises InputError where it is not.

    `is_local`: the workers run on this machine, so a GPU that is not here is nowhere.
    """
    from pathlib import Path

    from abuse.model.farmset.ensemble import load_ensemble
    from abuse.model.farmset.tensors import place

    model = load_ensemble(Path(rules.model), CLUSTER_FEATURES)
    is_elsewhere = rules.device == "cuda" and not is_local
    return Served(
        folder=rules.model,
        version=model.version,
        device=rules.device if is_elsewhere else place(rules.device).device.type,
        explain_from=rules.explain_from,
        threshold=policy.min_score_lower,
    )


def readable(clusters: DataFrame, tokens: DataFrame) -> DataFrame:
    """ClusterTokens and the figures of the clusters of whose money something is known, digested together."""
    is_known = F.coalesce(*[F.col(name) for name in MONEY]).isNotNull()
    figures = F.array(*[F.col(name).cast("double") for name in CLUSTER_FEATURES])
    known = clusters.where(is_known).select(ClusterFeatures.cluster_id, figures.alias(FIGURES))
    hashes = [F.xxhash64(F.lit(seed), FIGURES).cast("string") for seed in SEEDS]
    digest = F.substring(F.sha2(F.concat_ws("|", ClusterTokens.content_digest, *hashes), 256), 1, 32)
    return tokens.join(known, on=ClusterTokens.cluster_id).withColumn(ScoreCache.content_digest, digest)


def digests(rows: DataFrame) -> DataFrame:
    """cluster_id, num_tokens, content_digest. Its own name is no content: it may change while members stay."""
    return rows.select(ClusterTokens.cluster_id, ClusterTokens.num_tokens, ScoreCache.content_digest)


def scored(rows: DataFrame, served: Served, rules: settings.Network) -> DataFrame:
    """A row per member of these clusters.

    The number of partitions is given, or adaptive execution would take few rows for little work and use one core.
    """
    worker = partial(_worker, served, rules)
    num = 2 * rows.sparkSession.sparkContext.defaultParallelism
    spread = rows.repartition(num, ClusterTokens.cluster_id)
    return spread.mapInArrow(worker, SCHEMA, profile=_profile(rows, served))


def _worker(served: Served, rules: settings.Network, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    from abuse.model.farmset.scoring import Asked
    from abuse.model.farmset.scoring import scored as said

    asked = Asked(
        folder=served.folder,
        version=served.version,
        device=served.device,
        threads=rules.threads,
        window_rows=rules.window_events,
        explain_from=served.explain_from,
        threshold=served.threshold,
    )
    return said(asked, batches)


def is_local(spark: SparkSession) -> bool:
    """Whether workers run on the driver's machine."""
    return str(spark.conf.get("spark.master")).startswith("local")


def _profile(rows: DataFrame, served: Served) -> ResourceProfile | None:
    """One GPU a task on a cluster. In local mode asking for one hangs: the driver has none to give."""
    if is_local(rows.sparkSession) or served.device != "cuda":
        return None
    from pyspark.resource import ExecutorResourceRequests, ResourceProfileBuilder, TaskResourceRequests

    builder = ResourceProfileBuilder().require(ExecutorResourceRequests().resource("gpu", 1))
    return builder.require(TaskResourceRequests().resource("gpu", 1)).build


def kept(scores: DataFrame, digest_of: DataFrame, served: Served, campaign_id: str) -> DataFrame:
    """Rows of ScoreCache."""
    joined = scores.join(digest_of.select("cluster_id", ScoreCache.content_digest), on="cluster_id")
    own = {ScoreCache.campaign_id: campaign_id, ScoreCache.model_version: served.version}
    own |= {ScoreCache.device: served.kept_as}
    return joined.withColumns({name: F.lit(value) for name, value in own.items()}).drop("cluster_id")


def asked(cache: DataFrame, served: Served) -> DataFrame:
    """What this network, run there, has said."""
    is_ours = (F.col(ScoreCache.model_version) == served.version) & (F.col(ScoreCache.device) == served.kept_as)
    return cache.where(is_ours)


def with_rule(by_rule: DataFrame, said: DataFrame, served: Served) -> DataFrame:
    """The network's scores where it said something, the rule's everywhere else."""
    names = (Scores.score, Scores.score_lower, Scores.member_score)
    own = said.select("cluster_id", "account", *[F.col(name).alias(f"_{name}") for name in names])
    both = by_rule.join(own, on=[Scores.cluster_id, Scores.account], how="left")
    is_said = F.col(f"_{Scores.score}").isNotNull()
    version = F.when(is_said, F.lit(served.name)).otherwise(F.col(Scores.model_version))
    mine = {name: F.coalesce(f"_{name}", name) for name in names}
    return both.withColumns(mine | {Scores.model_version: version}).drop(*[f"_{name}" for name in names])
