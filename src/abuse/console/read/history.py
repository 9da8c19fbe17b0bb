"""What earlier nights made of an account or a cluster, in lines: each night is another read of the lake."""

from __future__ import annotations

import itertools
from datetime import datetime

import pyarrow.compute as pc

from abuse.errors import LakeError
from abuse.lake.publication import Publication, publications
from abuse.operate.page import moment
from abuse.operate.why import MAX_NIGHTS, history
from abuse.plurals import counted
from abuse.tables import ClusterLineage, Clusters

CHANGES = {
    "same": "the same members",
    "grew": "it grew",
    "shrank": "it shrank",
    "changed": "it won and lost members",
    "merged": "several merged into it",
    "split": "it is a part of one that split",
    "new": "it is new",
    "gone": "it was gone",
}


def lines(publication: Publication, account: str, verdict: str) -> list[tuple[str, str]]:
    """(nights, verdict) of an account, latest first; nights of one verdict are one line. `verdict`: this night's."""
    every = [(publication.run.as_of, verdict), *history(publication, account)]
    return [(span([at for at, _ in same]), told.replace("_", " ")) for told, same in _runs(every)]


def lines_of(publication: Publication, cluster_id: str) -> list[tuple[str, str]]:
    """(nights, what became of it) of a cluster, latest first."""
    nights = publications(publication.lake, publication.run.campaign_id)
    till_now = [night for night in nights if night.run.as_of <= publication.run.as_of][: MAX_NIGHTS + 1]
    every = [(night.run.as_of, _told(night, cluster_id)) for night in till_now]
    return [(span([at for at, _ in same]), told) for told, same in _runs(every)]


def span(nights: list[datetime]) -> str:
    """`2026-04-01 to 2026-04-03`, or the one night."""
    first, last = moment(min(nights).isoformat()), moment(max(nights).isoformat())
    return first if len(nights) == 1 else f"{first} to {last}, {len(nights):,} nights"


def _runs(nights: list[tuple[datetime, str]]) -> list[tuple[str, list[tuple[datetime, str]]]]:
    return [(told, list(same)) for told, same in itertools.groupby(nights, lambda night: night[1])]


def _told(night: Publication, cluster_id: str) -> str:
    """`it grew, 41 members`."""
    try:
        sizes = night.read(Clusters, [Clusters.size], pc.field(Clusters.cluster_id) == cluster_id)
        wanted = pc.field(ClusterLineage.cluster_id) == cluster_id
        rows = night.read(ClusterLineage, [ClusterLineage.change, ClusterLineage.num_shared], wanted).to_pylist()
    except LakeError:
        return "no longer kept"
    if not sizes.num_rows:
        return "not there"
    changes = sorted({CHANGES.get(row[ClusterLineage.change], row[ClusterLineage.change]) for row in rows})
    return ", ".join([counted(sizes[Clusters.size][0].as_py(), "member"), *changes])
