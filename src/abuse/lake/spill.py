"""Where a night writes aside for itself."""

from __future__ import annotations

import atexit
from functools import cache
from pathlib import Path
from tempfile import gettempdir, mkdtemp

from pyspark.sql import SparkSession

from abuse.address import is_remote
from abuse.lake.storage import remove_tree


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
