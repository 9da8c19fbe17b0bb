"""What a request may name, checked at the edge, and what it is answered from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query, Request
from pydantic import AwareDatetime, BeforeValidator, Field

from abuse.console.act.forms import Form, fields
from abuse.console.act.outcomes import Outcomes
from abuse.console.kept import Kept
from abuse.console.read import audit
from abuse.console.read.ledgers import Ledgers
from abuse.console.read.model import View
from abuse.console.read.shelf import Shelf
from abuse.console.who.person import Visitor
from abuse.settings import Console, Review

MOST_OF_A_NAME = 2000
"""Characters of an id in an address of a page; browsers and proxies take it."""
CampaignId = Annotated[str, Path(pattern=r"^[\w-]{1,100}$", description="The campaign's id.")]
ClusterId = Annotated[str, Path(pattern=r"^[0-9a-f]{1,64}$", description="The cluster's id, hex digits.")]
RunId = Annotated[str, Path(pattern=r"^[\w-]{1,64}$", description="The run's id.")]
Account = Annotated[
    str, Path(min_length=1, max_length=MOST_OF_A_NAME, description="The campaign's own id, or an address of it.")
]
AsOf = Annotated[
    AwareDatetime | None,
    BeforeValidator(lambda text: text or None),
    Query(description="The night, such as 2026-04-01T00:00:00Z; the current one unless given."),
]
Page = Annotated[int, Query(ge=1, le=100_000)]
Least = Annotated[int, BeforeValidator(lambda text: text or 0), Query(ge=0, le=10_000_000, description="Members.")]
_given = BeforeValidator(lambda text: text or None)
Day = Annotated[date | None, _given, Query(description="A day, UTC.")]
Text = Annotated[str, Query(max_length=200)]
Deed = Annotated[str, Query(pattern=r"^[a-z_]{0,20}$", description="What was done, such as overturn or release.")]
_own = Query(description="The run's own unless given.")
Whole = Annotated[Annotated[int, Field(ge=2, le=10_000_000)] | None, _given, _own]
Share = Annotated[Annotated[float, Field(ge=0, le=1)] | None, _given, _own]
Kinds = Annotated[Annotated[int, Field(ge=2, le=4)] | None, _given, _own]
Verdict = Literal["disqualified", "review", "clear", "exempt", "not_analysed"]
Show = Literal["todo", "approval", "open", "review", "disqualified", "giant", "all"]
Sort = Literal["score", "size", "review", "disqualified", "reward", "doubt"]
Kind = Literal["", "first_gas", "direct", "disperse", "counterparty", "sweep", "deposit", "co_activity"]
Whose = Annotated[Literal["", "mine", "nobody"], Query(description="Who has taken it; anybody or nobody unless given.")]
MemberSort = Literal["ties", "weakest", "first", "reward", "verdict", "account"]


def shelf(request: Request) -> Shelf:
    found: Shelf = request.app.state.shelf
    return found


def ledgers(request: Request) -> Ledgers:
    return shelf(request).ledgers


def rules(request: Request) -> Console:
    found: Console = request.app.state.rules
    return found


def review(request: Request) -> Review:
    found: Review = request.app.state.review
    return found


async def outcomes(request: Request) -> Outcomes:
    """With what was typed into the form that is sent, so that it comes back with a refusal."""
    found: Outcomes = request.app.state.outcomes
    if request.method != "POST":
        return found
    form = Form(await fields(request))
    return replace(found, note=form.one("note"), noted=form.one("noted"))


def maybe(request: Request) -> Visitor | None:
    """Who asks; nobody where there is no login."""
    found: Visitor | None = getattr(request.state, "visitor", None)
    return found


def kept(request: Request) -> Kept:
    found: Kept = request.app.state.kept
    return found


def compared(request: Request) -> Kept:
    """Apart from what is small, which they would push out."""
    found: Kept = request.app.state.compared
    return found


def night(as_of: AsOf = None) -> datetime | None:
    """In UTC, as the lake has it."""
    return None if as_of is None else as_of.astimezone(UTC)


Night = Annotated[datetime | None, Depends(night)]
FromShelf = Annotated[Shelf, Depends(shelf)]
FromLedgers = Annotated[Ledgers, Depends(ledgers)]
FromKept = Annotated[Kept, Depends(kept)]
FromCompared = Annotated[Kept, Depends(compared)]
FromReview = Annotated[Review, Depends(review)]
FromOutcomes = Annotated[Outcomes, Depends(outcomes)]
FromDoor = Annotated[Visitor | None, Depends(maybe)]
Done = Annotated[str, Query(pattern=r"^[0-9a-f]{0,32}$", description="What came of a form that led here.")]
Rules = Annotated[Console, Depends(rules)]


def logged(
    actor: Text = "", action: Deed = "", account: Text = "", since: Day = None, until: Day = None
) -> audit.Asked:
    return audit.Asked(actor=actor.strip(), action=action, account=account.strip(), since=since, until=until)


OfLog = Annotated[audit.Asked, Depends(logged)]


def numbers(
    min_cluster_size: Whole = None,
    min_score_review: Share = None,
    min_score_lower: Share = None,
    min_evidence_kinds: Kinds = None,
) -> dict[str, Any]:
    """Of the policy, those that are to be others."""
    asked: dict[str, float | None] = {
        "min_cluster_size": min_cluster_size,
        "min_score_review": min_score_review,
        "min_score_lower": min_score_lower,
        "min_evidence_kinds": min_evidence_kinds,
    }
    return {name: value for name, value in asked.items() if value is not None}


Numbers = Annotated[dict[str, Any], Depends(numbers)]


def view(campaign_id: CampaignId, as_of: Night, shelves: FromShelf) -> Iterator[View]:
    """One publication for the whole request."""
    with shelves.view(campaign_id, as_of) as found:
        yield found


def published(campaign_id: CampaignId, shelves: FromShelf) -> None:
    """What is decided is decided on a publication. Raises NotFound where there is none."""
    shelves.publication(campaign_id)


def past(campaign_id: CampaignId, as_of: Night, found: FromLedgers) -> datetime | None:
    """The night that was asked for, unless it is the current one: a link may name that too."""
    return as_of if as_of not in [one.run.as_of for one in found.publications(campaign_id)[:1]] else None


Past = Annotated[datetime | None, Depends(past)]
Published = Depends(published)
FromView = Annotated[View, Depends(view)]
OfRun = Annotated[str, Query(pattern=r"^[\w-]{0,64}$", description="A held run, in the place of a published night.")]


def tried(campaign_id: CampaignId, as_of: Night, shelves: FromShelf, run: OfRun = "") -> Iterator[View]:
    """As `view`, or what a held run decided."""
    with shelves.held(campaign_id, run) if run else shelves.view(campaign_id, as_of) as found:
        yield found


FromTried = Annotated[View, Depends(tried)]
