"""Folders of this machine, in S3 under the same names."""

from __future__ import annotations

from pathlib import Path

from abuse.lake.storage import storage_of


def uploaded(folder: Path, address: str) -> str:
    """The address, where all files of the folder are now."""
    for path in folder.rglob("*"):
        if path.is_file():
            storage_of(address).write(f"{address}/{path.relative_to(folder).as_posix()}", path.read_bytes())
    return address


def paths(address: str) -> set[str]:
    return {entry.path for entry in storage_of(address).files(address)}
