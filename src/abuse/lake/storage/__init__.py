"""Small files of a lake, on local disk or in S3, by their addresses. A reader never sees half of one."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from typing import Any

from abuse.address import is_remote
from abuse.lake.storage.interface import Storage
from abuse.lake.storage.local import Local

LOCAL = Local()


def storage_of(address: str) -> Storage:
    """What knows the files there."""
    return _s3() if is_remote(address) else LOCAL


@cache
def _s3() -> Storage:
    from abuse.lake.storage.s3 import S3

    return S3()


def write_json(path: str, value: Any) -> None:
    """Replaces the file in one step."""
    storage_of(path).write(path, json.dumps(value, indent=1, sort_keys=True).encode())


def read_json(path: str) -> Any | None:
    """What the file holds, or None where there is no file."""
    found = storage_of(path).read(path)
    return None if found is None else json.loads(found)


def read_all_json(folder: str) -> list[Any]:
    """What the files of a folder hold, in the order of their names."""
    names = [name for name in storage_of(folder).names(folder) if name.endswith(".json")]
    return [found for name in names if (found := read_json(f"{folder}/{name}")) is not None]


def remove_tree(path: str) -> None:
    storage_of(path).remove_tree(path)


def made_of(lake: str, campaign_id: str, as_of: datetime, run_id: str) -> str:
    """Where a published run keeps what it was made of, whatever becomes of its slice."""
    return f"{record_folder(lake, campaign_id, as_of)}/runs/{run_id}.json"


def record_folder(lake: str, campaign_id: str, as_of: datetime) -> str:
    """Where the steps of one slice leave what they counted."""
    return f"{lake}/work/records/{campaign_id}/{as_of:%Y%m%dT%H%M%S.%fZ}"


def report_folder(lake: str, campaign_id: str, as_of: datetime) -> str:
    """Where the runs of one slice leave what people read."""
    return f"{lake.rstrip('/')}/reports/{campaign_id}/{as_of:%Y%m%dT%H%M%SZ}"


def record_folders(lake: str) -> list[str]:
    """Those of all slices that were ever begun."""
    storage = storage_of(lake)
    return [slice_ for campaign in storage.folders(f"{lake}/work/records") for slice_ in storage.folders(campaign)]
