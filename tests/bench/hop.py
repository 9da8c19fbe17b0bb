"""`poe bench hop`: verdicts on Hop against the development labels; what each minimum size and each rule is worth.

Settings may be chosen on these labels, so five folds grouped by cluster are printed too; nothing is trained on them.
"""

from __future__ import annotations

import argparse
import copy
import csv
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from abuse.edge.context import Night
from abuse.edge.funders import acted, funders
from abuse.lake.session import start_session
from abuse.settings import Features, Settings
from abuse.steps.clusters import account_ids, clusters
from abuse.steps.clusters.components import components
from abuse.steps.decide import decide
from abuse.steps.features import features
from abuse.steps.links import links
from abuse.steps.score import TimeGapRule
from abuse.steps.services import services
from abuse.tables import (
    Decisions,
    Labels,
    ParticipantAddresses,
    Participants,
    Participation,
    Services,
    Standings,
    Trails,
    Transfers,
)
from tests.night.lakes import night_of, run

CAMPAIGN = Path(__file__).parent.parent / "real" / "hop.toml"
AS_OF = "2022-06-01T00:00:00Z"
SIZES = (3, 5, 8, 10, 15, 20)
FOLDS = 5
NEVER = 10**9
Spill = Callable[[DataFrame], DataFrame]


@dataclass(frozen=True)
class Judged:
    """Precision and recall of the flagged and of the disqualified, over accounts whose label is not withheld."""

    flagged: tuple[float, float]
    disqualified: tuple[float, float]

    def __str__(self) -> str:
        both = [f"{p:.4f} / {r:.4f}" for p, r in (self.flagged, self.disqualified)]
        return f"flagged {both[0]}   disqualified {both[1]}   (precision / recall)"


def labels_of() -> dict[str, str]:
    data = Path(os.environ.get("ABUSE_REAL_DATA") or Path(__file__).parents[2] / "../shared/data")
    with (data / "hop/labels_dev.csv").open(encoding="utf-8") as file:
        return {row["address"]: row["label"] for row in csv.DictReader(file)}


def judged(rows: list[Row], label: dict[str, str], fold: int | None = None) -> Judged:
    seen = [r for r in rows if label[r[Decisions.account]] != "withheld" and fold in (None, fold_of(r))]
    farms = {r[Decisions.account] for r in seen if label[r[Decisions.account]] == "farm"}
    out = {r[Decisions.account] for r in seen if r[Decisions.verdict] == "disqualified"}
    flagged = out | {r[Decisions.account] for r in seen if r[Decisions.verdict] == "review"}

    def share(found: set[str]) -> tuple[float, float]:
        right = len(found & farms)
        return right / max(len(found), 1), right / max(len(farms), 1)

    return Judged(share(flagged), share(out))


def fold_of(row: Row) -> int:
    """A cluster is in one fold as a whole."""
    name = row[Decisions.cluster_id] or row[Decisions.account]
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % FOLDS


def decided(night: Night, rules: Settings, spill: Spill, listed: DataFrame | None = None) -> list[Row]:
    """The steps after ingest on the facts of the night, under other rules."""
    moves, people = night.facts(Transfers), night.slice(Participants)
    owned, walked, first = night.slice(ParticipantAddresses), night.slice(Trails), acted(night)
    known = night.facts(Labels) if listed is None else listed
    assets = night.campaign.assets
    asked = (assets, rules.services, rules.links, rules.chains)
    served = spill(services(moves, known, owned, first, funders(night), *asked))
    tied = spill(
        links(
            *(walked, moves, served, people, owned, first, night.facts(Participation)),
            assets=assets,
            rules=rules.links,
            chains=rules.chains,
        )
    )
    found, members = (spill(f) for f in clusters(tied, people, night.campaign.id, rules.clusters, spill))
    facts = spill(features(members, people, tied, rules.features))
    scores = spill(TimeGapRule(rules.score).scores(facts))
    nobody = night.lake.spark.createDataFrame([], Standings.schema())
    whole = decide(
        *(people, owned, found, facts, scores, tied, members, served, nobody, rules.policy, rules.features),
        model_version="bench",
    )
    return whole.select(Decisions.account, Decisions.cluster_id, Decisions.verdict).collect()


def without(rules: Settings) -> Iterator[tuple[str, Settings]]:
    """Each rule taken away."""
    yield "no review floor", replace(rules, policy=replace(rules.policy, min_score_review=0.0))
    yield "no counterparty links", replace(rules, links=replace(rules.links, counterparty_window_s=1e-9))
    yield "a day for time evidence, not two", replace(rules, features=replace(rules.features, time_window_s=86400.0))
    yield (
        "one kind of evidence: time not asked",
        replace(rules, features=unasked(rules.features, min_time_partners=0, time_surprise=-float(NEVER))),
    )
    no_gate = replace(rules.services, max_counterparties=NEVER, max_outside_counterparties=NEVER)
    yield "no gate on services", replace(rules, services=no_gate)
    yield "one limit of 50 for all", replace(rules, services=replace(rules.services, max_outside_counterparties=50))
    yield "operators are services", replace(rules, services=replace(rules.services, max_operator_recipients=0))
    yield "no lower bound of the score", replace(rules, policy=replace(rules.policy, min_score_lower=0.0))


def unasked(rules: Features, **numbers: float) -> Features:
    """With numbers that settings refuse, since they would make evidence of anything."""
    found = copy.copy(rules)
    for name, value in numbers.items():
        object.__setattr__(found, name, value)
    return found


def largest_components(night: Night, spill: Spill) -> None:
    """Of all addresses, the gated left in as nodes that conduct nothing: the largest, in participants."""
    moves = night.facts(Transfers)
    served = night.slice(Services).select(F.col(Services.address).alias("account")).distinct()
    named = moves.select(F.col(Transfers.sender).alias("account")).union(moves.select(Transfers.recipient))
    ours = night.slice(ParticipantAddresses).select(F.col(ParticipantAddresses.address).alias("account"))
    whole = named.union(ours).distinct().withColumn(Participants.first_action_at, F.lit(None))
    ids = spill(account_ids(whole, night.settings.clusters))
    open_ids = ids.join(served, on="account", how="left_anti")
    a, b = (
        open_ids.select(F.col("account").alias(end), F.col("id").alias(f"_{end}"))
        for end in (Transfers.sender, Transfers.recipient)
    )
    ends = moves.join(a, on=Transfers.sender).join(b, on=Transfers.recipient)
    low, high = F.least("_sender", "_recipient"), F.greatest("_sender", "_recipient")
    edges = spill(ends.where(low != high).select(low.alias("src"), high.alias("dst")).distinct())
    found = components(ids, edges, night.settings.clusters, spill)
    sizes = found.join(ids.join(ours, on="account"), on="id").groupBy("component").count()
    top = [row["count"] for row in sizes.orderBy(F.desc("count")).limit(3).collect()]
    print(f"all addresses as nodes, services conducting nothing: largest components {top} participants", flush=True)


def bench(spark: SparkSession, folder: Path) -> None:
    settings = Settings()
    night = night_of(spark, settings, CAMPAIGN, folder / "lake", AS_OF)
    report = run(spark, settings, CAMPAIGN, folder / "lake", AS_OF)
    night.load(("ingest",))
    label = labels_of()
    with night.lake.spiller("bench") as spill:
        rules = replace(night.settings, clusters=replace(night.settings.clusters, engine="driver"))
        rows = night.slice(Decisions).select(Decisions.account, Decisions.cluster_id, Decisions.verdict).collect()
        print(f"night {sum(report['seconds'].values()):.0f} s; clusters: {_brief(report)}")
        print(f"{'as shipped':<40} {judged(rows, label)}", flush=True)
        for fold in range(FOLDS):
            print(f"  fold {fold}, grouped by cluster             {judged(rows, label, fold)}", flush=True)
        largest_components(night, spill)
        for size in SIZES:
            policy = replace(rules.policy, min_cluster_size=size)
            print(
                f"minimum size {size:<27} {judged(decided(night, replace(rules, policy=policy), spill), label)}",
                flush=True,
            )
        for name, other in without(rules):
            print(f"{name:<40} {judged(decided(night, other, spill), label)}", flush=True)
        nothing = spark.createDataFrame([], Labels.schema())
        print(f"{'no label lists':<40} {judged(decided(night, rules, spill, nothing), label)}", flush=True)


def _brief(report: dict[str, Any]) -> str:
    figures = report["clusters"]
    return f"{figures['num']:,}, {figures['members']:,} members, the largest {figures['largest']:,}"


def main(arguments: list[str]) -> None:
    argparse.ArgumentParser(prog="poe bench hop", description=__doc__).parse_args(arguments)
    spark = start_session(Settings())
    with tempfile.TemporaryDirectory(prefix="bench-hop-") as folder:
        bench(spark, Path(folder))
    spark.stop()
