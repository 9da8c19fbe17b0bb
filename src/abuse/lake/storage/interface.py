"""What the project asks of a storage; `local` and `s3` are the two that answer."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import BinaryIO, NamedTuple, Protocol

from pyarrow.fs import FileSystem


class Entry(NamedTuple):
    """A file below a folder: its path from there with slashes, bytes, and when it was written, seconds since 1970."""

    path: str
    size: int
    changed: float


class Storage(Protocol):
    """Files under addresses. Whoever opens one sees all of it as it was or as it is, never half."""

    def read(self, path: str) -> bytes | None:
        """What the file holds, or None where there is no file."""

    def opened(self, path: str) -> AbstractContextManager[BinaryIO]:
        """The file, to be read in pieces."""

    def write(self, path: str, content: bytes) -> None:
        """Replaces the file in one step; its folder need not be there."""

    def remove(self, paths: Iterable[str]) -> None:
        """The files, where they are there."""

    def remove_tree(self, folder: str) -> None:
        """All below the folder, and the folder."""

    def names(self, folder: str) -> list[str]:
        """Of the files right in the folder, sorted; none where there is no folder."""

    def folders(self, folder: str) -> list[str]:
        """Addresses of the folders right in the folder, sorted."""

    def files(self, folder: str) -> list[Entry]:
        """Every file below the folder, by path."""

    def below(self, folder: str) -> list[str]:
        """Addresses of every file below the folder, by path; links are followed, as whoever reads it follows them."""

    def is_file(self, path: str) -> bool: ...

    def mark(self, path: str) -> tuple[str, float]:
        """What is another when the file is, and when the file was last changed, seconds since 1970; 0 where the mark
        alone tells.
        """

    def matching(self, pattern: str) -> list[str]:
        """Files and folders that a pattern with `*` names, sorted; without `*`, the one it is, where it is there."""

    def table_options(self, uri: str) -> dict[str, str] | None:
        """What delta-rs needs to open a table there. Raises LakeError where nobody can."""

    def arrow(self, uri: str) -> tuple[FileSystem, str]:
        """Arrow's own file system and the path on it."""
