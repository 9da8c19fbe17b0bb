"""`runs` -> which versions of the public tables count -> their rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake.exceptions import DeltaError

from abuse.errors import LakeError, first_line
from abuse.lake.arrow import declared, files_of
from abuse.lake.ledger import ledger, table_uri
from abuse.lake.rust import opened, partition_text
from abuse.tables import WHEN, Published, Runs

FOLLOWS = "lineage and verdict changes follow the slice of"
REFRESHED = "reviews written since run"


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A row of `runs`, its JSON parsed."""

    run_id: str
    attempt: int
    campaign_id: str
    as_of: datetime
    status: str
    finished_at: datetime
    seconds: float
    versions: dict[str, int]
    report: dict[str, Any]
    actor: str | None
    reason: str | None
    held_by: tuple[str, ...] = ()
    """The gates that held it."""

    @property
    def is_attempt(self) -> bool:
        """Unless it only says that a neighbour was published, or that people's word was brought up to date."""
        return not (self.reason or "").startswith((FOLLOWS, REFRESHED))

    @property
    def made_by(self) -> str:
        """The run whose steps made what it publishes: another one where only people's word was brought up to date."""
        return str(self.report.get("made_by") or self.run_id)


@dataclass(frozen=True, slots=True)
class Publication:
    """What a published run left in the public tables, whatever was written to them since."""

    lake: str
    run: Run

    @property
    def is_held(self) -> bool:
        """Whether nothing of it is public: all that the run made lies in its working tables."""
        return self.run.status != "published"

    def version(self, table: type[Published]) -> int:
        """The Delta version of the table that holds this slice. Raises LakeError when the row names none."""
        found = self.run.versions.get(table.table_name())
        if found is None:
            raise self._unreadable(table, "no version on the run's row", "one for every public table")
        return found

    def read(
        self, table: type[Published], columns: list[str] | None = None, filter: pc.Expression | None = None
    ) -> pa.Table:
        """The rows of this slice at the version the run published, in the declared types."""
        run, version = self.run, self.version(table)
        in_slice = (pc.field(table.campaign_id) == run.campaign_id) & (
            pc.field(table.as_of) == pa.scalar(run.as_of, WHEN)
        )
        files: list[tuple[str, str, Any]] = [
            (table.campaign_id, "=", run.campaign_id),
            (table.as_of, "=", partition_text(run.as_of)),
        ]
        try:
            uri = table_uri(self.lake, table)
            found_at = opened(uri, version)
            rows = found_at.to_pyarrow_dataset(filesystem=files_of(found_at, uri), file_pruning_predicate=files)
            wanted = in_slice if filter is None else in_slice & filter
            found = declared(rows, table, columns or table.columns(), wanted)
        except (DeltaError, OSError) as error:
            said = f"version {version} cannot be read ({first_line(error)})"
            raise self._unreadable(table, said, "the version it published") from error
        return found

    def _unreadable(self, table: type[Published], found: str, wanted: str) -> LakeError:
        where = f"lake {self.lake}: table {table.table_name()} of run {self.run.run_id}"
        return LakeError(where, found, wanted, "Publish the slice again: `abuse night ...`.")


def runs(lake: str, campaign_id: str | None = None) -> list[Run]:
    """Every attempt, newest first; none when nothing was ever run."""
    of_campaign = None if campaign_id is None else pc.field(Runs.campaign_id) == campaign_id
    found = [_run(row) for row in ledger(lake, Runs, of_campaign).to_pylist()]
    return sorted(found, key=lambda r: (r.finished_at, r.attempt, r.run_id), reverse=True)


def let_pass(newest_first: list[Run], run_id: str) -> frozenset[str]:
    """Gates that a person let this run pass: those that held it when they released it, and no other."""
    found: set[str] = set()
    held: tuple[str, ...] = ()
    for run in sorted((r for r in newest_first if r.run_id == run_id), key=lambda r: r.attempt):
        if run.status == "held":
            held = run.held_by
        elif run.status == "released":
            found.update(held)
    return frozenset(found)


def publications(lake: str, campaign_id: str) -> list[Publication]:
    """The publication of each as_of, greatest first: its latest published attempt.

    A later attempt that was held or failed changed no public table, so it takes nothing back.
    """
    return latest_published(lake, runs(lake, campaign_id))


def latest_published(lake: str, newest_first: list[Run]) -> list[Publication]:
    """The same of one campaign's attempts that are at hand."""
    latest = {run.as_of: run for run in reversed(newest_first) if run.status == "published"}
    return [Publication(lake, latest[as_of]) for as_of in sorted(latest, reverse=True)]


def current(lake: str, campaign_id: str, as_of: datetime | None = None) -> Publication:
    """The publication of the greatest as_of that has one, or of exactly this as_of. Raises LakeError."""
    for publication in publications(lake, campaign_id):
        if as_of in (None, publication.run.as_of):
            return publication
    slice_ = "" if as_of is None else f" as of {as_of.isoformat()}"
    raise LakeError(
        f"lake {lake}",
        f"no publication of campaign {campaign_id!r}{slice_}",
        "a published run",
        "Run `abuse night ...`, or `abuse runs` to see what was held.",
    )


def _run(row: dict[str, Any]) -> Run:
    parsed = {name: json.loads(row[name]) for name in (Runs.versions, Runs.report)}
    return Run(**row | parsed | {Runs.held_by: tuple(row[Runs.held_by] or ())})
