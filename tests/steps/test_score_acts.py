"""A network's scores by Spark are its own, however rows lie and windows fall; what was asked is not asked again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from pyspark import SparkContext
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from abuse import settings
from abuse.campaign import Campaign, Source
from abuse.edge import scoring
from abuse.edge.context import Night
from abuse.edge.scoring import chunks, score_by_network
from abuse.errors import InputError
from abuse.lake.delta import Lake
from abuse.model.calibration import Calibrations
from abuse.model.farmset.calibrate import calibrations
from abuse.model.farmset.ensemble import load_ensemble, save_ensemble
from abuse.model.farmset.reading import Described, read_described
from abuse.model.farmset.tensors import place
from abuse.steps.features import cluster_tokens
from abuse.steps.score.acts import Served, digests, readable, scored, served
from abuse.tables import (
    CLUSTER_FEATURES,
    ClusterFeatures,
    ClusterTokens,
    Events,
    Explanations,
    Features,
    MemberTies,
    PerRun,
    ScoreCache,
    Scores,
)
from tests.conftest import frame
from tests.model.farmset.conftest import TINY, shaken, small
from tests.model.farmset.made_up import FEATURES, dataset
from tests.steps.worlds import START, Fact

POLICY = settings.Policy()
Tables = tuple[DataFrame, DataFrame, DataFrame]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dataset(tmp_path_factory.mktemp("acts"), num_campaigns=2, num=12)


@pytest.fixture(scope="module")
def clusters(folder: Path) -> Described:
    return read_described(folder, FEATURES)


@pytest.fixture(scope="module")
def model(clusters: Described, tmp_path_factory: pytest.TempPathFactory) -> settings.Score:
    """Two seeds of a network that says something."""
    path = tmp_path_factory.mktemp("model") / "farmset"
    network = shaken(clusters, TINY)
    odds = small(network).odds(clusters.corpus, clusters.rows.values).cluster
    fitted = calibrations(odds, odds, clusters.rows)
    mild = dataclasses.replace(fitted.whole, platt=np.array([0.0, 1.0, 1.0, 0.0]))  # so that scores differ
    fitted = Calibrations(whole=mild, pair_only=mild)
    save_ensemble(path, {0: network, 1: network}, FEATURES, fitted, 1.0, {"scorer": "farmset"})
    return settings.Score(scorer="farmset", model=str(path), device="cpu")


@pytest.fixture(scope="module")
def network(model: settings.Score) -> Served:
    return served(model, POLICY)


@pytest.fixture(scope="module")
def tables(spark: SparkSession, folder: Path) -> Tables:
    """ClusterFeatures, MemberTies and Events of both campaigns."""
    figures = spark.read.parquet(str(folder / "*.parquet"))
    ties, events = (spark.read.parquet(str(folder / name)) for name in ("members", "events"))
    own = [name for name in MemberTies.columns() if name not in PerRun.columns()]
    return figures.select("cluster_id", *CLUSTER_FEATURES), ties.select(*own), events


Found = dict[tuple[str, str], tuple[float, float, float]]


def found(rows: DataFrame) -> Found:
    return {(r.cluster_id, r.account): (r.score, r.score_lower, r.member_score) for r in rows.collect()}


@pytest.fixture(scope="module")
def wanted(clusters: Described, model: settings.Score) -> Found:
    """What the network says without Spark, of clusters whose money is known."""
    whole = load_ensemble(Path(model.model))
    said = whole.judged(whole.readers(place("cpu")), clusters.corpus, clusters.rows.values)
    is_known = ~np.isnan(clusters.rows.column("known_funder_share"))
    of_member = np.repeat(np.arange(len(clusters)), clusters.corpus.num_members)
    return {
        (str(clusters.corpus.cluster_id[at]), str(clusters.corpus.account[member])): tuple(
            round(float(value), 4) for value in (said.score[at], said.lower[at], said.member[member])
        )  # type: ignore[misc]
        for member, at in enumerate(of_member)
        if is_known[at]
    }


@pytest.mark.parametrize(("partitions", "window"), [(1, 40), (3, 500), (2, 30_000)])
def test_scores_by_spark_are_the_networks(
    partitions: int, window: int, tables: Tables, network: Served, wanted: Found, spark: SparkSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(SparkContext, "defaultParallelism", partitions)
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", 97)
    figures, ties, events = tables
    rules = settings.Network(window_events=window)
    tokens = cluster_tokens(ties.orderBy(F.rand(1)), events.orderBy(F.rand(2)), rules)
    rows = scored(readable(figures, tokens).orderBy(F.rand(partitions)), network, rules)
    assert found(rows) == wanted
    spark.conf.unset("spark.sql.execution.arrow.maxRecordsPerBatch")


def test_the_digest_is_of_the_content_alone(tables: Tables, spark: SparkSession) -> None:
    figures, ties, events = tables

    def of(events: DataFrame, rename: str = "") -> dict[str, str]:
        named = [
            rows.withColumn("cluster_id", F.concat(F.lit(rename), "cluster_id")) for rows in (figures, ties, events)
        ]
        rows = readable(named[0], cluster_tokens(named[1].repartition(5), named[2], settings.Network()))
        return {row["cluster_id"].removeprefix(rename): row["content_digest"] for row in digests(rows).collect()}

    plain = of(events)
    assert len(set(plain.values())) == len(plain)
    assert of(events.orderBy(F.rand(1)), "renamed-") == plain
    one = sorted(plain)[0]
    longer = F.when(F.col("cluster_id") == one, F.col("gap_s") + 90 * 86_400).otherwise(F.col("gap_s"))
    moved = events.withColumn("gap_s", longer)  # into another bin: what is coded alike is read alike
    assert {name for name, digest in of(moved).items() if digest != plain[name]} == {one}


def test_chunks_are_cut_where_they_are_full() -> None:
    assert list(chunks([("a", 3), ("b", 4), ("c", 9), ("d", 1)], 5)) == [(["a", "b"], 7), (["c"], 9), (["d"], 1)]
    assert list(chunks([], 5)) == []


NIGHT = settings.Settings(network=settings.Network(chunk_events=200))


@pytest.fixture(scope="module")
def lake(spark: SparkSession, tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return Lake(str(tmp_path_factory.mktemp("lake")), spark)


def night_of(lake: Lake, model: settings.Score, run_id: str = "run1") -> Night:
    over = START + timedelta(days=30)
    taking_part = (Source(format="participation", path="participation.csv"),)
    campaign = Campaign(id="drop", name="Drop", chain="ethereum", starts_at=START, ends_at=over, sources=taking_part)
    whole = dataclasses.replace(NIGHT, score=model)
    return Night(lake, campaign, whole, START, record={"ingest": {"run_id": run_id}})


def written(night: Night, tables: Tables) -> Night:
    figures, ties, events = tables
    rows: list[Fact] = [
        {"cluster_id": row["cluster_id"], "account": row["account"], "size": 3, "median_gap_s": 60.0, "gap_s": 60.0}
        | {"median_gap_upper_s": 90.0, "time_partners": 0, "time_expected": 0.0, "money_partners": 0}
        | {"sink_partners": 0, "sequence_partners": 0}
        for row in ties.select("cluster_id", "account").collect()
    ]
    night.write(ClusterFeatures, figures)
    night.write(MemberTies, ties)
    night.write(Events, events)
    night.write(ClusterTokens, cluster_tokens(ties, events, night.settings.network))
    night.write(Features, frame(night.lake.spark, Features, rows).drop(*PerRun.columns()))
    return night


class Killed(Exception):  # noqa: N818 -- no error of ours
    pass


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each chunk asked the network about."""
    counts: list[int] = []

    def counting(rows: DataFrame, *others: object) -> DataFrame:
        counts.append(rows.count())
        return scored(rows, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(scoring, "scored", counting)
    return counts


def test_a_killed_step_goes_on_and_a_second_night_asks_nothing(
    lake: Lake, tables: Tables, model: settings.Score, wanted: Found, asked: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    night = written(night_of(lake, model), tables)
    append: Callable[..., None] = Lake.append
    left = [2]

    def dying(self: Lake, *given: object) -> None:
        if not left[0]:
            raise Killed
        left[0] -= 1
        append(self, *given)

    monkeypatch.setattr(Lake, "append", dying)
    with pytest.raises(Killed):
        score_by_network(night)
    before = list(asked)
    monkeypatch.setattr(Lake, "append", append)
    version = score_by_network(night)
    figures, ties, events = tables
    total = readable(figures, cluster_tokens(ties, events, NIGHT.network)).count()
    assert sum(before[:2]) + sum(asked[len(before) :]) == total
    rows = night.slice(Scores)
    assert found(rows.where(F.col("model_version") == version)) == wanted
    left_to_rule = {row["model_version"] for row in rows.select("model_version").distinct().collect()}
    assert left_to_rule == {version, "time-gap-1"}
    assert rows.count() == tables[1].count()
    first = found(rows)

    asked.clear()
    again = written(night_of(lake, model, "run2"), tables)
    score_by_network(again)
    assert asked == []
    rows = again.slice(Scores)
    assert found(rows) == first
    explained = {row["cluster_id"]: row for row in again.slice(Explanations).collect()}
    assert set(explained) == {row["cluster_id"] for row in rows.where(F.col("score") >= model.explain_from).collect()}
    by_network = {name for name, row in explained.items() if row["base"] is not None}
    assert by_network == {name for (name, _), scores in wanted.items() if scores[0] >= model.explain_from}
    assert all(len(explained[name]["moved"]) == 5 for name in by_network)
    assert lake.read(ScoreCache).count() == len(wanted)


def test_settings_that_name_no_network_are_refused(tmp_path: Path, model: settings.Score) -> None:
    with pytest.raises(InputError, match="abuse train --scorer farmset"):
        served(dataclasses.replace(model, model=str(tmp_path)), POLICY)
    with pytest.raises(ValueError, match="scorer"):
        settings.Score(scorer="oracle")
    assert settings.Settings(score=model).writes_events()
    assert not settings.Settings().writes_events()
