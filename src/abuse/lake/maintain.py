"""Lake -> the same rows in less space: ledgers compacted, files that nothing needs removed, leftovers of killed nights.

Needed is what a table holds now, each publication's slice at the version its row in `runs` names, however old, what was
frozen for payout, and the fact versions that ingest's records name. A table of which that cannot be told for sure is
left alone.

Public tables are never compacted: it would rewrite files that published versions need, and a slice is a few files.
delta-rs' vacuum would keep those versions whole, every other slice of then included, so that next to nothing ever goes;
it also takes the checksums beside Spark's living files, and commits twice a call to tables that only `publish` writes.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from abuse.errors import LakeError
from abuse.lake.lock import LakeLock
from abuse.lake.publication import Run, ledger, runs
from abuse.lake.storage import made_of, read_json, remove_tree
from abuse.settings import Maintain
from abuse.tables import ALL, LEDGERS, PUBLIC, FirstFunders, Freezes, PerRun, Runs

GRACE_DAYS = 1
"""Spills, and files that compaction replaced, go after a day: no night and no page reads them that long."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What was done to one table; in a dry run, what would be."""

    table: str
    files_removed: int = 0
    bytes_removed: int = 0
    files_compacted: int = 0
    left_alone: str = ""

    def __str__(self) -> str:
        removed = f"{self.files_removed:>7,} files removed {self.bytes_removed:>16,} bytes"
        compacted = f"{self.files_compacted:>7,} files compacted"
        return f"{self.table:<28} " + (f"left alone: {self.left_alone}" if self.left_alone else removed + compacted)


class Need(NamedTuple):
    """A version that may still be read: all of it, or the partitions that `within` names."""

    version: int
    within: tuple[tuple[str, str | datetime], ...] = ()


def maintain(lake: str, rules: Maintain, *, is_dry: bool = False, now: datetime | None = None) -> list[Done]:
    """What was done to each table. Raises LakeError where there is no lake, or while a run holds it."""
    root, now = Path(lake).resolve(), now or datetime.now(UTC)
    before, lately = now - timedelta(days=rules.keep_days), now - timedelta(days=GRACE_DAYS)
    ledgers = [t.table_name() for t in LEDGERS]
    public = [t.table_name() for t in PUBLIC]
    work = [f"work/{t.table_name()}" for t in ALL if t not in LEDGERS]
    found = [name for name in (*ledgers, *public, *work) if DeltaTable.is_deltatable(str(root / name))]
    if (
        Runs.table_name() not in found
    ):  # without it nobody knows what is published; before the lock, which makes a folder
        fix = "Give the --lake that `abuse night` had."
        raise LakeError(f"lake {lake}", "no ledger of runs", "a lake in which a run ended", fix)
    done = []
    with LakeLock(root, "maintain") as held:
        with _one_line(f"lake {lake}: runs"):
            needs = needed_versions(root, before)
        for name in found:
            held.check()
            with _one_line(f"lake {lake}: {name}"):
                table = _swept(root, name, needs[name], lately if name in ledgers else before, is_dry=is_dry)
                done.append(_compacted(root, table, is_dry=is_dry) if name in ledgers else table)
        held.check()
        done.append(_spills(root, lately, is_dry=is_dry))
    return done


@contextmanager
def _one_line(where: str) -> Iterator[None]:
    """What delta-rs and the file system say, as an error an operator can act on."""
    try:
        yield
    except (DeltaError, OSError) as why:
        found = (str(why).splitlines() or [type(why).__name__])[0]
        raise LakeError(where, found, "a table that can be read and written", "Mend it, then run it again.") from why


def needed_versions(root: Path, before: datetime) -> dict[str, set[Need]]:
    """Table, as its folder in the lake -> what must stay readable beside its present state."""
    needs: dict[str, set[Need]] = defaultdict(set)
    readable = _readable(runs(str(root)), before)
    published = [(run.campaign_id, run.as_of, run.versions) for run in readable]
    for campaign_id, as_of, versions in published + _frozen(root):
        slice_ = ((PerRun.campaign_id, campaign_id), (PerRun.as_of, as_of))
        for name, version in versions.items():
            needs[name].add(Need(version, slice_))
    for said in _records(root, readable):
        if (version := said.get("first_funders", {}).get("version")) is not None:
            needs[f"work/{FirstFunders.table_name()}"].add(Need(version))
        for name, fact in said["facts"].items():
            if fact["units"] and fact["version"] is not None:
                needs[f"work/{name}"].add(Need(fact["version"]))
    return needs


def _records(root: Path, readable: list[Run]) -> Iterator[dict[str, Any]]:
    """What a resumed or released night reads, and what `abuse replay` reads of these runs."""
    for record in (root / "work" / "records").glob("*/*/ingest.json"):
        yield json.loads(record.read_text(encoding="utf-8"))
    for run in readable:
        if (made := read_json(made_of(str(root), run.campaign_id, run.as_of, run.run_id))) is not None:
            yield made


def _readable(newest_first: list[Run], before: datetime) -> list[Run]:
    """The publication of every slice, and those whose place another took since `before`: their appeals are open."""
    found = []
    replaced_at: dict[tuple[str, datetime], datetime] = {}
    for run in (r for r in newest_first if r.status == "published"):
        slice_ = (run.campaign_id, run.as_of)
        if replaced_at.get(slice_, before) >= before:
            found.append(run)
        replaced_at[slice_] = run.finished_at
    return found


def _frozen(root: Path) -> list[tuple[str, datetime, dict[str, int]]]:
    """What payout was given is kept for good."""
    rows = ledger(str(root), Freezes).to_pylist()
    return [(row[Freezes.campaign_id], row[Freezes.as_of], json.loads(row[Freezes.versions])) for row in rows]


def _swept(root: Path, name: str, needs: set[Need], before: datetime, *, is_dry: bool) -> Done:
    """Removes the files that were written before this time and that no need names."""
    path = root / name
    needed = _files(DeltaTable(str(path)))
    for version, within in sorted(needs):
        try:
            needed |= _files(DeltaTable(str(path), version=version), dict(within))
        except (DeltaError, OSError):
            return Done(table=name, left_alone=f"version {version}, which is needed, cannot be read")
    found = (file.relative_to(path) for file in path.rglob("*.parquet"))
    files = {file for file in found if file.parts[0] != "_delta_log"}
    if missing := sorted(needed - files):
        return Done(table=name, left_alone=f"{len(missing)} needed files are missing; the first is {missing[0].name}")
    stats = {path / file: (path / file).stat() for file in files - needed}
    old = {file: stat.st_size for file, stat in stats.items() if stat.st_mtime < before.timestamp()}
    for file in () if is_dry else sorted(old):
        file.unlink()
        file.with_name(f".{file.name}.crc").unlink(missing_ok=True)  # Spark's checksum of it
    return Done(table=name, files_removed=len(old), bytes_removed=sum(old.values()))


def _files(table: DeltaTable, within: dict[str, Any] | None = None) -> set[Path]:
    """The files of a version, those of its partitions that `within` names. The log holds their paths URL-encoded."""
    adds = pa.table(table.get_add_actions(flatten=True))
    wanted = {f"partition.{column}": value for column, value in (within or {}).items()}
    rows = adds.select(["path", *wanted]).to_pylist()
    return {Path(unquote(row["path"])) for row in rows if all(row[column] == value for column, value in wanted.items())}


def _compacted(root: Path, swept: Done, *, is_dry: bool) -> Done:
    """Joins a ledger's small files, one per append, and leaves a checkpoint, so that it opens fast.

    After the sweep: a page that opened the ledger before this call still finds the files it is about to read.
    """
    if swept.left_alone:
        return swept
    table = DeltaTable(str(root / swept.table))
    if is_dry:
        num = len(table.file_uris())
        return replace(swept, files_compacted=num if num > 1 else 0)
    num = table.optimize.compact()["numFilesRemoved"]
    table = DeltaTable(str(root / swept.table))
    if not (root / swept.table / "_delta_log" / f"{table.version():020}.checkpoint.parquet").exists():
        table.create_checkpoint()
    return replace(swept, files_compacted=num)


def _spills(root: Path, before: datetime, *, is_dry: bool) -> Done:
    """What a killed night wrote aside for itself; a living one would hold the lake."""
    num, size = 0, 0
    for folder in (root / "work" / "spill").glob("*/"):
        stats = [file.stat() for file in folder.rglob("*") if file.is_file()]
        if max(s.st_mtime for s in (folder.stat(), *stats)) < before.timestamp():
            num, size = num + len(stats), size + sum(s.st_size for s in stats)
            if not is_dry:
                remove_tree(str(folder))
    return Done(table="work/spill", files_removed=num, bytes_removed=size)
