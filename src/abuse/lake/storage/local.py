"""Files of this machine."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from pyarrow.fs import FileSystem

from abuse.lake.storage.interface import Entry


class Local:
    """See `Storage`."""

    def read(self, path: str) -> bytes | None:
        try:
            return Path(path).read_bytes()
        except FileNotFoundError:
            return None

    def opened(self, path: str) -> AbstractContextManager[BinaryIO]:
        return Path(path).open("rb")

    def write(self, path: str, content: bytes) -> None:
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

    def remove(self, paths: Iterable[str]) -> None:
        for path in paths:
            Path(path).unlink(missing_ok=True)

    def remove_tree(self, folder: str) -> None:
        shutil.rmtree(folder, ignore_errors=True)

    def names(self, folder: str) -> list[str]:
        return sorted(path.name for path in _in(folder) if path.is_file())

    def folders(self, folder: str) -> list[str]:
        return sorted(str(path) for path in _in(folder) if path.is_dir())

    def files(self, folder: str) -> list[Entry]:
        root = Path(folder)
        found = [(path, path.stat()) for path in sorted(root.rglob("*")) if path.is_file()]
        return [Entry(path.relative_to(root).as_posix(), stat.st_size, stat.st_mtime) for path, stat in found]

    def below(self, folder: str) -> list[str]:
        found, seen = [], {os.path.realpath(folder)}
        for at, folders, names in os.walk(folder, followlinks=True):
            real = {name: os.path.realpath(f"{at}/{name}") for name in folders}
            folders[:] = [name for name in folders if real[name] not in seen]  # a link to where it lies has no end
            seen.update(real.values())
            found += [f"{at}/{name}" for name in names]
        return sorted(found, key=lambda path: path.split("/"))

    def is_file(self, path: str) -> bool:
        return Path(path).is_file()

    def mark(self, path: str) -> tuple[str, float]:
        found = Path(path).stat()  # who sets the time of writing back cannot set that of the change
        return f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}", found.st_ctime

    def matching(self, pattern: str) -> list[str]:
        found = sorted(Path(p) for p in glob.glob(pattern)) if "*" in pattern else [Path(pattern)]  # noqa: PTH207
        is_whole = all(path.exists() for path in found)  # a link that leads nowhere is a file that is missing
        return [str(path) for path in found] if is_whole else []

    def table_options(self, uri: str) -> None:
        return None

    def arrow(self, uri: str) -> tuple[FileSystem, str]:
        filesystem, path = FileSystem.from_uri(uri)
        return filesystem, path


def _in(folder: str) -> Iterable[Path]:
    root = Path(folder)
    return root.iterdir() if root.is_dir() else ()
