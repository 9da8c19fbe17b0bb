"""A run -> what its tables say, counted: of a run that was published its public tables, of any other those in work."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from abuse.errors import LakeError
from abuse.lake.publication import Publication, Run
from abuse.lake.stream import batches
from abuse.operate.diff import ORDER, Change
from abuse.operate.draw.bars import Scored
from abuse.tables import Clusters, Published, Scores, Services, VerdictChanges

FEW = 12
SERVED = [Services.kind, Services.address, Services.basis, Services.name, Services.num_counterparties, Services.why]
CHANGED = [VerdictChanges.account, VerdictChanges.before, VerdictChanges.after, VerdictChanges.why]


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """All of a run's tables that its page shows."""

    sizes: Counter[int]
    """Members -> clusters of so many."""
    scored: list[Scored]
    models: list[str]
    services: list[dict[str, Any]]
    """Those that deal with most."""
    changes: dict[tuple[str | None, str | None], int] | None
    """(before, after) -> accounts; None of a run that compared nothing with the night before."""
    changed: list[Change]
    """The first of them, worst first."""
    before_as_of: datetime | None


def found(lake: str, run: Run, least: int) -> Found:
    """`least`: members from which a cluster is large enough. Raises LakeError where the rows are kept no more."""
    made = Publication(lake, run)
    sized = _rows(made, "clusters", Clusters, [Clusters.cluster_id, Clusters.size])
    size_of = {row[Clusters.cluster_id]: row[Clusters.size] for row in sized}
    num = (run.report.get("clusters") or {}).get("num", 0)
    if len(size_of) != num:
        where, fix = (
            f"run {run.run_id}",
            "Its slice was run again since: see the page that it left, or the runs after it.",
        )
        raise LakeError(where, f"{len(size_of):,} of its {num:,} clusters are in the lake", "all of them", fix)
    scores, models = _scores(made)
    counts, few, before = _changes(made)
    return Found(
        sizes=Counter(size_of.values()),
        scored=[Scored(score, lower, size_of.get(name, 0) >= least) for name, (score, lower) in sorted(scores.items())],
        models=models,
        services=_services(made),
        changes=counts,
        changed=few,
        before_as_of=before,
    )


def _rows(made: Publication, step: str, table: type[Published], columns: list[str]) -> Iterator[dict[str, Any]]:
    """What the step made. An attempt that did not come so far may find rows there that an earlier one left; a run of an
    earlier version of the project may lack the table.
    """
    if step in made.run.report.get("seconds", {}) if made.is_held else table.table_name() in made.run.versions:
        for batch in batches(made, table, columns):
            yield from batch.to_pylist()


def _scores(made: Publication) -> tuple[dict[str, tuple[float, float]], list[str]]:
    """cluster -> its score and the lower bound of that; and who scored."""
    columns = [Scores.cluster_id, Scores.score, Scores.score_lower, Scores.model_version]
    by_cluster, models = {}, set()
    for row in _rows(made, "score", Scores, columns):
        by_cluster[row[Scores.cluster_id]] = (row[Scores.score], row[Scores.score_lower])
        models.add(row[Scores.model_version])
    return by_cluster, sorted(models)


def _services(made: Publication) -> list[dict[str, Any]]:
    def place(row: dict[str, Any]) -> tuple[int, str, str]:
        return -(row[Services.num_counterparties] or 0), row[Services.kind], row[Services.address]

    return heapq.nsmallest(FEW, _rows(made, "services", Services, SERVED), key=place)


def _changes(
    made: Publication,
) -> tuple[dict[tuple[str | None, str | None], int] | None, list[Change], datetime | None]:
    """Nothing is compared with the night before until a run is published."""
    if made.run.status != "published":
        return None, [], None
    counts: Counter[tuple[str | None, str | None]] = Counter()
    few: list[tuple[int, int, str, list[str]]] = []
    before: datetime | None = None
    for row in _rows(made, "publish", VerdictChanges, [*CHANGED, VerdictChanges.before_as_of]):
        pair, before = (row[VerdictChanges.before], row[VerdictChanges.after]), row[VerdictChanges.before_as_of]
        counts[pair] += 1
        few = _least(few, (ORDER[pair[1]], ORDER[pair[0]], row[VerdictChanges.account], row[VerdictChanges.why]))
    verdicts = {place: verdict for verdict, place in ORDER.items()}
    told = [Change(account=name, before=verdicts[then], after=verdicts[now], why=why) for now, then, name, why in few]
    ordered = sorted(counts.items(), key=lambda one: (ORDER[one[0][1]], ORDER[one[0][0]]))
    return dict(ordered), told, before


def _least(few: list[tuple[int, int, str, list[str]]], one: tuple[int, int, str, list[str]]) -> list[Any]:
    is_among = len(few) < FEW or one < few[-1]
    return sorted([*few, one])[:FEW] if is_among else few
