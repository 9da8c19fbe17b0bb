"""Small files of a lake, on local disk. A reader never sees half of one."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any


def write_json(path: str, value: Any) -> None:
    """Replaces the file in one step."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(target)


def read_json(path: str) -> Any | None:
    """What the file holds, or None where there is no file."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def read_all_json(folder: str) -> list[Any]:
    """What the files of a folder hold, in the order of their names."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(Path(folder).glob("*.json"))]


def remove_tree(path: str) -> None:
    shutil.rmtree(path, ignore_errors=True)


def made_of(lake: str, campaign_id: str, as_of: datetime, run_id: str) -> str:
    """Where a published run keeps what it was made of, whatever becomes of its slice."""
    return f"{record_folder(lake, campaign_id, as_of)}/runs/{run_id}.json"


def record_folder(lake: str, campaign_id: str, as_of: datetime) -> str:
    """Where the steps of one slice leave what they counted."""
    return f"{lake}/work/records/{campaign_id}/{as_of:%Y%m%dT%H%M%S.%fZ}"
