"""A described campaign -> its members' acts and ties as files, for a model that reads them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame

from abuse.steps.features import Known, events, member_ties
from abuse.tables import ClusterMembers, Events, MemberTies


def write_acts(known: Known, truth: list[dict[str, str]], name: str, out: Path) -> None:
    """OUT/events/NAME, and OUT/members/NAME with who is a farm's."""
    own = replace(known, calls=_theirs(known.calls, known), movements=_theirs(known.movements, known))
    is_farm = {row["account"]: row["is_farm"] == "1" for row in truth}
    ties = _rows(member_ties(known), MemberTies)
    of_members = pa.array([is_farm[account] for account in ties[MemberTies.account].to_pylist()])
    _write(_rows(events(own), Events), out / "events" / name)
    _write(ties.append_column("is_farm", of_members), out / "members" / name)


def _theirs(rows: DataFrame | None, known: Known) -> DataFrame:
    """Acts of these members alone, and in the cluster they are in here."""
    assert rows is not None  # noqa: S101 -- asked for only where movements were looked up
    who = known.members.select(ClusterMembers.cluster_id, ClusterMembers.account)
    return rows.drop(ClusterMembers.cluster_id).join(who, on=ClusterMembers.account)


def _rows(frame: DataFrame, table: type[Events] | type[MemberTies]) -> pa.Table:
    columns = [field.name for field in table.own_fields()]
    return frame.select(*columns).toArrow().sort_by([(column, "ascending") for column in table.key])


def _write(rows: pa.Table, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, file, compression="zstd")
