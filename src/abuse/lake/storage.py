"""Small files of a lake, on local disk. A reader never sees half of one."""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any


def write_bytes(path: str, content: bytes) -> None:
    """Replaces the file in one step, and makes its folder."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.{os.urandom(8).hex()}")
    try:
        with aside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)


def read_bytes(path: str) -> bytes | None:
    """What the file holds, or None where there is no file."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        return None


def write_json(path: str, value: Any) -> None:
    """Replaces the file in one step."""
    write_bytes(path, json.dumps(value, indent=1, sort_keys=True).encode())


def read_json(path: str) -> Any | None:
    """What the file holds, or None where there is no file."""
    found = read_bytes(path)
    return None if found is None else json.loads(found)


def remove(path: str) -> None:
    """The file, where it is there."""
    Path(path).unlink(missing_ok=True)


def read_all_json(folder: str) -> list[Any]:
    """What the files of a folder hold, in the order of their names."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(Path(folder).glob("*.json"))]


def remove_tree(path: str) -> None:
    shutil.rmtree(path, ignore_errors=True)


def record_folder(lake: str, campaign_id: str, as_of: datetime) -> str:
    """Where the steps of one slice leave what they counted."""
    return f"{lake}/work/records/{campaign_id}/{as_of:%Y%m%dT%H%M%S.%fZ}"
