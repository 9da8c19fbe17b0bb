"""services, trails, links, clusters, features, score, decide: what each reads, calls and writes, and what it counts.

Longer than 200 lines so that all a night reads and writes stands in one place.
"""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse.edge.context import Night
from abuse.edge.funders import acted, funders
from abuse.edge.people import standings
from abuse.edge.scoring import explain, score_by_network
from abuse.edge.times import is_ordered, known_times, ordered_acts, pair_rules
from abuse.lake.people import reviews
from abuse.steps.clusters import clusters as cluster_step
from abuse.steps.decide import decide as decide_step
from abuse.steps.features import cluster_features, cluster_tokens, events, known, member_ties
from abuse.steps.features import features as feature_step
from abuse.steps.links import links as link_step
from abuse.steps.publish import disqualified_accounts, output_figures
from abuse.steps.score import score as score_step
from abuse.steps.score import scorer
from abuse.steps.services import services as service_step
from abuse.steps.trails import trails as trail_step
from abuse.tables import (
    Calls,
    ClusterFeatures,
    ClusterMembers,
    Clusters,
    ClusterTokens,
    Decisions,
    DisqualifiedAccounts,
    Events,
    Features,
    Labels,
    Links,
    MemberTies,
    ParticipantAddresses,
    Participants,
    Reviews,
    Scores,
    Services,
    Trails,
    Transfers,
)

SIZES = ((2, 7), (8, 19), (20, 99), (100, 499), (500, None))


def services(night: Night) -> dict[str, Any]:
    """Known and inferred services."""
    rules = night.settings
    with night.lake.spiller(f"services-{night.run.run_id}") as spill:
        frame = service_step(
            night.facts(Transfers),
            night.facts(Labels),
            night.slice(ParticipantAddresses),
            acted(night),
            funders(night),
            night.campaign.assets,
            rules.services,
            rules.links,
            rules.chains,
            spill,
        )
        night.write(Services, frame)
    counts = night.slice(Services).groupBy(Services.kind, Services.basis).count().collect()
    by_kind: dict[str, dict[str, int]] = {}
    for row in sorted(counts):
        of_kind = by_kind.setdefault(row[Services.kind], {"label": 0, "inferred": 0})
        of_kind["inferred" if row[Services.basis] == "inferred" else "label"] += row["count"]
    return {"services": by_kind, "participants_called_services": _called_services(night)}


def _called_services(night: Night) -> dict[str, int]:
    """Kind -> participants that a list calls a service: nothing ties them, so whoever reads the report should know."""
    listed = night.slice(Services).where(F.col(Services.basis) == "label").select(Services.address, Services.kind)
    ours = night.slice(ParticipantAddresses).select(ParticipantAddresses.account, ParticipantAddresses.address)
    return _counts(
        ours.join(listed, on=Services.address).select(ParticipantAddresses.account, Services.kind).distinct(),
        Services.kind,
    )


def trails(night: Night) -> dict[str, Any]:
    """Where the first coins came from, and where the last went."""
    rules = night.settings
    with night.lake.spiller(f"trails-{night.run.run_id}") as spill:
        frame = trail_step(
            funders(night),
            night.facts(Transfers),
            night.slice(Participants),
            night.slice(ParticipantAddresses),
            night.slice(Services),
            night.campaign.assets,
            rules.trails,
            rules.links,
            rules.chains,
            spill,
        )
        night.write(Trails, frame)
    return {"trails": _counts(night.slice(Trails), Trails.kind)}


def links(night: Night) -> dict[str, Any]:
    """Reasons to tie two accounts."""
    rules = pair_rules(night)
    has_pairs = any(source.format == "transfer_pairs" for source in night.campaign.sources)
    with night.lake.spiller(f"links-{night.run.run_id}") as spill:
        frame = link_step(
            night.slice(Trails),
            night.facts(Transfers),
            night.slice(Services),
            night.slice(Participants),
            night.slice(ParticipantAddresses),
            acted(night),
            ordered_acts(night) if night.record["ingest"]["has_actions"] and is_ordered(night) else None,
            night.campaign.assets,
            rules or night.settings.links,
            night.settings.chains,
            has_pairs=has_pairs and rules is not None,
            customers=night.settings.services,
            scoped=[source.name for source in night.campaign.sources if source.scope == "participants"],
            spill=spill,
        )
        night.write(Links, frame)
    return {"links": _counts(night.slice(Links), Links.kind)}


def clusters(night: Night) -> dict[str, Any]:
    """Components, checked."""
    with night.lake.spiller(f"clusters-{night.run.run_id}") as spill:
        found, members = cluster_step(
            night.slice(Links), night.slice(Participants), night.campaign.id, night.settings.clusters, spill
        )
        night.write(Clusters, found)
        night.write(ClusterMembers, members)
    sizes = [row[Clusters.size] for row in night.slice(Clusters).select(Clusters.size).collect()]
    participants = night.record["ingest"]["participants"]
    largest = max(sizes, default=0)
    return {
        "clusters": {
            "num": len(sizes),
            "members": sum(sizes),
            "largest": largest,
            "largest_share": round(largest / participants, 4),
            "by_size": [_size_band(sizes, low, high) for low, high in SIZES],
        }
    }


def _size_band(sizes: list[int], low: int, high: int | None) -> list[object]:
    inside = [s for s in sizes if s >= low and (high is None or s <= high)]
    return [f"{low}-{high}" if high else f"{low}+", len(inside), sum(inside)]


def features(night: Night) -> dict[str, Any]:
    """Members described."""
    frame = feature_step(
        night.slice(ClusterMembers),
        night.slice(Participants),
        night.slice(Links),
        night.settings.features,
        known_times(night).precision_s,
    )
    night.write(Features, frame)
    with night.lake.spiller(f"features-{night.run.run_id}") as spill:
        seen = known(
            night.slice(ClusterMembers),
            night.slice(Participants),
            night.slice(ParticipantAddresses),
            night.slice(Features),
            night.slice(Trails),
            night.slice(Services),
            ordered_acts(night),
            night.facts(Calls),
            night.facts(Transfers) if night.settings.writes_events() else None,
            spill,
            known_times(night).precision_s,
        )
        night.write(ClusterFeatures, cluster_features(seen))
        if night.settings.writes_events():
            night.write(Events, events(seen))
            night.write(MemberTies, member_ties(seen))
            night.write(
                ClusterTokens, cluster_tokens(night.slice(MemberTies), night.slice(Events), night.settings.network)
            )
    return {}


def score(night: Night) -> dict[str, Any]:
    """Clusters scored, and those of a high score explained."""
    if night.settings.score.scorer == "farmset":
        return {"model_version": score_by_network(night)}
    chosen = scorer(night.settings.score)
    night.write(Scores, score_step(night.slice(Features), night.slice(ClusterFeatures), chosen))
    explain(night)
    return {"model_version": chosen.version}


def decide(night: Night) -> dict[str, Any]:
    """A verdict on every participant. Scores are read as stored."""
    frame = decide_step(
        night.slice(Participants),
        night.slice(ParticipantAddresses),
        night.slice(Clusters),
        night.slice(Features),
        night.slice(Scores),
        night.slice(Links),
        night.slice(ClusterMembers),
        night.slice(Services),
        standings_of(night),
        night.settings.policy,
        night.settings.features,
        night.record["score"]["model_version"],
    )
    night.write(Decisions, frame)
    decisions = night.slice(Decisions)
    night.write(DisqualifiedAccounts, disqualified_accounts(decisions))
    figures = output_figures(decisions, night.slice(Participants), night.settings.policy).first()
    assert figures is not None  # noqa: S101 -- an aggregate without groups has one row
    return {"verdicts": _counts(decisions, Decisions.verdict), "figures": figures.asDict()}


def standings_of(night: Night) -> DataFrame:
    """What people's word makes of accounts, by the reviews that ingest named. One written since belongs to the run that
    follows at once: publish asks for it.
    """
    known = set(night.record["ingest"]["reviews"])
    rows = [row for row in reviews(night.lake.ledgers, night.campaign.id) if row[Reviews.review_id] in known]
    share = night.settings.policy.requeue_share
    return standings(rows, night.slice(ClusterMembers), share, night.campaign.allow_list)


def _counts(frame: DataFrame, column: str) -> dict[str, int]:
    return {row[column]: row["n"] for row in sorted(frame.groupBy(column).agg(F.count("*").alias("n")).collect())}
