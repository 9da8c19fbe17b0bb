"""A cluster, some of its members, or an account: confirm, overturn, split off, hold, exempt, take, note."""

from __future__ import annotations

from urllib.parse import unquote

from fastapi import APIRouter
from starlette.responses import Response

from abuse.console.act.forms import CheckedForm, Form, FromVisitor, said
from abuse.console.act.meanwhile import meanwhile
from abuse.console.act.outcomes import Line, back, told
from abuse.console.asked import Account, CampaignId, ClusterId, FromLedgers, FromOutcomes, FromReview, Published
from abuse.console.web.templates import url
from abuse.errors import InputError
from abuse.operate.page import printable
from abuse.review.decide import decide
from abuse.review.said import Decision
from abuse.words import PLAIN

pages = APIRouter(prefix="/campaigns/{campaign_id}", dependencies=[Published])
OF_CLUSTER = ("confirm", "overturn", "hold", "take", "note")
OF_MEMBERS = ("split", "confirm", "overturn", "exempt", "hold")
OF_ACCOUNT = ("exempt", "overturn", "confirm", "hold", "note")
TOP = "#decide"


@pages.post("/clusters/{cluster_id}")
def of_cluster(
    campaign_id: CampaignId,
    cluster_id: ClusterId,
    form: CheckedForm,
    who: FromVisitor,
    ledgers: FromLedgers,
    rules: FromReview,
    outcomes: FromOutcomes,
) -> Response:
    """All its members, as they were seen."""

    def act() -> list[Decision | Line]:
        action = action_of(form, OF_CLUSTER)
        word = said(who, action, form, [cluster_id], remark(action))
        found = decide(ledgers.lake, campaign_id, word, [cluster_id], rules, kind="cluster", **as_seen(form))
        return meanwhile(ledgers, campaign_id, who, form, found)

    return back(outcomes, who, told(ledgers, act), url("campaigns", campaign_id, "clusters", cluster_id), TOP)


@pages.post("/clusters/{cluster_id}/members")
def of_members(
    campaign_id: CampaignId,
    cluster_id: ClusterId,
    form: CheckedForm,
    who: FromVisitor,
    ledgers: FromLedgers,
    rules: FromReview,
    outcomes: FromOutcomes,
) -> Response:
    """Those that are ticked, and nobody where none is."""

    def act() -> list[Decision | Line]:
        ticked = sorted(set(map(unquote, form.all("account"))))
        word = said(who, action_of(form, OF_MEMBERS), form, ticked)
        if not ticked:
            raise InputError("members", "none is ticked", "one or more", "Tick whom you mean.")
        found = decide(ledgers.lake, campaign_id, word, ticked, rules, kind="account", **as_seen(form))
        return meanwhile(ledgers, campaign_id, who, form, found)

    return back(outcomes, who, told(ledgers, act), url("campaigns", campaign_id, "clusters", cluster_id), TOP)


@pages.post("/accounts/{account:path}")
def of_account(
    campaign_id: CampaignId,
    account: Account,
    form: CheckedForm,
    who: FromVisitor,
    ledgers: FromLedgers,
    rules: FromReview,
    outcomes: FromOutcomes,
) -> Response:

    def act() -> list[Decision | Line]:
        action = action_of(form, OF_ACCOUNT)
        word = said(who, action, form, [account], remark(action))
        shown = {} if action == "note" else as_seen(form)  # a remark harms nobody, whoever is beside it
        found = decide(ledgers.lake, campaign_id, word, [account], rules, kind="account", **shown)
        return meanwhile(ledgers, campaign_id, who, form, found)

    return back(outcomes, who, told(ledgers, act), url("campaigns", campaign_id, "accounts", account), TOP)


def as_seen(form: Form) -> dict[str, str]:
    """The members and the night that the page showed."""
    return {"seen": form.one("seen"), "run_id": form.one("shown")}


def action_of(form: Form, allowed: tuple[str, ...]) -> str:
    found = form.one("action")
    if found not in allowed:
        raise InputError("action", repr(printable(found[:50])), f"one of: {', '.join(allowed)}", "Use the page.")
    return found


def remark(action: str) -> str:
    """The reason of what needs no other, whatever the form's list stands at."""
    return PLAIN.get(action, "")
