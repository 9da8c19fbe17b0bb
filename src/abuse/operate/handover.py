"""A list of accounts -> a folder that a payout job reads: `manifest.json`, and every list that was ever handed over.

A data file carries in its name the id of its run and how its digest begins, so no other list is ever written over it.
`manifest.json` is replaced last, in one step: a reader of it finds one whole list or another, never a mixture. The one
of before stays under a name of its own, beside its files; the new one says what changed since.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from typing import Any

import pyarrow as pa

from abuse.errors import InputError, LakeError
from abuse.lake.storage import storage_of
from abuse.operate.sheets import accounts_in, as_bytes, as_csv
from abuse.tables import Decisions, DisqualifiedAccounts

MANIFEST = "manifest.json"
TABLE = DisqualifiedAccounts.table_name()
CHANGED = "changed_accounts"
NAME = re.compile(rf"(?:{TABLE}|{CHANGED})-\w+-[0-9a-f]{{12}}\.(?:csv|parquet)")
EARLIER = re.compile(r"manifest-\w+-\w+-[0-9a-f]{12}\.json")
SINCE = "since"
"""Of a manifest: the hand-over of before, and how many accounts came and went since; nothing on the first."""

Manifest = dict[str, Any]


def hand_over(out: str, rows: pa.Table, kind: str, about: Manifest) -> Manifest:
    """Writes the list to the folder; returns its manifest. The list that stands there already is left as it is.

    `about`: whose list it is, with `campaign`, `as_of` and `run_id`. Raises InputError where the folder holds another
    campaign's.
    """
    before = _replaceable(out, about["campaign"])
    content = as_bytes(rows, kind)
    files = [_written(out, f"{TABLE}-{about['run_id']}", kind, content)]
    manifest = about | {"format": kind, "rows": rows.num_rows, "files": files}
    manifest["columns"] = [{"name": field.name, "type": str(field.type)} for field in rows.schema]
    if before is not None and _bare(before) == _bare(manifest):
        return before
    manifest[SINCE] = None if before is None else _since(out, before, accounts_in(content, kind), about["run_id"])
    if _manifest(out) != before:
        found, fix = "another export wrote to it meanwhile", "Export one at a time: run it again."
        raise LakeError(f"export {out}", found, "a folder that nobody else writes to", fix)
    storage_of(out).write(f"{out}/{MANIFEST}", _json(manifest))
    return manifest


def check(out: str) -> Manifest:
    """The manifest of an export that is whole, all that was handed over before included. Raises LakeError naming the
    first file that is not as it was written.
    """
    manifest = _manifest(out)
    if manifest is None:
        raise _broken(out, f"no {MANIFEST}")
    for one in [*(_manifest(out, name) for name in earlier(out)), manifest]:
        for file in _files_of(one or {}):
            _checked(out, file)
    return manifest


def earlier(out: str) -> list[str]:
    """Names of the manifests of what was handed over before."""
    return [name for name in storage_of(out).names(out) if EARLIER.fullmatch(name)]


def _since(out: str, before: Manifest, now: dict[str, str], run_id: str) -> Manifest:
    """Keeps the manifest of before under a name of its own; what changed since."""
    found = {name: before[name] for name in ("run_id", "as_of", "rows")}
    found["manifest"] = _keep(out, before)
    try:
        (file,) = before["files"]
        then = accounts_in(_checked(out, file), before["format"])
    except (LakeError, ValueError, KeyError, csv.Error) as why:
        unread = why.found if isinstance(why, LakeError) else "it does not read as a list"
        return found | {"added": None, "removed": None, "file": None, "unknown": unread}
    added, removed = sorted(now.keys() - then.keys()), sorted(then.keys() - now.keys())
    changed = [(name, now[name], "added") for name in added] + [(name, then[name], "removed") for name in removed]
    columns = (Decisions.account, Decisions.account_as_given, "change")
    table = pa.table({name: [row[place] for row in changed] for place, name in enumerate(columns)})
    file = _written(out, f"{CHANGED}-{run_id}", "csv", as_csv(table)) if changed else None
    return found | {"added": len(added), "removed": len(removed), "file": file}


def _keep(out: str, before: Manifest) -> str:
    """The name under which it stays, whatever takes its place."""
    content = _json(before)
    night = re.sub(r"\W", "", before["as_of"])
    name = f"manifest-{night}-{before['run_id']}-{hashlib.sha256(content).hexdigest()[:12]}.json"
    if not EARLIER.fullmatch(name):
        raise _broken(out, f"a {MANIFEST} that no export wrote")
    storage_of(out).write(f"{out}/{name}", content)
    return name


def _written(out: str, stem: str, kind: str, content: bytes) -> Manifest:
    """What the manifest says of the file. One of this name that stands there holds the same, or is broken."""
    sha256 = hashlib.sha256(content).hexdigest()
    name = f"{stem}-{sha256[:12]}.{kind}"
    if storage_of(out).read(f"{out}/{name}") != content:
        storage_of(out).write(f"{out}/{name}", content)
    return {"name": name, "sha256": sha256, "bytes": len(content)}


def _files_of(manifest: Manifest) -> list[Manifest]:
    """The list itself, and who came and went."""
    changed = (manifest.get(SINCE) or {}).get("file")
    return [*manifest.get("files", ()), *([changed] if changed else [])]


def _checked(out: str, file: Manifest) -> bytes:
    content = storage_of(out).read(f"{out}/{file['name']}")
    if content is None:
        raise _broken(out, f"no {file['name']}")
    if len(content) != file["bytes"]:
        raise _broken(out, f"{file['name']} has {len(content):,} bytes, not {file['bytes']:,}")
    if hashlib.sha256(content).hexdigest() != file["sha256"]:
        raise _broken(out, f"{file['name']} has another sha256")
    return content


def _replaceable(out: str, campaign_id: str) -> Manifest | None:
    """The hand-over that stands there."""
    for name in (MANIFEST, *earlier(out)):
        found = _manifest(out, name)
        if found is not None and found["campaign"] != campaign_id:
            said, wanted = f"an export of {found['campaign']}", f"a new folder, or an export of {campaign_id}"
            raise InputError(f"--out {out}", said, wanted, "Name a folder for each campaign.")
    return _manifest(out)


def _manifest(out: str, name: str = MANIFEST) -> Manifest | None:
    """Raises LakeError for one that is not ours: the files that it names are opened, so their names must be plain."""
    content = storage_of(out).read(f"{out}/{name}")
    if content is None:
        return None
    try:
        found: Manifest = json.loads(content)
        is_ours = isinstance(found["campaign"], str) and bool(found["files"])
        is_ours = is_ours and all(NAME.fullmatch(f["name"]) and {"bytes", "sha256"} <= set(f) for f in _files_of(found))
    except (ValueError, TypeError, KeyError, AttributeError):
        is_ours = False
    if not is_ours:
        raise _broken(out, f"a {name} that no export wrote")
    return found


def _bare(manifest: Manifest) -> Manifest:
    """Without what was before it: the same list is the same hand-over."""
    return {name: value for name, value in manifest.items() if name != SINCE}


def _json(manifest: Manifest) -> bytes:
    return json.dumps(manifest, indent=1, sort_keys=True).encode()


def _broken(out: str, found: str) -> LakeError:
    fix = "Export it again, to a new folder: `abuse export ...`."
    return LakeError(f"export {out}", found, "an export as it was written", fix)
