"""Links, members -> the links that hold a cluster together; others were cut, or lead out of it."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse.tables import ClusterMembers, Links


def inside(links: DataFrame, members: DataFrame) -> DataFrame:
    """The links between two members of one cluster."""
    src, dst = (
        members.select(F.col(ClusterMembers.account).alias(end), F.col(ClusterMembers.cluster_id).alias(f"_{end}"))
        for end in (Links.src, Links.dst)
    )
    return links.join(src, on=Links.src).join(dst, on=Links.dst).where(F.col("_src") == F.col("_dst"))
