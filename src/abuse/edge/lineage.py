"""A slice and its neighbours among the published ones -> the two public tables that compare slices.

They are functions of a slice and the nearest earlier published one. So a slice that is published is compared with its
earlier neighbour, and its later neighbour, which has a new one before it now, is compared again. Nothing else of that
one is written, and in whatever order dates are published, the same rows come out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from pyspark.sql import DataFrame

from abuse.edge.context import Night
from abuse.lake.delta import Lake, Slice
from abuse.lake.publication import FOLLOWS, Publication, Run, publications
from abuse.steps.changes import lineage, verdict_changes
from abuse.tables import ClusterLineage, ClusterMembers, Decisions, Published, VerdictChanges

COMPARED: tuple[type[Published], ...] = (ClusterLineage, VerdictChanges)


class Side(NamedTuple):
    """What of a slice is compared."""

    run: Slice
    members: DataFrame
    decisions: DataFrame


def since_earlier(lake: Lake, now: Side) -> dict[str, int]:
    """Compares this slice with the earlier neighbour; the versions of the tables it wrote."""
    earlier, _ = neighbours(lake.uri, now.run)
    return _write(lake, now, _theirs(lake, earlier) if earlier else None)


def for_later(lake: Lake, now: Side) -> Run | None:
    """Compares the later neighbour with this slice; what is true of its run once `runs` says so."""
    _, later = neighbours(lake.uri, now.run)
    if later is None:
        return None
    versions = _write(lake, _theirs(lake, later), now)
    return replace(later.run, versions=later.run.versions | versions, reason=f"{FOLLOWS} {now.run.as_of.isoformat()}")


def neighbours(lake: str, run: Slice) -> tuple[Publication | None, Publication | None]:
    """The nearest earlier and the nearest later published slice."""
    latest_first = publications(lake, run.campaign_id)
    earlier = next((p for p in latest_first if p.run.as_of < run.as_of), None)
    later = next((p for p in reversed(latest_first) if p.run.as_of > run.as_of), None)
    return earlier, later


def side_of(night: Night) -> Side:
    """This night's own slice, from its work."""
    return Side(night.run, night.slice(ClusterMembers), night.slice(Decisions))


def as_published(lake: Lake, publication: Publication, table: type[Published]) -> DataFrame:
    """Its rows of that table, whatever was written to it since."""
    return lake.published(table, Slice.of(publication.run), publication.version(table))


def _theirs(lake: Lake, publication: Publication) -> Side:
    members, decisions = (as_published(lake, publication, table) for table in (ClusterMembers, Decisions))
    return Side(Slice.of(publication.run), members, decisions)


def _write(lake: Lake, now: Side, before: Side | None) -> dict[str, int]:
    frames = _compared(now, before) if before else _nothing(lake)
    return {t.table_name(): lake.replace_slice(t, frames[t], now.run, publish=True) for t in COMPARED}


def _compared(now: Side, before: Side) -> dict[type[Published], DataFrame]:
    return {
        ClusterLineage: lineage(now.members, before.members, before.run.as_of),
        VerdictChanges: verdict_changes(now.decisions, before.decisions, before.run.as_of),
    }


def _nothing(lake: Lake) -> dict[type[Published], DataFrame]:
    """The first slice has none to be compared with."""
    return {table: lake.spark.createDataFrame([], table.schema()) for table in COMPARED}
