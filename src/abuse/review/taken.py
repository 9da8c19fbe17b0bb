"""Rows of `reviews` -> who works on which cluster, so that nobody else need. It decides nothing.

A cluster is theirs whose take of the members that it has now is the latest that nobody took back, until each member
that is out or in review is decided on since; where none is, until all members are. So it stays theirs while they split
some off, and a later appeal finds it free.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from abuse import authority
from abuse.authority import SAID, Row
from abuse.lake.people import Now, among
from abuse.review.said import Decision
from abuse.tables import Decisions, Reviews
from abuse.words import FLAGGED

TAKE = "take"


@dataclass(frozen=True, slots=True)
class Taken:
    """Who works on a cluster, and since when."""

    by: str
    at: datetime


def takers(every: Iterable[Row], digests: Mapping[str, str], flagged: Collection[str]) -> dict[str, Taken]:
    """cluster -> who has it; without those that nobody has. `every`: oldest first. `digests`: of the members that the
    clusters have now. `flagged`: the accounts that are out or in review as they were published.
    """
    found: dict[str, tuple[int, Row]] = {}
    members: dict[str, set[str]] = defaultdict(set)
    decided: dict[str, int] = {}
    for place, row in enumerate(authority.living(every)):
        cluster = row[Reviews.cluster_id]
        if row[Reviews.action] in SAID:
            decided[row[Reviews.account]] = place
        elif row[Reviews.action] == TAKE and digests.get(cluster) == row[Reviews.member_set_digest]:
            found[cluster] = place, row
            members[row[Reviews.decision_id]].add(row[Reviews.account])

    def is_left(place: int, row: Row) -> bool:
        whole = members[row[Reviews.decision_id]]
        return any(decided.get(account, -1) < place for account in whole.intersection(flagged) or whole)

    return {
        cluster: Taken(row[Reviews.actor], row[Reviews.decided_at])
        for cluster, (place, row) in found.items()
        if is_left(place, row)
    }


def takers_now(now: Now) -> dict[str, Taken]:
    """The same of the clusters of a publication."""
    names = {row[Reviews.cluster_id] for row in authority.living(now.rows) if row[Reviews.action] == TAKE}
    groups = now.clusters(names) if names else {}
    if not groups:
        return {}
    is_flagged = pc.field(Decisions.verdict).isin(pa.array(FLAGGED, pa.string()))
    asked = among(frozenset().union(*groups.values())) & is_flagged
    flagged = now.publication.read(Decisions, [Decisions.account], asked)[Decisions.account].to_pylist()
    digests = {cluster: authority.members_digest(group) for cluster, group in groups.items()}
    return takers(now.rows, digests, set(flagged))


def told_from_whom(now: Now, found: Mapping[str, Decision], actor: str) -> dict[str, Decision]:
    """cluster -> its take, with who had it until then. `now`: from before these were written; one that was found in the
    ledger tells what it told at first.
    """
    said_at = {row[Reviews.decision_id]: row[Reviews.decided_at] for row in now.rows}
    moments = {said_at.get(one.decision_id) for one in found.values()}
    had = {moment: takers_now(_until(now, moment)) for moment in moments}

    def told(cluster: str, one: Decision) -> Decision:
        taken = had[said_at.get(one.decision_id)].get(cluster)
        return one if taken is None or authority.same_person(taken.by, actor) else replace(one, taken_from=taken.by)

    return {cluster: told(cluster, one) for cluster, one in found.items()}


def _until(now: Now, moment: datetime | None) -> Now:
    """As it was before that; as it is where that is yet to come."""
    if moment is None:
        return now
    return Now(now.publication, [row for row in now.rows if row[Reviews.decided_at] < moment])
