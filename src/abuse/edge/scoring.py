"""Scores of a night by a network: only what is new is asked, and what was asked is kept chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse.edge.context import Night
from abuse.lake.table_files import Within
from abuse.steps.explain import explanations
from abuse.steps.score import TimeGapRule
from abuse.steps.score.acts import Served, asked, digests, is_local, kept, readable, scored, served, with_rule
from abuse.tables import ClusterFeatures, ClusterTokens, Explanations, Features, ScoreCache, Scores


def score_by_network(night: Night) -> str:
    """Writes Scores and returns the version that signs them. Killed, it goes on with the chunk it was at."""
    network = served(night.settings.score, night.settings.policy, is_local=is_local(night.lake.spark))
    with night.lake.spiller(f"score-{night.run.run_id}") as spill:
        rows = readable(night.slice(ClusterFeatures), night.slice(ClusterTokens))
        digest_of = spill(digests(rows))
        missing = digest_of.join(_cache(night, network), on=ScoreCache.content_digest, how="left_anti")
        new = [(row["cluster_id"], row["num_tokens"]) for row in missing.orderBy("cluster_id").collect()]
        total, done = sum(num for _, num in new), 0
        for chunk, num in chunks(new, night.settings.network.chunk_events):
            night.say("score", done, total)
            own = rows.join(F.broadcast(_ids(night, chunk)), on="cluster_id")
            said = scored(own, network, night.settings.network)
            night.lake.append(ScoreCache, kept(said, digest_of, network, night.campaign.id), _of_campaign(night))
            done += num
        said = spill(_cache(night, network).join(digest_of, on=ScoreCache.content_digest))
        by_rule = TimeGapRule(night.settings.score).scores(night.slice(Features))
        night.write(Scores, with_rule(by_rule, said, network))
        explain(night, said.select("cluster_id", ScoreCache.why).where(F.col(ScoreCache.why).isNotNull()))
        columns = ScoreCache.columns()
        night.lake.replace(ScoreCache, said.select(*columns), _of_campaign(night), note=night.run.run_id)
    return network.name


def explain(night: Night, why: DataFrame | None = None) -> None:
    """Writes Explanations of the scores that are stored."""
    rules = night.settings.score
    night.write(Explanations, explanations(night.slice(ClusterFeatures), night.slice(Scores), why, rules))


def _cache(night: Night, network: Served) -> DataFrame:
    return asked(night.lake.read(ScoreCache, _of_campaign(night)), network)


def _of_campaign(night: Night) -> Within:
    return {ScoreCache.campaign_id: night.campaign.id}


def _ids(night: Night, clusters: list[str]) -> DataFrame:
    return night.lake.spark.createDataFrame([(cluster,) for cluster in clusters], "cluster_id string")


def chunks(clusters: list[tuple[str, int]], num_tokens: int) -> Iterator[tuple[list[str], int]]:
    """(clusters, their tokens) in a row, each chunk the first to reach so many."""
    held: list[str] = []
    num = 0
    for cluster, tokens in clusters:
        held.append(cluster)
        num += tokens
        if num >= num_tokens:
            yield held, num
            held, num = [], 0
    if held:
        yield held, num
