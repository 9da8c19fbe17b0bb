"""A publication and the reviews written since -> the next publication of the same slice, without a new night.

It starts from the tables as they were published, so neither a held attempt nor other rules get in. People's word moves
verdicts, reasons, who is out, and what changed since the night before: only these tables are written; of the others the
new row in `runs` names the versions that stand. The run is the one that a night with these reviews would be.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse.authority import ALLOW_LISTED
from abuse.edge import lineage
from abuse.edge.people import standings
from abuse.edge.publish import attempt_of, commit
from abuse.lake.delta import Lake, Slice
from abuse.lake.lock import slice_lock
from abuse.lake.people import max_changed, review_ids, reviews, run_name
from abuse.lake.publication import REFRESHED, Publication, Run, current
from abuse.lake.storage import made_of, read_json, write_json
from abuse.operate.night_page.kept import address
from abuse.steps.decide.verdicts import overlaid
from abuse.steps.publish import disqualified_accounts
from abuse.tables import ClusterMembers, Decisions, DisqualifiedAccounts, PerRun, Published


def due(lake: str, campaign_id: str, as_of: datetime | None = None) -> tuple[Publication, Slice | None]:
    """The publication, and the run that it should be by the reviews written since; None when it is that."""
    publication = current(lake, campaign_id, as_of)
    run = publication.run
    run_id = run_name(_base(run), review_ids(reviews(lake, campaign_id)))
    return publication, None if run_id == run.run_id else Slice(campaign_id, run.as_of, run_id)


def refresh(lake: Lake, campaign_id: str, as_of: datetime | None = None, actor: str | None = None) -> Run | None:
    """Publishes people's word of now; the run, or None when the publication knows it already. Raises LakeError."""
    as_of = current(lake.uri, campaign_id, as_of).run.as_of
    with slice_lock(lake.uri, campaign_id, as_of):
        publication, run = due(lake.uri, campaign_id, as_of)
        return _published(lake, publication, run, actor) if run else None


def _published(lake: Lake, before: Publication, run: Slice, actor: str | None) -> Run:
    """Gates are not asked: they guard against the machine, and hold back no person's word."""
    started = time.monotonic()
    known = reviews(lake.uri, run.campaign_id)  # read again: one may have come since the run was named
    run = replace(run, run_id=run_name(_base(before.run), review_ids(known)))
    members, decisions = (_read(lake, before, table) for table in (ClusterMembers, Decisions))
    said = standings(known, members, max_changed(before), _allow_list(decisions))
    versions = {Decisions.table_name(): lake.replace_slice(Decisions, overlaid(decisions, said), run, publish=True)}
    now = lake.published(Decisions, run, versions[Decisions.table_name()]).drop(*PerRun.columns())
    out = disqualified_accounts(now)
    versions[DisqualifiedAccounts.table_name()] = lake.replace_slice(DisqualifiedAccounts, out, run, publish=True)
    side = lineage.Side(run, members, now)
    versions |= lineage.since_earlier(lake, side)
    later = lineage.for_later(lake, side)
    ours = replace(
        before.run,
        run_id=run.run_id,
        attempt=attempt_of(lake.uri, run.campaign_id, run.run_id),
        finished_at=datetime.now(UTC),
        seconds=round(time.monotonic() - started, 3),
        versions=before.run.versions | versions,
        actor=actor,
        reason=f"{REFRESHED} {before.run.run_id}",
    )
    _keep_what_it_is_made_of(lake.uri, before.run, ours, review_ids(known))
    page = address(lake.uri, run.campaign_id, run.as_of, run.run_id)
    ours = replace(ours, report=_report(ours, before.run, now, len(known)) | {"page": page})
    commit(lake.uri, ours, later)
    return ours


def _keep_what_it_is_made_of(lake: str, before: Run, ours: Run, known: list[str]) -> None:
    """As a night does, for `abuse replay`. A run of an earlier version kept nothing."""
    if (made := read_json(made_of(lake, before.campaign_id, before.as_of, before.run_id))) is not None:
        made |= {"run_id": ours.run_id, "reviews": known}
        write_json(made_of(lake, ours.campaign_id, ours.as_of, ours.run_id), made)


def _report(run: Run, before: Run, decisions: DataFrame, num_reviews: int) -> dict[str, Any]:
    """What the night found stays; the verdicts are those of now."""
    counts = decisions.groupBy(Decisions.verdict).agg(F.count("*").alias("n")).collect()
    about = {"run_id": run.run_id, "attempt": run.attempt, "base": _base(before), "reviews": num_reviews}
    about["made_by"] = before.made_by
    about["verdicts"] = {row[Decisions.verdict]: row["n"] for row in sorted(counts)}
    return run.report | about | {"seconds": {"refresh": run.seconds}}


def _allow_list(decisions: DataFrame) -> list[str]:
    """Whom the campaign file of then exempts: few, and in the reasons that were published."""
    is_allowed = F.exists(Decisions.reasons, lambda reason: reason.startswith(f"{ALLOW_LISTED}:"))
    return [row[Decisions.account] for row in decisions.where(is_allowed).select(Decisions.account).collect()]


def _base(run: Run) -> str:
    """What the run was made of beside reviews; a run of an earlier version does not say it."""
    return run.report.get("base") or run.run_id


def _read(lake: Lake, publication: Publication, table: type[Published]) -> DataFrame:
    return lineage.as_published(lake, publication, table).drop(*PerRun.columns())
