"""One night of one campaign: its lake, rules and records, handed from step to step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse import __version__
from abuse.campaign import Campaign
from abuse.contract import Table
from abuse.edge.rules import rules_digest
from abuse.edge.staging import least
from abuse.errors import LakeError
from abuse.lake.delta import Lake, Slice, timestamp
from abuse.lake.storage import read_json, record_folder, storage_of, write_json
from abuse.settings import Settings
from abuse.tables import AccountAddresses, Calls, Fact, Labels, Participation, PerRun, Transfers

Say = Callable[[str, int, int], None]
"""what is being done, how many are done, of how many"""

TIME_OF: dict[type[Table], tuple[str, ...]] = {
    Participation: (Participation.at,),
    AccountAddresses: (AccountAddresses.valid_from,),
    Transfers: (Transfers.at, Transfers.observed_at),
    Calls: (Calls.at,),
    Labels: (Labels.listed_at,),
}
"""The times that must lie before as_of; an empty one applies to all dates."""


def quiet(what: str, done: int, total: int) -> None:
    """A Say that says nothing."""


@dataclass
class Night:
    """What a step needs to know. `record` holds what ingest and the steps before it left; `report` how it ended."""

    lake: Lake
    campaign: Campaign
    settings: Settings
    as_of: datetime
    say: Say = quiet
    record: dict[str, Any] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        return record_folder(self.lake.uri, self.campaign.id, self.as_of)

    @property
    def run(self) -> Slice:
        return Slice(self.campaign.id, self.as_of, self.record["ingest"]["run_id"])

    def load(self, steps: tuple[str, ...]) -> None:
        """The records of the steps before. Raises LakeError when one is missing or was made under other rules."""
        for step in steps:
            found = read_json(f"{self.folder}/{step}.json")
            if found is None:
                raise self._stale(step, f"step {step} has not run")
            self.record[step] = found
        self.require_rules()
        if (made := self.record["ingest"].get("version")) != __version__:
            raise self._stale("ingest", f"ingest ran under version {made} of the project, this is {__version__}")
        for step in steps:
            if self.record[step]["run_id"] != self.record["ingest"]["run_id"]:
                raise self._stale(step, f"step {step} belongs to run {self.record[step]['run_id']}")

    def _stale(self, step: str, found: str) -> LakeError:
        where = f"lake {self.lake.uri}, {self.campaign.id} as of {self.as_of.isoformat()}"
        return LakeError(
            where, found, "every step before this one, of the same run", f"Run step {step} and those after."
        )

    def save(self, step: str, record: dict[str, Any]) -> None:
        self.record[step] = record
        write_json(f"{self.folder}/{step}.json", record)

    def forget(self, step: str) -> None:
        """Before a step writes over what its record tells of: who goes on by that record would read another run's
        rows, or none.
        """
        path = f"{self.folder}/{step}.json"
        storage_of(path).remove([path])

    def require_rules(self) -> None:
        """Raises LakeError unless campaign file, settings and model are those that ingest named the run by."""
        if self.record["ingest"]["rules_digest"] != rules_digest(self.campaign, self.settings):
            raise self._stale("ingest", "the campaign file, the settings or the model changed since ingest")

    def facts(self, table: type[Table]) -> DataFrame:
        """Rows of this campaign's sources before as_of, as ingest saw them, none twice."""
        return self.all_facts(table).where(is_before(table, self.as_of))

    def all_facts(self, table: type[Table]) -> DataFrame:
        """The same, whatever their time."""
        made, rows = self.units(table), self.stored(table)
        return least(rows, list(table.key)) if len(made["units"]) > 1 and made["overlap"] else rows

    def stored(self, table: type[Table]) -> DataFrame:
        """The same as it lies in the lake: a row that two units share is there twice."""
        made = self.units(table)
        if not made["units"]:
            return self.lake.spark.createDataFrame([], table.schema())
        return self.lake.read(table, {Fact.file_digest: made["units"]}, made["version"])

    def units(self, table: type[Table]) -> dict[str, Any]:
        """What ingest says of a fact table: the units this campaign's sources make, and the version that has them."""
        nothing: dict[str, Any] = {"units": [], "version": None, "overlap": True}
        found: dict[str, Any] = self.record["ingest"]["facts"].get(table.table_name(), nothing)
        return found

    def slice(self, table: type[PerRun]) -> DataFrame:
        """This run's rows, without the columns that only say which run."""
        return self.lake.slice(table, self.run).drop(*PerRun.columns())

    def write(self, table: type[PerRun], frame: DataFrame) -> None:
        self.lake.replace_slice(table, frame, self.run)


def is_before(table: type[Table], as_of: datetime) -> Column:
    """Whether a fact is strictly before as_of; the one place that says so."""
    times = [F.col(name) for name in TIME_OF[table]]
    return reduce(and_, [time.isNull() | (time < F.expr(timestamp(as_of))) for time in times])
