"""Reviews and the groups of a slice -> Standings, for the step that decides and for a publication that is refreshed."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse import authority
from abuse.authority import Group, Row
from abuse.tables import ClusterMembers, Standings


def standings(rows: Iterable[Row], members: DataFrame, max_changed: float, allow_list: Collection[str]) -> DataFrame:
    """One row per account that people speak of. Few are: a person said so of each, so they pass through the driver."""
    said = authority.counted(rows)
    now = groups(members, authority.in_groups(said))
    found = authority.standings(said, now, max_changed, allow_list)
    told = [(account, one.verdict, list(one.reasons)) for account, one in sorted(found.items())]
    return members.sparkSession.createDataFrame(told, Standings.schema())


def groups(members: DataFrame, accounts: Collection[str]) -> dict[str, Group]:
    """account -> all members of its cluster; without those that are in none."""
    if not accounts:
        return {}
    rows = [(account,) for account in accounts]
    asked = members.sparkSession.createDataFrame(rows, f"{ClusterMembers.account} string")
    theirs = members.join(F.broadcast(asked), on=ClusterMembers.account).select(ClusterMembers.cluster_id).distinct()
    whole = members.join(theirs, on=ClusterMembers.cluster_id, how="left_semi")
    return authority.groups(
        (row[ClusterMembers.cluster_id], row[ClusterMembers.account])
        for row in whole.select(ClusterMembers.cluster_id, ClusterMembers.account).collect()
    )
