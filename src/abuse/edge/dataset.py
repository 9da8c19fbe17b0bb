"""A campaign with a known truth -> its candidate clusters in figures, with what they are: what scorers learn from.

The candidates are the truth's own groups, farms and honest look-alikes alike, described by the steps of a real night.
So a scorer also meets honest groups that no link of tonight's would have tied.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse.campaign import Campaign, Source
from abuse.contract import Table
from abuse.edge.acts import write_acts
from abuse.edge.context import Night, Say
from abuse.edge.times import known_times, ordered_acts
from abuse.edge.truth import labelled, shuffled
from abuse.lake.delta import Lake
from abuse.registry import REGISTRY
from abuse.settings import Settings
from abuse.steps.features import Known, cluster_features, known
from abuse.steps.features import features as member_features
from abuse.steps.inside import inside
from abuse.steps.spill import Spill
from abuse.tables import (
    Calls,
    ClusterMembers,
    Links,
    ParticipantAddresses,
    Participants,
    Participation,
    Services,
    Trails,
    Transfers,
)

SETTLED = timedelta(days=8)
"""After the campaign's end: rewards are claimed and on their way by then."""
BEFORE = tuple(itertools.takewhile(lambda step: step.name != "clusters", REGISTRY))
"""The steps of a night that need no clusters: here the truth says who belongs together."""


@dataclass(frozen=True)
class Simulated:
    """A campaign and its truth: groups of members."""

    campaign: Campaign
    truth: list[dict[str, str]]

    @property
    def settled(self) -> datetime:
        return self.campaign.ends_at + SETTLED


@dataclass
class Together(Night):
    """Several simulated campaigns of one chain as one, so that the chain is read once. Each one's actions keep apart
    from another's by the name of their source.
    """

    def facts(self, table: type[Table]) -> DataFrame:
        rows = super().facts(table)
        if table is not Participation:
            return rows
        return rows.withColumn(Participation.action, F.concat_ws(":", Participation.source, Participation.action))


def dataset(
    lake: Lake,
    settings: Settings,
    found: list[Simulated],
    out: Path,
    say: Say,
    seed: int | None,
    *,
    with_events: bool = False,
) -> int:
    """Writes OUT/<campaign>.parquet each, one row per candidate, and returns how many there are.

    With `seed`, also OUT/shuffled: members change places at random among a campaign's candidates, whose sizes and
    labels stay. Whoever then tells farms apart has learned something that is not how members depend on one another.
    With events, also OUT/events/<campaign>.parquet and OUT/members/<campaign>.parquet, for a model that reads acts.
    """
    say("files", 0, 1)
    whole = joint([one.campaign for one in found], _folder(Path(lake.uri) / "inputs"))
    night = Together(lake, whole, settings, max(one.settled for one in found))
    total = len(BEFORE) + 1 + len(found)
    for number, step in enumerate(BEFORE):
        say(step.name, number, total)
        night.record[step.name] = step(night)
    say("members", len(BEFORE), total)
    with lake.spiller("dataset") as spill:
        every = looked_up(night, [row for one in found for row in one.truth], spill, with_events=with_events)
        num = 0
        for number, one in enumerate(found):
            say(one.campaign.id, len(BEFORE) + 1 + number, total)
            own = every.participation.where(F.col(Participation.source) == f"{one.campaign.id}.participation")
            who = own.select(Participation.account).distinct()
            of_one = replace(every, participants=spill(every.participants.join(who, on=Participation.account)))
            num += written(night, one, one.truth, of_one, out, spill)
            if seed is not None:
                written(night, one, shuffled(one.truth, seed), of_one, out / "shuffled", spill)
    return num


def joint(campaigns: list[Campaign], folder: Path) -> Campaign:
    """One campaign of all their sources; parquet files of one table, which many sources would make slow, as one."""
    sources = [replace(s, name=f"{c.id}.{s.name}") for c in campaigns for s in c.sources if not _is_parquet(s)]
    alike: dict[tuple[str, str], list[Source]] = {}
    for source in (s for c in campaigns for s in c.sources if _is_parquet(s)):
        alike.setdefault((source.format, source.table), []).append(source)
    for (form, table), parts in alike.items():
        path = folder / f"{form}-{table}.parquet"
        pq.write_table(pa.concat_tables([pq.read_table(part.path) for part in parts]), path)
        sources.append(replace(parts[0], name=f"all.{table}", path=str(path)))
    assets = sorted({asset for c in campaigns for asset in c.assets})
    first, last = min(c.starts_at for c in campaigns), max(c.ends_at for c in campaigns)
    return replace(
        campaigns[0], id="dataset", sources=tuple(sources), assets=tuple(assets), starts_at=first, ends_at=last
    )


def _is_parquet(source: Source) -> bool:
    return source.path.endswith(".parquet")


def looked_up(night: Night, truth: list[dict[str, str]], spill: Spill, *, with_events: bool = False) -> Known:
    """What is known of all members; the slices of one campaign are put in later."""
    members = spill(_members(night, truth))
    participants = night.slice(Participants)
    return known(
        members,
        participants,
        night.slice(ParticipantAddresses),
        members,
        night.slice(Trails),
        night.slice(Services),
        ordered_acts(night),
        night.facts(Calls),
        night.facts(Transfers) if with_events else None,
        spill,
        known_times(night).precision_s,
    )


def written(night: Night, one: Simulated, truth: list[dict[str, str]], of_one: Known, out: Path, spill: Spill) -> int:
    """Rows written for one campaign, of whose participants `of_one` is; `truth` says who is in which group."""
    links = night.slice(Links)
    members = spill(tied(_members(night, truth), links))
    precision_s = known_times(night).precision_s
    figures = spill(member_features(members, of_one.participants, links, night.settings.features, precision_s))
    own = replace(of_one, members=members, features=figures)
    rows = cluster_features(own).toArrow()
    rows = rows.sort_by(ClusterMembers.cluster_id)
    pq.write_table(labelled(rows, one.truth, one.campaign), _folder(out) / f"{one.campaign.id}.parquet")
    if own.movements is not None:
        write_acts(own, truth, f"{one.campaign.id}.parquet", out)
    return int(rows.num_rows)


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def _members(night: Night, truth: list[dict[str, str]]) -> DataFrame:
    rows = [(row["group_id"], row["account"]) for row in truth]
    schema = f"{ClusterMembers.cluster_id} string, {ClusterMembers.account} string"
    return night.lake.spark.createDataFrame(rows, schema)


def tied(members: DataFrame, links: DataFrame) -> DataFrame:
    """Members with how many of their group each is tied to."""
    pairs = inside(links, members).select(Links.src, Links.dst)
    ends = pairs.unionByName(pairs.select(F.col(Links.dst).alias(Links.src), F.col(Links.src).alias(Links.dst)))
    degree = ends.groupBy(F.col(Links.src).alias(ClusterMembers.account)).agg(
        F.count_distinct(Links.dst).alias(ClusterMembers.num_neighbours)
    )
    joined = members.join(degree, on=ClusterMembers.account, how="left")
    return joined.fillna(0, subset=[ClusterMembers.num_neighbours])
