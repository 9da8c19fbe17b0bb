"""A publication and the ledger -> what waits for a person, largest first, and all there is to know before deciding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow.compute as pc

from abuse import authority
from abuse.authority import APPEALED, CHANGED, HELD, Row
from abuse.errors import InputError
from abuse.lake.people import Now, among
from abuse.operate.page import printable
from abuse.review.checks import found_accounts
from abuse.review.taken import takers_now
from abuse.tables import Clusters, Decisions, Reviews

KINDS = {  # why something waits -> what a person reads
    "appeal": "an owner asks for a review",
    "approval": "a decision waits for a second person",
    "changed": "the group is another than the one that was decided on",
    "review": "the machine is in doubt",
    "held": "a person holds it",
}
"""In the order of who has waited for an answer longest."""
OF_A_MEMBER = (Decisions.score, Decisions.score_lower, Decisions.member_score, Decisions.evidence_kinds)
_OF_CODE = {APPEALED: "appeal", CHANGED: "changed", HELD: "held"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A cluster, or an account that is in none."""

    id: str
    is_cluster: bool
    size: int
    num: int
    """How many of them wait, or have the verdict that was asked for."""
    kinds: list[str]
    score: float | None
    digest: str
    """Of the members: `--seen` of a decision."""
    taken_by: str | None = None
    """Who works on the cluster."""
    taken_at: datetime | None = None


def queue(now: Now, verdict: str | None = None) -> list[Item]:
    """What waits for a person or, by a verdict, all that have it. Largest first."""
    waiting = {row[Reviews.account] for rows in authority.pending(now.rows).values() for row in rows}
    asked = pc.field(Decisions.verdict) == (verdict or "review")
    rows = now.decisions(asked, [Decisions.score], also=waiting)
    told = [(row, _kinds(row, waiting)) for row in rows]
    ours = [(row, kinds) for row, kinds in told if (row[Decisions.verdict] == verdict if verdict else kinds)]
    groups = now.groups([row[Decisions.account] for row, _ in ours])
    taken = takers_now(now)
    by_id: dict[str, list[tuple[dict[str, Any], list[str]]]] = {}
    for row, kinds in ours:
        by_id.setdefault(row[Decisions.cluster_id] or row[Decisions.account], []).append((row, kinds))
    items = []
    for name, of_one in by_id.items():
        first = of_one[0][0]
        group = groups.get(first[Decisions.account], frozenset({first[Decisions.account]}))
        found = {kind for _, kinds in of_one for kind in kinds}
        item = Item(
            id=name,
            is_cluster=first[Decisions.cluster_id] is not None,
            size=len(group),
            num=len(of_one),
            kinds=[kind for kind in KINDS if kind in found],
            score=first[Decisions.score],
            digest=authority.members_digest(group),
            taken_by=taken[name].by if name in taken else None,
            taken_at=taken[name].at if name in taken else None,
        )
        items.append(item)
    return sorted(items, key=lambda item: (-item.size, item.id))


def _kinds(row: dict[str, Any], waiting: set[str]) -> list[str]:
    """Why a person should look at the account."""
    codes = {authority.code(reason) for reason in row[Decisions.reasons]}
    kinds = [kind for name, kind in _OF_CODE.items() if name in codes]
    if row[Decisions.verdict] == "review" and "held" not in kinds:
        kinds.append("review")
    return kinds + ["approval"] * (row[Decisions.account] in waiting)


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A cluster or an account, as a person decides on it."""

    id: str
    is_cluster: bool
    digest: str
    facts: dict[str, Any]
    members: list[dict[str, Any]]
    """Decisions of the account, or of all members."""
    verdicts: dict[str, int]
    reasons: list[tuple[str, int]]
    """How many have each reason, most common first."""
    pending: list[str]
    """Decisions that wait for a second person."""
    history: list[Row]
    """What people said of them, oldest first."""


def case(now: Now, target: str) -> Case:
    """Raises InputError when the publication knows neither such a cluster nor such an account."""
    target = target.strip()
    members = now.members(target) if target.isprintable() else frozenset()
    accounts = sorted(members) if members else found_accounts(now, [target])
    rows = now.decisions(among(accounts), OF_A_MEMBER)
    rows.sort(key=lambda row: row[Decisions.account])
    group = members or now.groups(accounts).get(accounts[0], frozenset(accounts))
    named = set(accounts)
    reasons = Counter(reason for row in rows for reason in row[Decisions.reasons])
    return Case(
        id=target if members else accounts[0],
        is_cluster=bool(members),
        digest=authority.members_digest(group),
        facts=_facts(now, target) if members else {"cluster": rows[0][Decisions.cluster_id], "members": len(group)},
        members=rows,
        verdicts=dict(Counter(row[Decisions.verdict] for row in rows).most_common()),
        reasons=reasons.most_common(),
        pending=sorted(d for d, of_one in authority.pending(now.rows).items() if _speaks_of(of_one, named)),
        history=[row for row in now.rows if row[Reviews.account] in named],
    )


def _speaks_of(rows: Iterable[Row], accounts: set[str]) -> bool:
    return any(row[Reviews.account] in accounts for row in rows)


def _facts(now: Now, cluster_id: str) -> dict[str, Any]:
    told = [Clusters.size, Clusters.shape, Clusters.num_links, Clusters.founder, Clusters.core_funder]
    told += [Clusters.core_kind, Clusters.num_cut, Clusters.is_giant]
    rows = now.publication.read(Clusters, told, pc.field(Clusters.cluster_id) == cluster_id).to_pylist()
    if not rows:
        found = f"cluster {printable(cluster_id)} has members and no row"
        raise InputError("clusters", found, "one", "Publish the night again.")
    return dict(rows[0])
