"""How a session is set for the size of what it will read.

On a few hundred megabytes planning and compiling cost more than they save: each adaptive stage and each broadcast is a
job of its own, and code made for a plan is run a handful of times. The rows are the same either way.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from pyarrow.fs import FileType

from abuse.campaign import Source
from abuse.errors import AbuseError
from abuse.lake.matching import matched
from abuse.lake.storage import storage_of
from abuse.settings import Spark

MIB = 1 << 20
PACKED = 3
"""Bytes of text for one of a packed file (.gz, parquet): 3 of Hop's list of transfers (measured), more of others."""
SMALL = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.sql.optimizer.disableHints": "true",  # hints of broadcasts are meant for much data
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
LARGE = {
    "spark.sql.autoBroadcastJoinThreshold": "128m",  # first times of 5 M addresses; to shuffle transfers costs more
    "spark.sql.codegen.aggregate.map.twolevel.enabled": "false",  # a small map before the large costs addresses 10 %
    "spark.sql.codegen.cache.maxEntries": "2000",
}
JVM = {
    "small": "-XX:+UseSerialGC",  # the first compiler alone takes as much CPU in all, and a quarter longer (measured)
    # without huge pages, looking up addresses in large maps takes a quarter longer (measured)
    "large": "-XX:+UseParallelGC -XX:+UseTransparentHugePages",
}


def profile_of(spark: Spark, sources: Iterable[Source] | None) -> str:
    """`small` or `large`: as the settings say, else by the bytes of the sources. What is not known may be large."""
    if spark.profile != "auto":
        return spark.profile
    if sources is None:
        return "large"
    return "small" if bytes_of(sources) <= spark.small_mib * MIB else "large"


def bytes_of(sources: Iterable[Source]) -> int:
    """Of all files of these sources, as text; one that cannot be opened is told of when it is read."""
    total = 0
    for path in sorted({path for source in sources for path in _files(source)}):
        system, at = storage_of(path).arrow(path)
        found = system.get_file_info(at)
        size = found.size if found.type == FileType.File else 0
        total += size if path.endswith(".csv") else PACKED * size
    return total


def _files(source: Source) -> list[str]:
    try:
        return matched(source)
    except AbuseError:
        return []


def heap(spark: Spark, profile: str) -> str:
    """Memory of the driver, which in local mode does all the work: as the settings say, else by profile and machine."""
    if spark.driver_memory != "auto":
        return spark.driver_memory
    if profile == "small":
        return f"{spark.small_heap_mib}m"
    return f"{max(spark.least_heap_mib, int(_memory() * spark.heap_share) // MIB)}m"


def _memory() -> int:
    """Bytes that this process may use: the machine's, or its container's where that is less."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        text = Path(file).read_text(encoding="ascii").strip() if Path(file).is_file() else ""
        limits += [int(text)] if text.isdigit() else []
    return min(limits)
