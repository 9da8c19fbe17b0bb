"""Lake -> the same rows in less space: ledgers compacted, files that nothing needs removed, leftovers of killed nights.

Needed is what a table holds now, each publication's slice at the version its row in `runs` names, however old, what was
frozen for payout, and the fact versions that ingest's records name. A table of which that cannot be told for sure is
left alone.

Public tables are never compacted: it would rewrite files that published versions need, and a slice is a few files.
delta-rs' vacuum would keep those versions whole, every other slice of then included, so that next to nothing ever goes;
it also takes the checksums beside Spark's living files, and commits twice a call to tables that only `publish` writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from deltalake.exceptions import DeltaError

from abuse.errors import LakeError
from abuse.lake.lock import LakeLock
from abuse.lake.needs import Need, needed_versions
from abuse.lake.rust import files_within, is_table, opened
from abuse.lake.storage import storage_of
from abuse.plurals import counted
from abuse.settings import Maintain
from abuse.tables import ALL, LEDGERS, PUBLIC, Runs

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


def maintain(lake: str, rules: Maintain, *, is_dry: bool = False, now: datetime | None = None) -> list[Done]:
    """What was done to each table. Raises LakeError where there is no lake, or while a run holds it."""
    root, now = lake.rstrip("/"), now or datetime.now(UTC)
    before, lately = now - timedelta(days=rules.keep_days), now - timedelta(days=GRACE_DAYS)
    ledgers = [t.table_name() for t in LEDGERS]
    public = [t.table_name() for t in PUBLIC]
    work = [f"work/{t.table_name()}" for t in ALL if t not in LEDGERS]
    found = [name for name in (*ledgers, *public, *work) if is_table(f"{root}/{name}")]
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


def _swept(root: str, name: str, needs: set[Need], before: datetime, *, is_dry: bool) -> Done:
    """Removes the files that were written before this time and that no need names."""
    path, storage = f"{root}/{name}", storage_of(root)
    needed = files_within(opened(path), {})
    for version, within in sorted(needs):
        try:
            needed |= files_within(opened(path, version), dict(within))
        except (DeltaError, OSError):
            return Done(table=name, left_alone=f"version {version}, which is needed, cannot be read")
    found = (file for file in storage.files(path) if file.path.endswith(".parquet"))
    files = {file.path: file for file in found if not file.path.startswith("_delta_log/")}
    if missing := sorted(needed - set(files)):
        first = PurePosixPath(missing[0]).name
        return Done(
            table=name,
            left_alone=f"{counted(len(missing), 'needed file is', 'needed files are')} missing; the first is {first}",
        )
    loose = [file for file in files.values() if file.path not in needed]
    old = [file for file in loose if file.changed < before.timestamp()]
    if not is_dry:
        storage.remove(f"{path}/{gone}" for file in old for gone in (file.path, _checksum(file.path)))
    return Done(table=name, files_removed=len(old), bytes_removed=sum(file.size for file in old))


def _checksum(path: str) -> str:
    """Spark's, of a file on a disk."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/.{name}.crc" if folder else f".{name}.crc"


def _compacted(root: str, swept: Done, *, is_dry: bool) -> Done:
    """Joins a ledger's small files, one per append, and leaves a checkpoint, so that it opens fast.

    After the sweep: a page that opened the ledger before this call still finds the files it is about to read.
    """
    if swept.left_alone:
        return swept
    uri = f"{root}/{swept.table}"
    table = opened(uri)
    if is_dry:
        num = len(table.file_uris())
        return replace(swept, files_compacted=num if num > 1 else 0)
    num = table.optimize.compact()["numFilesRemoved"]
    table = opened(uri)
    if not storage_of(uri).is_file(f"{uri}/_delta_log/{table.version():020}.checkpoint.parquet"):
        table.create_checkpoint()
    return replace(swept, files_compacted=num)


def _spills(root: str, before: datetime, *, is_dry: bool) -> Done:
    """What a killed night wrote aside for itself; a living one would hold the lake."""
    num, size, storage = 0, 0, storage_of(root)
    for folder in storage.folders(f"{root}/work/spill"):
        files = storage.files(folder)
        if max((file.changed for file in files), default=0.0) < before.timestamp():
            num, size = num + len(files), size + sum(file.size for file in files)
            if not is_dry:
                storage.remove_tree(folder)
    return Done(table="work/spill", files_removed=num, bytes_removed=size)
