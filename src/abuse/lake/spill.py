"""Where a night writes aside for itself, and what goes wrong there in one line."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import gettempdir, mkdtemp

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from abuse.address import is_remote
from abuse.errors import LakeError
from abuse.lake.storage import remove_tree

UNWRITABLE: tuple[str, ...] = (
    "mkdirs failed",
    "not a directory",
    "permission denied",
    "no space left",
    "read-only file system",
)
UNWRITABLE += ("access denied", "no such bucket", "nosuchbucket")  # of S3


def spill_folder(lake: str, spark: SparkSession) -> str:
    """In the lake, where a cluster's machines find it; a machine alone takes its disk, if the lake is in S3."""
    if not is_remote(lake) or not str(spark.sparkContext.master).startswith("local"):
        return f"{lake}/work/spill"
    return _scratch(lake, (spark.sparkContext.getConf().get("spark.local.dir") or gettempdir()).partition(",")[0])


@cache
def _scratch(_lake: str, folder: str) -> str:
    """A folder of this process, gone when it ends."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    made = mkdtemp(prefix="abuse-spill-", dir=folder)
    atexit.register(remove_tree, made)
    return made


@contextmanager
def writable(folder: str) -> Iterator[None]:
    """Turns what Spark says of a folder it cannot write to, or of a worker that died, into one line."""
    try:
        yield
    except (PySparkException, Py4JJavaError) as why:
        said = str(why)
        if "Python worker exited unexpectedly" in said:
            found, wanted = "a Python worker died", "one that lives; it was killed, or memory ran out"
            raise LakeError("Spark", found, wanted, "Run it again; with less memory in use, if it stays.") from why
        cause = next((line for line in said.splitlines() if any(word in line.lower() for word in UNWRITABLE)), None)
        if cause is not None:
            found = f"cannot be written to ({cause.split('Exception: ')[-1][:200]})"
            raise LakeError(
                f"folder {folder}", found, "a folder to write to", "Make it writable, or free space."
            ) from why
        raise
