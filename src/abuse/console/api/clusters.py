"""Clusters, their members, the movements that tie them, and their picture."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from abuse.console.api import shapes
from abuse.console.api.v1 import PROBLEMS, After, Limit, evidence, slice_of
from abuse.console.asked import (
    ClusterId,
    FromDoor,
    FromKept,
    FromLedgers,
    FromView,
    Kind,
    Least,
    Page,
    Rules,
    Show,
    Sort,
    Whose,
)
from abuse.console.draw.graph import Facts, facts, graph
from abuse.console.pages.cluster import sentence
from abuse.console.read import accounts
from abuse.console.read import clusters as reading
from abuse.console.read.build import model_name
from abuse.console.read.model import View
from abuse.console.read.now import Spoken, spoken

api = APIRouter(prefix="/api/v1/campaigns/{campaign_id}/clusters", tags=["clusters"], responses=PROBLEMS)


@api.get("")
def clusters(
    view: FromView,
    limit: Limit,
    ledgers: FromLedgers,
    kept: FromKept,
    who: FromDoor,
    show: Show = "open",
    sort: Sort = "score",
    kind: Kind = "",
    least: Least = 0,
    whose: Whose = "",
    page: Page = 1,
) -> shapes.Clusters:
    """Those with accounts in review or out, unless `show` says otherwise; `todo` is what the queue begins with."""
    asked = reading.Asked(show=show, sort=sort, kind=kind, least=least, whose=whose, page=page)
    said = spoken(view, ledgers, kept)
    rows, num = reading.queue(view, asked, limit, said, who.person.name if who else "")
    found = [shapes.Cluster.model_validate(row | taken(said, row)) for row in rows]
    return shapes.Clusters(**slice_of(view), clusters=found, page=page, num=num)


@api.get("/{cluster_id}")
def cluster(cluster_id: ClusterId, view: FromView, ledgers: FromLedgers, kept: FromKept) -> shapes.ClusterDetail:
    """One cluster: what it is, its score, and which figures stand out."""
    found = reading.cluster(view, cluster_id)
    standing = accounts.explained(view, cluster_id).get("standing") or []
    return shapes.ClusterDetail(
        **slice_of(view),
        **shapes.Cluster.model_validate(found | taken(spoken(view, ledgers, kept), found)).model_dump(),
        seen=found["seen"],
        sentence=sentence(found),
        top_reasons=found["top_reasons"],
        standing=[shapes.Standing.model_validate(one) for one in standing],
        lineage=reading.lineage(view, cluster_id),
    )


def taken(said: Spoken, row: dict[str, Any]) -> dict[str, Any]:
    """Whose the cluster is."""
    one = said.taken.get(row["cluster_id"])
    return {"taken_by": one.by if one else None, "taken_at": one.at if one else None}


@api.get("/{cluster_id}/members")
def members(cluster_id: ClusterId, view: FromView, limit: Limit, after: After = "") -> shapes.Members:
    """In the order of their names."""
    reading.cluster(view, cluster_id)
    rows = reading.members_after(view, cluster_id, after, limit + 1)
    found = [shapes.Member.model_validate(row) for row in rows[:limit]]
    return shapes.Members(**slice_of(view), members=found, next_after=found[-1].account if len(rows) > limit else None)


@api.get("/{cluster_id}/evidence")
def movements(
    cluster_id: ClusterId, view: FromView, rules: Rules, limit: Limit, offset: Annotated[int, Query(ge=0)] = 0
) -> shapes.Movements:
    """The movements and acts that tie its members, earliest first."""
    reading.cluster(view, cluster_id)
    rows = reading.movements(view, cluster_id, offset, limit + 1)
    found = [evidence(accounts.evidence(row), rules) for row in rows[:limit]]
    more = offset + limit if len(rows) > limit else None
    return shapes.Movements(**slice_of(view), movements=found, next_offset=more)


@api.get("/{cluster_id}/graph")
def picture(cluster_id: ClusterId, view: FromView, rules: Rules, kept: FromKept) -> dict[str, Any]:
    """Nodes with places and flows with amounts, as the page draws them: the same every time it is asked for."""
    found = reading.cluster(view, cluster_id)
    key = ("graph", model_name(view.publication), cluster_id)
    drawn: dict[str, Any] = kept.get(key, lambda: graph(picture_of(view, found), rules.graph_nodes))
    return drawn


def picture_of(view: View, found: dict[str, Any]) -> Facts:
    """All that is known of who paid whom around a cluster."""
    cluster_id = found["cluster_id"]
    hops, owner = reading.drawn_hops(view, cluster_id)
    return facts(
        reading.drawn_members(view, cluster_id),
        reading.services(view, cluster_id),
        found,
        reading.drawn_movements(view, cluster_id, has_hops=bool(hops)),
        hops,
        reading.drawn_ties(view, cluster_id),
        owner,
    )
