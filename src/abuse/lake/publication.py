"""`runs` -> which versions of the public tables count -> their rows. Ledgers are written here, by delta-rs alone."""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError

from abuse.errors import ContractError, LakeError, first_line
from abuse.lake.arrow import declared, files_of
from abuse.lake.rust import create, is_table, opened, options
from abuse.tables import WHEN, Ledger, Published, Runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from abuse.contract import Table

COMMIT_TRIES = 30
LONGEST_WAIT_S = 0.5
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
            (table.as_of, "=", run.as_of.astimezone(UTC).isoformat(" ", "microseconds").removesuffix("+00:00")),
        ]
        try:
            uri = _uri(self.lake, table)
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
    rows = ledger(lake, Runs).to_pylist()
    found = [_run(row) for row in rows if campaign_id in (None, row[Runs.campaign_id])]
    return sorted(found, key=lambda r: (r.finished_at, r.attempt, r.run_id), reverse=True)


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
    fix = "Run `abuse night ...`, or `abuse runs` to see what was held."
    raise LakeError(f"lake {lake}", f"no publication of campaign {campaign_id!r}{slice_}", "a published run", fix)


def ledger(lake: str, table: type[Table], filter: pc.Expression | None = None) -> pa.Table:
    """The rows of a ledger as it is now; none where it was never written."""
    uri = _uri(lake, table)
    if not is_table(uri):
        return table.arrow_schema().empty_table()
    found = opened(uri)
    dataset = found.to_pyarrow_dataset(filesystem=files_of(found, uri))
    return declared(dataset, table, table.columns(), filter)


def append(lake: str, table: type[Table], rows: list[dict[str, Any]]) -> None:
    """Adds rows to a ledger, which is made on first use. Writers at the same moment take turns."""
    checked = _checked(table, rows)
    _commit(lake, table, lambda uri, how: write_deltalake(uri, checked, mode="append", **how))


def replace_rows(lake: str, table: type[Table], rows: list[dict[str, Any]], predicate: str) -> None:
    """Puts these rows in the place of those under the SQL predicate, which must hold for them too."""
    checked = _checked(table, rows)
    _commit(lake, table, lambda uri, how: write_deltalake(uri, checked, mode="overwrite", predicate=predicate, **how))


def _commit(lake: str, table: type[Table], write: Callable[[str, dict[str, Any]], None]) -> None:
    """delta-rs gives up when it loses a race for long, and at once when two writers make the table; so we ask again.
    Raises LakeError for what asking again does not help.
    """
    uri = _uri(lake, table)
    only_append = {"delta.appendOnly": "true"} if issubclass(table, Ledger) and table.is_append_only else None
    for tried in range(COMMIT_TRIES):
        try:
            if not is_table(uri):
                create(uri, schema=table.arrow_schema(), configuration=only_append)
            turns = CommitProperties(max_commit_retries=COMMIT_TRIES)
            write(uri, {"schema_mode": "merge", "commit_properties": turns, "storage_options": options(uri)})
        except (DeltaError, OSError) as error:
            is_race = isinstance(error, CommitFailedError) and "append-only" not in str(error)
            if not is_race or tried + 1 == COMMIT_TRIES:
                found = f"not written ({first_line(error)})"
                fix = "Try again." if is_race else "See who may write there, and whether the lake is whole."
                raise LakeError(f"lake {lake}: {table.table_name()}", found, "a commit", fix) from error
            time.sleep(random.uniform(0, min(LONGEST_WAIT_S, 0.02 * 2**tried)))
        else:
            return


def _checked(table: type[Table], rows: list[dict[str, Any]]) -> pa.Table:
    """Arrow drops unknown keys and fills missing ones without a word; a ledger must not."""
    needed = {f.name for f in table.fields() if f.required}
    unknown = sorted({name for row in rows for name in row} - set(table.columns()))
    empty = sorted({name for row in rows for name in needed if row.get(name) is None})
    if unknown or empty:
        found = "; ".join([f"{n} is not a column" for n in unknown] + [f"{n} is empty" for n in empty])
        raise ContractError(f"table {table.table_name()}", found, "its declared columns", "Fix what wrote it.")
    return pa.Table.from_pylist(rows, schema=table.arrow_schema())


def _uri(lake: str, table: type[Table]) -> str:
    return f"{lake.rstrip('/')}/{table.table_name()}"


def _run(row: dict[str, Any]) -> Run:
    return Run(**row | {"versions": json.loads(row[Runs.versions]), "report": json.loads(row[Runs.report])})
