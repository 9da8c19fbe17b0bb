"""What Spark, delta-rs and the file system say of a place that cannot be written to -> one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from deltalake.exceptions import DeltaError
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from abuse.errors import LakeError

UNWRITABLE: tuple[str, ...] = (
    "mkdirs failed",
    "not a directory",
    "permission denied",
    "no space left",
    "disk quota exceeded",
    "read-only file system",
)
UNWRITABLE += ("access denied", "no such bucket", "nosuchbucket")  # of S3


@contextmanager
def writable(where: str) -> Iterator[None]:
    """Raises LakeError of `where`, such as "folder x", when nothing can be written there or a worker died; other errors
    pass.
    """
    try:
        yield
    except (PySparkException, Py4JJavaError, DeltaError, OSError) as why:
        said = str(why)
        if "Python worker exited unexpectedly" in said:
            found, wanted = "a Python worker died", "one that lives; it was killed, or memory ran out"
            raise LakeError("Spark", found, wanted, "Run it again; with less memory in use, if it stays.") from why
        cause = next((line for line in said.splitlines() if any(word in line.lower() for word in UNWRITABLE)), None)
        if cause is None:
            raise
        found = f"cannot be written to ({cause.split('Exception: ')[-1].strip()[:200]})"
        raise LakeError(where, found, "a place to write to", "Make it writable, or free space.") from why
