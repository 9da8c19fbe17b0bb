"""Source files -> digests of their bytes. What was read once is read again only when storage says that it changed."""

from __future__ import annotations

import hashlib
import time

from abuse.campaign import Source
from abuse.lake.matching import matched
from abuse.lake.storage import read_json, storage_of, write_json
from abuse.lake.storage.interface import Storage
from abuse.settings import digest

CHUNK = 1 << 20
SETTLED_S = 2.0
"""Seconds after which a file's times would tell that it was written again: clocks of file systems tick."""


def source_digest(source: Source, lake: str, *, keeps: bool = True) -> str:
    """Of the files' sha256, in the order of their names. Unless it `keeps` them, nothing is written to the lake. Raises
    InputError when there is no file.
    """
    storage, folder = storage_of(source.path), f"{lake.rstrip('/')}/work/digests"
    return digest([_file_digest(storage, path, folder, keeps=keeps) for path in matched(source)])


def _file_digest(storage: Storage, path: str, folder: str, *, keeps: bool) -> str:
    mark, changed = storage.mark(path)
    kept = f"{folder}/{digest(path)}.json"
    known = read_json(kept) or {}
    if known.get("path") == path and known.get("mark") == mark:
        return str(known["sha256"])
    found = _sha256(storage, path)
    is_settled = storage.mark(path)[0] == mark and changed < time.time() - SETTLED_S
    if keeps and is_settled:
        write_json(kept, {"path": path, "mark": mark, "sha256": found})
    return found


def _sha256(storage: Storage, path: str) -> str:
    whole = hashlib.sha256()
    with storage.opened(path) as file:
        while chunk := file.read(CHUNK):
            whole.update(chunk)
    return whole.hexdigest()
