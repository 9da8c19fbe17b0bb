"""Events, MemberTies and ClusterFeatures -> Scores of a network: packed, digested, scored window by window.

Spark ships rows; what they say is `model.farmset`'s, which this imports only where it runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from abuse import settings
from abuse.model.farmset.windows import (
    EVENT,
    EVENT_NUMBERS,
    EVENT_WORDS,
    FIGURES,
    MEMBER,
    MEMBER_NUMBERS,
    MEMBER_WORDS,
    PACKED,
)
from abuse.tables import CLUSTER_FEATURES, ClusterFeatures, Events, MemberTies, ScoreCache, Scores

if TYPE_CHECKING:
    from pyspark.resource import ResourceProfile

ORDER = ("cluster_id", "part", "account", "position")
SCHEMA = "cluster_id string, account string, score double, score_lower double, member_score double, why string"
DIGESTED = [name for name in PACKED.names if name != "cluster_id"]
SEEDS = ("acts", "again")
"""Two independent 64-bit hashes of every row; their sums do not depend on the order of rows."""
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


def packed(clusters: DataFrame, ties: DataFrame, events: DataFrame) -> DataFrame:
    """One kind of row for all that is known of clusters whose money something is known of."""
    is_known = F.coalesce(*[F.col(name) for name in MONEY]).isNotNull()
    known = clusters.where(is_known)
    ids = known.select(ClusterFeatures.cluster_id)
    nothing: dict[str, Column] = {name: F.lit(None).cast("string") for name in EVENT_WORDS}
    of_member = {
        column: F.col(name) if name else F.lit(None).cast("string")
        for name, column in zip(MEMBER_WORDS, EVENT_WORDS, strict=True)
    }
    figures = _rows(known, FIGURES, nothing, CLUSTER_FEATURES, account=F.lit(None).cast("string"))
    members = _rows(ties.join(ids, on=MemberTies.cluster_id), MEMBER, of_member, MEMBER_NUMBERS)
    acts = _rows(
        events.join(ids, on=Events.cluster_id),
        EVENT,
        {name: F.col(name) for name in EVENT_WORDS},
        EVENT_NUMBERS,
        position=F.col(Events.position),
        at=F.col(Events.at),
    )
    return figures.unionByName(members).unionByName(acts)


def _rows(rows: DataFrame, part: int, words: dict[str, Column], numbers: tuple[str, ...], **more: Column) -> DataFrame:
    shared: dict[str, Column] = {
        "cluster_id": F.col("cluster_id"),
        "part": F.lit(part).cast("int"),
        "account": F.col("account") if "account" in rows.columns else F.lit(None),
        "position": F.lit(None).cast("bigint"),
        "at": F.lit(None).cast("timestamp"),
    }
    values = F.array(*[F.col(name).cast("double") for name in numbers])
    columns = shared | words | {"numbers": values} | more
    return rows.select(*[columns[name].alias(name) for name in PACKED.names])


def digests(rows: DataFrame) -> DataFrame:
    """cluster_id -> content_digest, num_rows. Its own name is no content: it may change while members stay."""
    hashes = [F.xxhash64(F.lit(seed), *DIGESTED).cast("decimal(20,0)") for seed in SEEDS]
    sums = [F.sum(one).cast("string") for one in hashes]
    counted = rows.groupBy("cluster_id").agg(F.count("*").alias("num_rows"), F.concat_ws("|", *sums).alias("_sums"))
    digest = F.sha2(F.concat_ws("|", "_sums", F.col("num_rows").cast("string")), 256)
    return counted.select("cluster_id", "num_rows", F.substring(digest, 1, 32).alias(ScoreCache.content_digest))


def scored(rows: DataFrame, served: Served, rules: settings.Network) -> DataFrame:
    """A row per member of these clusters.

    The number of partitions is given, or adaptive execution would take few rows for little work and use one core.
    """
    worker = partial(_worker, served, rules)
    num = 2 * rows.sparkSession.sparkContext.defaultParallelism
    sorted_rows = rows.repartition(num, "cluster_id").sortWithinPartitions(*ORDER)
    return sorted_rows.mapInArrow(worker, SCHEMA, profile=_profile(rows, served))


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
