"""One cluster: what it is, its score and why, who paid whom, when, who is in it, where it came from."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from abuse.console.act.decide import OF_CLUSTER, OF_MEMBERS
from abuse.console.asked import CampaignId, ClusterId, FromReview, FromView, MemberSort, Night, Page, Rules
from abuse.console.draw.timeline import timeline
from abuse.console.pages.desk import Desk, FromDesk, part_of
from abuse.console.pages.overview import answer
from abuse.console.pages.said import MOST_SHOWN, entries, verdicts_now
from abuse.console.read import accounts
from abuse.console.read import clusters as reading
from abuse.console.read.build import model_name
from abuse.console.read.history import lines_of
from abuse.console.read.model import View
from abuse.console.read.moments import moments
from abuse.console.read.todo import next_to_do
from abuse.operate.because import FAMILIES
from abuse.plurals import counted
from abuse.tables import VERDICTS, ClusterFeatures

pages = APIRouter(prefix="/campaigns/{campaign_id}/clusters/{cluster_id}")
NUM_MOVEMENTS = 25
HELD_BY = {
    "first_gas": "whose first coins came through one wallet",
    "disperse": "that one signer paid in common transactions before they had acted",
    "sweep": "whose last coins went to one address",
    "deposit": "that pay into one customer's account at an exchange",
    "counterparty": "that began together and dealt with one address",
    "direct": "that paid each other",
    "co_activity": "that did the same in the same order at a constant lag",
}


@pages.get("")
def cluster(
    request: Request,
    campaign_id: CampaignId,
    cluster_id: ClusterId,
    desk: FromDesk,
    rules: Rules,
    review: FromReview,
    sort: MemberSort = "ties",
    page: Page = 1,
) -> Response:
    """The whole page, or the part of it that asks: the members, or what people say with the members beside it."""
    found, part = reading.cluster(desk.view, cluster_id), part_of(request)
    shared: dict[str, Any] = {"campaign_id": campaign_id, "tab": "queue", "as_of": desk.as_of, "cluster": found}
    shared |= members(desk, found, sort, page, rules.page_rows)
    shared |= {"reload": part == "decide", "heard": desk.num_heard, "shown": desk.shown}
    if part not in ("", "decide"):
        return answer(request, "_members.html", **shared)
    shared |= deciding(desk, found) | {"max_alone": review.max_alone}
    if part:
        return answer(request, "_decide_cluster.html", **shared)
    return answer(request, "cluster.html", most=rules.graph_nodes, **shared, **pictured(desk, found))


def members(desk: Desk, found: dict[str, Any], sort: str, page: int, num_rows: int) -> dict[str, Any]:
    """A page of its members, as people's word leaves them."""
    return {
        "members": reading.members(desk.view, found["cluster_id"], sort, page, num_rows),
        "stands": desk.people.stands,
        "of_members": desk.allowed(OF_MEMBERS),
        "sorts": list(reading.MEMBER_SORTS),
        "sort": sort,
        "page": page,
        "num_pages": max(1, -(-found["size"] // num_rows)),
    }


def deciding(desk: Desk, found: dict[str, Any]) -> dict[str, Any]:
    """What stands of it, what was said of it, and what comes next."""
    name, people = found["cluster_id"], desk.people
    is_mine = name in people.taken_by(desk.reader)
    return {
        "now": verdicts_now(people, name, {verdict: found[verdict] or 0 for verdict in VERDICTS}),
        "entries": entries(people, (one.account for one in people.by_cluster.get(name, [])), desk.who),
        "most_entries": MOST_SHOWN,
        "next_id": next_to_do(desk.view, name, people, desk.kept, desk.reader),
        "taken": people.taken.get(name),
        "is_mine": is_mine,
        "of_cluster": desk.allowed(action for action in OF_CLUSTER if not (is_mine and action == "take")),
        "outcome": desk.outcome,
    }


def pictured(desk: Desk, found: dict[str, Any]) -> dict[str, Any]:
    """Its score and why, its timeline, its movements and where it came from."""
    view, name = desk.view, found["cluster_id"]
    whole_key = ("cluster", model_name(view.publication), name)
    return {
        **desk.kept.get(whole_key, lambda: whole(view, name)),
        "sentence": sentence(found),
        "explained": accounts.explained(view, name),
        "features": vars(ClusterFeatures),
        "families": FAMILIES,
        "movements": [accounts.evidence(item) for item in reading.movements(view, name, 0, NUM_MOVEMENTS)],
        "lineage": reading.lineage(view, name),
        "run": view.publication.run,
    }


@pages.get("/history")
def history(request: Request, campaign_id: CampaignId, cluster_id: ClusterId, view: FromView, as_of: Night) -> Response:
    """Asked for by the page once it stands: every earlier night is another read of the lake."""
    lines = lines_of(view.publication, cluster_id)
    return answer(request, "_lines.html", campaign_id=campaign_id, lines=lines, as_of=as_of)


def sentence(found: dict[str, Any]) -> str:
    """What it is, in one sentence."""
    held = HELD_BY.get(found["core_kind"] or "", "tied to each other")
    verdicts = ((found["disqualified"], "out"), (found["review"], "in review"), (found["exempt"], "exempt"))
    told = [f"{counted(num, 'is', 'are')} {word}" for num, word in verdicts if num]
    size = f"{counted(found['size'], 'account')} {held}"
    return f"{size}; {', '.join(told)}." if told else f"{size}; nobody of them is flagged."


def whole(view: View, cluster_id: str) -> dict[str, Any]:
    """What takes all its members to say, so it is kept."""
    return {
        "timeline": timeline(moments(view, cluster_id)),
        "services": list(reading.services(view, cluster_id).values()),
        "num_movements": view.value("SELECT count(*) FROM movements WHERE cluster_id = ?", cluster_id),
    }
