"""A publication, or a held run -> its read model, one SQLite file.

Streams: a million accounts take a minute and a few hundred megabytes, in a process of its own.
"""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from abuse import authority
from abuse.console.read.layout import BEGIN, DERIVE, FORMAT
from abuse.lake.publication import Publication
from abuse.lake.storage import made_of, read_json, record_folder
from abuse.lake.stream import batches
from abuse.settings import digest
from abuse.tables import (
    ClusterLineage,
    ClusterMembers,
    Clusters,
    Decisions,
    Explanations,
    Features,
    Links,
    ParticipantAddresses,
    Participants,
    PerRun,
    Scores,
    Services,
    Trails,
)

LOADED: dict[str, tuple[type[PerRun], tuple[str, ...]]] = {
    "took_part": (Participants, (Participants.first_tx_hash,)),
    "owned": (ParticipantAddresses, ()),
    "hopped": (Trails, ()),
    "grouped": (Clusters, ()),
    "held": (ClusterMembers, ()),
    "scored": (Scores, (Scores.member_score, Scores.model_version)),
    "explained": (Explanations, ()),
    "featured": (Features, (Features.median_gap_s, Features.median_gap_upper_s, Features.gap_s)),
    "served": (Services, ()),
    "descended": (ClusterLineage, ()),
}
"""Raw table -> the lake's table, and the columns that no page asks for."""
WITH_EVIDENCE: dict[str, tuple[type[PerRun], str, str]] = {
    "decided": (Decisions, Decisions.evidence, "main.evidence"),
    "tied": (Links, Links.evidence, "raw.items"),
}
"""Raw table -> the lake's table, its list of movements, and where those go, by number of the row."""
OPTIONAL = (Explanations,)
"""Tables that a publication of an earlier version may lack."""


def model_name(publication: Publication) -> str:
    """File name of its read model: another one as soon as a table has another version, or a held run ran again."""
    run = publication.run
    made = {"attempt": run.attempt} if publication.is_held else run.versions
    return f"{digest([FORMAT, run.campaign_id, run.as_of, run.run_id, made])}.sqlite"


def build(publication: Publication, file: Path) -> None:
    """Writes the file; whoever opens it finds all of it or nothing."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".building-", suffix=".sqlite")
    os.close(handle)
    try:
        with closing(sqlite3.connect(name)) as db:
            db.create_aggregate("seen", 1, _Seen)  # type: ignore[arg-type] # typeshed wants more than SQLite does
            db.executescript(BEGIN)
            for raw, (table, columns, where) in WITH_EVIDENCE.items():
                _load_with_evidence(db, publication, raw, table, columns, where)
            for raw, (table, unasked) in LOADED.items():
                _load(db, publication, raw, table, unasked)
            db.executescript(DERIVE)
            db.executemany("INSERT INTO about VALUES (?, ?)", (_about(publication) | _lost(db)).items())
            db.commit()
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


class _Seen:
    """The digest of a cluster's members that a decision about them names."""

    def __init__(self) -> None:
        self._accounts: list[str] = []

    def step(self, account: str) -> None:
        self._accounts.append(account)

    def finalize(self) -> str:
        return authority.members_digest(frozenset(self._accounts))


def _about(publication: Publication) -> dict[str, str]:
    run = publication.run
    about = {"campaign_id": run.campaign_id, "as_of": run.as_of.isoformat(), "run_id": run.run_id}
    made = _made_of(publication)
    return about | ({"rules": json.dumps(made["settings"])} if made else {})


def _lost(db: sqlite3.Connection) -> dict[str, str]:
    """Whether who took part is kept no more, and so neither whose the addresses are: those tables hold one run of a
    night, and another took its place.
    """
    sql = "SELECT 1 WHERE EXISTS (SELECT 1 FROM raw.decided) AND NOT EXISTS (SELECT 1 FROM raw.took_part)"
    return {"lost": "participants"} if db.execute(sql).fetchone() else {}


def _made_of(publication: Publication) -> Any:
    """What the run kept of how it was made; nothing where its night was begun anew since and it is held."""
    run, lake = publication.run, publication.lake
    if not publication.is_held:
        return read_json(made_of(lake, run.campaign_id, run.as_of, run.run_id))
    found = read_json(f"{record_folder(lake, run.campaign_id, run.as_of)}/ingest.json")
    return found if found and found["run_id"] == run.run_id else None


def asked(table: type[PerRun], unasked: Iterable[str] = ()) -> list[str]:
    """The table's columns without those that are the same on every row of a slice."""
    return [name for name in table.columns() if name not in (*PerRun.columns(), *unasked)]


def _load(db: sqlite3.Connection, publication: Publication, raw: str, table: type[PerRun], no: Iterable[str]) -> None:
    columns = asked(table, no)
    insert = _made(db, raw, columns)
    is_missing = table in OPTIONAL and not publication.is_held and table.table_name() not in publication.run.versions
    for batch in () if is_missing else batches(publication, table, columns):
        db.executemany(insert, _tuples(batch.columns))


def _load_with_evidence(
    db: sqlite3.Connection, publication: Publication, raw: str, table: type[PerRun], evidence: str, where: str
) -> None:
    """SQLite numbers the rows from 1 as they come."""
    columns = asked(table, (evidence,))
    insert = _made(db, raw, columns)
    num = 1
    for batch in batches(publication, table, [*columns, evidence]):
        db.executemany(insert, _tuples(batch.columns[:-1]))
        db.executemany(
            f"INSERT INTO {where} VALUES ({', '.join('?' * 12)})",  # noqa: S608 -- our own names
            _items(batch.columns[-1], num),
        )
        num += batch.num_rows


def _made(db: sqlite3.Connection, raw: str, columns: list[str]) -> str:
    """Makes the raw table; how a row is put into it."""
    db.execute(f"CREATE TABLE raw.{raw} ({', '.join(columns)})")
    return f"INSERT INTO raw.{raw} VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 -- our own names


def _items(lists: pa.ListArray, first: int) -> Iterator[tuple[Any, ...]]:
    """(row number, place, the struct's fields) of every item of the lists."""
    parents = [first + row for row in pc.list_parent_indices(lists).to_pylist()]
    places = (place for length in pc.list_value_length(lists).to_pylist() for place in range(length or 0))
    return zip(parents, places, *(_values(array) for array in pc.list_flatten(lists).flatten()), strict=True)


def _tuples(columns: list[pa.Array]) -> Iterator[tuple[Any, ...]]:
    return zip(*(_values(array) for array in columns), strict=True)


def _values(array: pa.Array) -> list[Any]:
    """What SQLite can keep."""
    if pa.types.is_timestamp(array.type):
        return list(array.cast(pa.int64()).to_pylist())
    if pa.types.is_nested(array.type):
        return [None if value is None else json.dumps(value) for value in array.to_pylist()]
    return list(array.to_pylist())
