"""One cluster: what it is, its score and why, who paid whom, when, who is in it, where it came from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from abuse.console.act.decide import OF_CLUSTER, OF_MEMBERS
from abuse.console.asked import (
    CampaignId,
    ClusterId,
    Done,
    FromDoor,
    FromKept,
    FromLedgers,
    FromOutcomes,
    FromReview,
    FromView,
    MemberSort,
    Night,
    Page,
    Rules,
)
from abuse.console.draw.timeline import timeline
from abuse.console.pages import said
from abuse.console.pages.overview import answer
from abuse.console.read import accounts
from abuse.console.read import clusters as reading
from abuse.console.read.build import model_name
from abuse.console.read.history import lines_of
from abuse.console.read.model import View
from abuse.console.read.moments import moments
from abuse.console.read.now import Spoken, spoken
from abuse.console.who.person import Visitor
from abuse.operate.because import FAMILIES
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
    view: FromView,
    rules: Rules,
    kept: FromKept,
    as_of: Night,
    ledgers: FromLedgers,
    outcomes: FromOutcomes,
    review: FromReview,
    who: FromDoor,
    sort: MemberSort = "ties",
    page: Page = 1,
    done: Done = "",
) -> Response:
    found = reading.cluster(view, cluster_id)
    people = spoken(view, ledgers, kept)
    shared = {
        "campaign_id": campaign_id,
        "tab": "queue",
        "as_of": as_of,
        "cluster": found,
        "members": reading.members(view, cluster_id, sort, page, rules.page_rows),
        "sorts": list(reading.MEMBER_SORTS),
        "sort": sort,
        "page": page,
        "num_pages": max(1, -(-found["size"] // rules.page_rows)),
        "stands": people.stands,
        "of_members": allowed(who, as_of, OF_MEMBERS),
        "of_cluster": allowed(who, as_of, OF_CLUSTER),
        "reload": False,
    }
    if part := part_of(request):
        if part != "decide":
            return answer(request, "_members.html", **shared)
        shared["reload"] = True  # what was decided changes the list of members too
    shared |= deciding(view, people, found, who) | {"outcome": outcomes.get(who, done), "max_alone": review.max_alone}
    if part:
        return answer(request, "_decide_cluster.html", **shared)
    return answer(
        request,
        "cluster.html",
        **shared,
        **kept.get(("cluster", model_name(view.publication), cluster_id), lambda: whole(view, cluster_id)),
        sentence=sentence(found),
        explained=accounts.explained(view, cluster_id),
        features=vars(ClusterFeatures),
        families=FAMILIES,
        movements=[accounts.evidence(item) for item in reading.movements(view, cluster_id, 0, NUM_MOVEMENTS)],
        lineage=reading.lineage(view, cluster_id),
        most=rules.graph_nodes,
        run=view.publication.run,
    )


@pages.get("/history")
def history(request: Request, campaign_id: CampaignId, cluster_id: ClusterId, view: FromView, as_of: Night) -> Response:
    """Asked for by the page once it stands: every earlier night is another read of the lake."""
    lines = lines_of(view.publication, cluster_id)
    return answer(request, "_lines.html", campaign_id=campaign_id, lines=lines, as_of=as_of)


def part_of(request: Request) -> str:
    """The id of the part that the page itself asks for; nothing where the whole page is wanted."""
    is_part = "hx-request" in request.headers and "hx-history-restore-request" not in request.headers
    return request.headers.get("hx-target", "part") if is_part else ""


def allowed(who: Visitor | None, as_of: datetime | None, actions: Iterable[str]) -> list[str]:
    """What of these this person may do; decisions are about the current night alone."""
    return [action for action in actions if as_of is None and who is not None and who.person.may(action)]


def deciding(view: View, people: Spoken, found: dict[str, Any], who: Visitor | None) -> dict[str, Any]:
    """What stands of a cluster, what was said of it, and what comes next."""
    name = found["cluster_id"]
    entries = said.entries(people, (one.account for one in people.by_cluster.get(name, [])), who)
    return {
        "now": said.verdicts_now(people, name, {verdict: found[verdict] or 0 for verdict in VERDICTS}),
        "entries": entries,
        "next_id": reading.next_to_do(view, name, people),
        "most_entries": said.MOST_SHOWN,
    }


def sentence(found: dict[str, Any]) -> str:
    """What it is, in one sentence."""
    held = HELD_BY.get(found["core_kind"] or "", "tied to each other")
    verdicts = ((found["disqualified"], "out"), (found["review"], "in review"), (found["exempt"], "exempt"))
    told = [f"{num:,} {'is' if num == 1 else 'are'} {word}" for num, word in verdicts if num]
    size = f"{found['size']:,} accounts {held}"
    return f"{size}; {', '.join(told)}." if told else f"{size}; nobody of them is flagged."


def whole(view: View, cluster_id: str) -> dict[str, Any]:
    """What takes all its members to say, so it is kept."""
    return {
        "timeline": timeline(moments(view, cluster_id)),
        "services": list(reading.services(view, cluster_id).values()),
        "num_movements": view.value("SELECT count(*) FROM movements WHERE cluster_id = ?", cluster_id),
    }
