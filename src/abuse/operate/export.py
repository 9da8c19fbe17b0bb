"""A publication, as people's word leaves it now -> the files a payout job takes: who is out, and a manifest.

One publication always gives the same bytes until people say something else. A data file carries in its name the id of
its run and how its digest begins, and the manifest is replaced last, in one step: a reader of the manifest finds one
whole list or another, never a mixture.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from abuse import __version__
from abuse.errors import InputError, LakeError
from abuse.lake.people import SHOWN, Now
from abuse.lake.publication import Publication
from abuse.lake.storage import storage_of, write_json
from abuse.tables import Decisions, DisqualifiedAccounts

MANIFEST = "manifest.json"
FORMATS = ("csv", "parquet")
NAME = re.compile(r"disqualified_accounts-\w+-[0-9a-f]{12}\.(csv|parquet)")
BATCH = 10_000
"""Rows turned to text at once; a row with its evidence takes some kilobytes as Python objects."""
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
"""A spreadsheet may run a cell of text that begins so; an apostrophe in front makes it text. A cell that begins with an
apostrophe gets another, so that dropping one always gives back what was there.
"""
READING = "Nested columns are JSON. A text cell that begins with an apostrophe carries one more than it had: drop it."


def export(publication: Publication, out: str, kind: str = "csv") -> dict[str, Any]:
    """Writes who is disqualified now, by this publication and people's word, to the folder; returns the manifest.

    Raises InputError where the folder holds another campaign's export.
    """
    run = publication.run
    before = _replaceable(out, run.campaign_id)
    now = Now.of(publication)
    found, moved = out_now(now)
    rows = sorted_rows(found)
    content = as_csv(rows) if kind == "csv" else as_parquet(rows)
    sha256 = hashlib.sha256(content).hexdigest()
    name = f"{DisqualifiedAccounts.table_name()}-{run.run_id}-{sha256[:12]}.{kind}"
    storage_of(out).write(f"{out}/{name}", content)
    manifest: dict[str, Any] = {
        "campaign": run.campaign_id,
        "as_of": _instant(run.as_of),
        "run_id": run.run_id,
        "table": DisqualifiedAccounts.table_name(),
        "versions": run.versions,
        "reviews": {"known": len(now.rows)} | moved,
        "format": kind,
        "rows": rows.num_rows,
        "columns": [{"name": field.name, "type": str(field.type)} for field in rows.schema],
        "files": [{"name": name, "sha256": sha256, "bytes": len(content)}],
        "package": {"name": "campaign-abuse", "version": __version__},
    }
    manifest |= {"reading": READING} if kind == "csv" else {}
    write_json(f"{out}/{MANIFEST}", manifest)
    storage_of(out).remove(f"{out}/{old}" for old in before - {name})
    return manifest


def out_now(now: Now) -> tuple[pa.Table, dict[str, int]]:
    """Who is out: rows as they were published, but of whom people spoke as their word leaves them. And how many of
    these it put on the published list and took off.
    """
    published = now.publication.read(DisqualifiedAccounts)
    own = [name for name in published.column_names if name not in SHOWN]
    decided = now.decisions(now.spoken_of, own) if now.rows else []
    ours = [row for row in decided if row[Decisions.verdict] == "disqualified"]
    before = set(published.filter(now.spoken_of)[Decisions.account].to_pylist())
    after = {row[Decisions.account] for row in ours}
    rows = pa.concat_tables([published.filter(~now.spoken_of), pa.Table.from_pylist(ours, schema=published.schema)])
    return rows, {"put_on": len(after - before), "taken_off": len(before - after)}


def sorted_rows(rows: pa.Table) -> pa.Table:
    """In the order of an export, by account."""
    return rows.sort_by(DisqualifiedAccounts.account).combine_chunks()


def check(out: str) -> dict[str, Any]:
    """The manifest of an export that is whole. Raises LakeError naming the first file that is not as it was written."""
    manifest = _manifest(out)
    if manifest is None:
        raise _broken(out, f"no {MANIFEST}")
    for file in manifest["files"]:
        content = storage_of(out).read(f"{out}/{file['name']}")
        if content is None:
            raise _broken(out, f"no {file['name']}")
        if len(content) != file["bytes"]:
            raise _broken(out, f"{file['name']} has {len(content):,} bytes, not {file['bytes']:,}")
        if hashlib.sha256(content).hexdigest() != file["sha256"]:
            raise _broken(out, f"{file['name']} has another sha256")
    return manifest


def as_csv(rows: pa.Table) -> bytes:
    """RFC 4180, UTF-8, with a header. Empty means none."""
    return "".join(csv_parts(rows)).encode()


def csv_parts(rows: pa.Table) -> Iterator[str]:
    """The same, as it is made."""
    yield _csv([rows.column_names])
    for batch in rows.to_batches(BATCH):
        yield _csv([_cell(value) for value in row.values()] for row in batch.to_pylist())


def _csv(rows: Iterable[list[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


def as_parquet(rows: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(rows.replace_schema_metadata(None), sink, compression="zstd")
    return sink.getvalue()


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return f"'{value}" if value.startswith(DANGEROUS) else value
        case datetime():
            return _instant(value)
        case list() | dict():
            return json.dumps(value, default=_instant, separators=(",", ":"))
    return json.dumps(value)


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _replaceable(out: str, campaign_id: str) -> set[str]:
    """The data files of the export that stands there."""
    found = _manifest(out)
    if found is None:
        return set()
    if found["campaign"] != campaign_id:
        said, wanted = f"an export of {found['campaign']}", f"a new folder, or an export of {campaign_id}"
        raise InputError(f"--out {out}", said, wanted, "Name a folder for each campaign.")
    return {file["name"] for file in found["files"]}


def _manifest(out: str) -> dict[str, Any] | None:
    """Raises LakeError for one that is not ours: its names are opened, and removed, so they must be plain."""
    content = storage_of(out).read(f"{out}/{MANIFEST}")
    if content is None:
        return None
    try:
        found: dict[str, Any] = json.loads(content)
        is_ours = isinstance(found["campaign"], str) and bool(found["files"])
        is_ours = is_ours and all(NAME.fullmatch(f["name"]) and {"bytes", "sha256"} <= set(f) for f in found["files"])
    except (ValueError, TypeError, KeyError):
        is_ours = False
    if not is_ours:
        raise _broken(out, f"a {MANIFEST} that no export wrote")
    return found


def _broken(out: str, found: str) -> LakeError:
    return LakeError(f"export {out}", found, "an export as it was written", "Export it again: `abuse export ...`.")
