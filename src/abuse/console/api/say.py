"""People's word by the API, with a token: said once under each `Idempotency-Key`, as the command line says it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Response
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ConfigDict, Field, model_validator

from abuse.console.act.again import DecisionId
from abuse.console.act.forms import FromVisitor, may
from abuse.console.api import shapes, words
from abuse.console.asked import MOST_OF_A_NAME, CampaignId, FromLedgers, FromReview, Published
from abuse.console.who.person import Visitor
from abuse.review import decide as deciding
from abuse.review.appeals import open_appeal, resolve_appeal
from abuse.review.checks import Kind
from abuse.review.said import Decision, Said
from abuse.words import OUTCOMES, PLAIN

PROBLEMS: dict[int | str, dict[str, Any]] = {
    code: {"model": shapes.Problem, "content": {"application/problem+json": {}}, "description": why}
    for code, why in {
        400: "A body that is no text.",
        401: "No token, or nobody's.",
        403: "The role may not, or the decision is one's own.",
        404: "No such campaign, cluster, account or decision.",
        409: "Members or verdicts are others than were seen; the key is another request's; nothing waits or is open.",
        413: "A body beyond the settings' limit.",
        422: "Not as described, or a reason that does not fit.",
        503: "Not yet read.",
    }.items()
}
BEARER = HTTPBearer(auto_error=False, scheme_name="token", description="Of `abuse review token add`.")
api = APIRouter(
    prefix="/api/v1/campaigns/{campaign_id}",
    tags=["reviews"],
    responses=PROBLEMS,
    dependencies=[Depends(BEARER), Published],
)
Key = Annotated[
    str,
    Header(alias="Idempotency-Key", max_length=200, description="Sent again under it, a request counts once."),
]
Target = Annotated[str, Field(min_length=1, max_length=MOST_OF_A_NAME)]
Owner = Annotated[
    str, Path(min_length=1, max_length=MOST_OF_A_NAME, description="The campaign's own id of the account.")
]
Note = Annotated[str | None, Field(max_length=10_000, description="Why, in words; for colleagues.")]
Seen = Annotated[str | None, Field(max_length=64, description="`seen` of the cluster or account as it was read.")]
Shown = Annotated[str | None, Field(pattern=r"^[\w-]{1,64}$", description="The run whose verdicts were looked at.")]
Reason = Annotated[str, Field(max_length=50, description="A code that may stand for the action.")]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Word(Body):
    """Of one cluster, which needs `seen`, or of accounts; a take is of a cluster."""

    action: Literal["confirm", "overturn", "split", "hold", "exempt", "note", "take"]
    targets: list[Target] = Field(default=[], max_length=10_000)
    cluster_id: str | None = Field(default=None, pattern=r"^[0-9a-f]{1,64}$")
    seen: Seen = None
    run_id: Shown = None
    reason_code: Reason = Field(default="", max_length=50, description="`note` and `take` need none.")
    note: Note = None

    @model_validator(mode="after")
    def _of_one_or_some(self) -> Word:
        if bool(self.targets) == bool(self.cluster_id):
            raise ValueError("name targets or cluster_id, and not both")
        if self.cluster_id and not self.seen:
            raise ValueError("a cluster needs seen")
        return self


class Taken(Body):
    reason_code: Literal["mistake", "new_facts", "let_go"]
    note: Note = None


class Agreed(Body):
    note: Note = None


class Asked(Body):
    account: Target
    note: Note = None


class Answer(Body):
    outcome: Literal["granted", "denied", "withdrawn"]
    note: Note = Field(default=None, description="The reply.")


@api.post("/reviews", status_code=201, responses={200: {"model": words.Said, "description": "It was said before."}})
def say(
    campaign_id: CampaignId, word: Word, who: FromVisitor, ledgers: FromLedgers, rules: FromReview,
    answer: Response, key: Key = "",
) -> words.Said:  # fmt: skip
    """Confirms, overturns, splits off, holds, exempts, notes or takes."""
    said = _said(who, word.action, PLAIN.get(word.action, word.reason_code), word.note, key)
    kind: Kind = "cluster" if word.cluster_id else "account"
    targets = [word.cluster_id] if word.cluster_id else word.targets
    found = deciding.decide(
        ledgers.lake, campaign_id, said, targets, rules, seen=word.seen, kind=kind, run_id=word.run_id
    )
    return _told(ledgers, answer, [found])[0]


@api.post(
    "/reviews/{decision_id}/approve",
    status_code=201,
    responses={200: {"model": words.Said, "description": "It was approved before."}},
)
def approve(
    campaign_id: CampaignId, decision_id: DecisionId, word: Agreed, who: FromVisitor, ledgers: FromLedgers,
    answer: Response, key: Key = "",
) -> words.Said:  # fmt: skip
    """Lets a decision count that waits for a second person."""
    said = _said(who, "approve", "agreed", word.note, key)
    return _told(ledgers, answer, [deciding.approve(ledgers.lake, campaign_id, said, decision_id)])[0]


@api.post(
    "/reviews/{decision_id}/undo",
    status_code=201,
    responses={200: {"model": words.Said, "description": "It was taken back before."}},
)
def undo(
    campaign_id: CampaignId, decision_id: DecisionId, word: Taken, who: FromVisitor, ledgers: FromLedgers,
    answer: Response, key: Key = "",
) -> words.Said:  # fmt: skip
    """Takes a decision back by a new entry; what was said stays in the ledger."""
    said = _said(who, "undo", word.reason_code, word.note, key)
    return _told(ledgers, answer, [deciding.undo(ledgers.lake, campaign_id, said, decision_id)])[0]


@api.post("/appeals", status_code=201, responses={200: {"model": words.Said, "description": "It is open already."}})
def ask(
    campaign_id: CampaignId, word: Asked, who: FromVisitor, ledgers: FromLedgers, answer: Response, key: Key = ""
) -> words.Said:
    """Writes down that the owner of an account asks for a review."""
    said = _said(who, "appeal_opened", "owner_asked", word.note, key)
    return _told(ledgers, answer, [open_appeal(ledgers.lake, campaign_id, said, word.account)])[0]


@api.post(
    "/appeals/{account:path}/resolve",
    status_code=201,
    responses={200: {"model": list[words.Said], "description": "It was answered so before."}},
)
def resolve(
    campaign_id: CampaignId, account: Owner, word: Answer, who: FromVisitor, ledgers: FromLedgers, rules: FromReview,
    answer: Response, key: Key = "",
) -> list[words.Said]:  # fmt: skip
    """Answers an open appeal; granted, the verdict is overturned in the same commit."""
    said = _said(who, "appeal_resolved", OUTCOMES[word.outcome], word.note, key)
    found = resolve_appeal(ledgers.lake, campaign_id, said, account, word.outcome, rules)
    return _told(ledgers, answer, found)


def _said(who: Visitor, action: str, reason_code: str, note: str | None, key: str) -> Said:
    may(who, action)
    person = who.person
    return Said(action=action, reason_code=reason_code, note=note, actor=person.name, role=person.role, key=key)


def _told(ledgers: FromLedgers, answer: Response, found: list[Decision]) -> list[words.Said]:
    """201 for what is new, 200 for what the ledger had."""
    ledgers.refresh()
    if not any(one.is_new for one in found):
        answer.status_code = 200
    return [words.Said.model_validate(one) for one in found]
