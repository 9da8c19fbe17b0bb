"""Campaigns, runs, decisions, accounts. Pages of decisions go by name, so that none is lost or doubled between two."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from abuse.console.api import shapes
from abuse.console.asked import Account, CampaignId, FromLedgers, FromView, Rules, RunId, Verdict
from abuse.console.pages.account import for_user
from abuse.console.pages.health import attempts_at, latest_answers
from abuse.console.pages.overview import summary
from abuse.console.read import accounts
from abuse.console.read.model import LOST, View
from abuse.console.read.words import standing_now
from abuse.console.web.templates import explorer
from abuse.operate.why import Explanation
from abuse.settings import Console

PROBLEMS: dict[int | str, dict[str, Any]] = {
    code: {"model": shapes.Problem, "content": {"application/problem+json": {}}} for code in (401, 404, 422, 503)
}
api = APIRouter(prefix="/api/v1", responses=PROBLEMS)
After = Annotated[str, Query(max_length=200, description="Accounts behind this name; `next_after` of the page before.")]


def page_limit(rules: Rules, limit: Annotated[int, Query(ge=1, description="Rows wanted.")] = 100) -> int:
    """Never more than the settings allow."""
    return min(limit, rules.max_rows)


Limit = Annotated[int, Depends(page_limit)]


@api.get("/campaigns", tags=["campaigns"])
def campaigns(ledgers: FromLedgers) -> list[shapes.Campaign]:
    return [campaign(campaign_id, ledgers) for campaign_id in ledgers.campaigns()]


@api.get("/campaigns/{campaign_id}", tags=["campaigns"])
def campaign(campaign_id: CampaignId, ledgers: FromLedgers) -> shapes.Campaign:
    found, rows = summary(ledgers, campaign_id), ledgers.runs(campaign_id)
    run, last = found["current"], next((row for row in rows if row.is_attempt), rows[0])
    return shapes.Campaign(
        id=found["id"],
        name=found["name"],
        as_of=run.as_of if run else None,
        run_id=run.run_id if run else None,
        published_at=run.finished_at if run else None,
        verdicts=found["verdicts"],
        num_clusters=found["clusters"].get("num"),
        num_nights=found["num_nights"],
        latest_status=last.status,
    )


@api.get("/campaigns/{campaign_id}/runs", tags=["runs"])
def runs(
    campaign_id: CampaignId, ledgers: FromLedgers, limit: Limit, offset: Annotated[int, Query(ge=0)] = 0
) -> list[shapes.Run]:
    """Every attempt, newest first."""
    return [shapes.Run.model_validate(run) for run in ledgers.runs(campaign_id)[offset : offset + limit]]


@api.get("/campaigns/{campaign_id}/runs/{run_id}", tags=["runs"])
def run(campaign_id: CampaignId, run_id: RunId, ledgers: FromLedgers) -> shapes.RunDetail:
    """Its last attempt, and each gate's last answer."""
    last = attempts_at(ledgers, campaign_id, run_id)[0]
    about = shapes.Run.model_validate(last).model_dump() | {"versions": last.versions}
    return shapes.RunDetail(
        **about,
        gates=[shapes.Gate.model_validate(row) for row in latest_answers(ledgers.gates(run_id))],
        step_seconds=last.report.get("seconds") or {},
        warnings=last.report.get("warnings") or [],
    )


@api.get("/campaigns/{campaign_id}/decisions", tags=["decisions"])
def decisions(
    view: FromView,
    limit: Limit,
    after: After = "",
    verdict: Verdict | None = None,
    cluster_id: Annotated[str | None, Query(pattern=r"^[0-9a-f]{1,64}$")] = None,
) -> shapes.Decisions:
    """The published verdict on every participant, in the order of their names."""
    rows = accounts.decisions(view, after=after, verdict=verdict, cluster_id=cluster_id, limit=limit + 1)
    found = [shapes.Decision.model_validate(row) for row in rows[:limit]]
    return shapes.Decisions(
        **slice_of(view), decisions=found, next_after=found[-1].account if len(rows) > limit else None
    )


@api.get("/campaigns/{campaign_id}/accounts/{account:path}", tags=["decisions"])
def account(account: Account, view: FromView, ledgers: FromLedgers, rules: Rules) -> shapes.AccountStatus:
    """One account, by its own id or an address of it: verdict, reasons, evidence, and what its owner may be told. As
    people's word leaves it now, which the publication may not know yet.
    """
    published = accounts.account(view, account)
    row = standing_now(view, ledgers, published)
    return shapes.AccountStatus(
        **slice_of(view),
        **shapes.Decision.model_validate(row).model_dump(),
        seen=accounts.seen(view, row),
        published_verdict=published["verdict"],
        evidence=[evidence(item, rules) for item in row["evidence"]],
        addresses=[found["address"] for found in accounts.addresses(view, row["account"])],
        for_user=_told(for_user(view, row)),
        withheld=None if view.has_owners else LOST,
    )


def _told(found: Explanation | None) -> dict[str, Any] | None:
    """To its owner."""
    if found is None:
        return None
    about = {"verdict": found.verdict, "meaning": found.meaning, "reasons": found.reasons, "changes": found.changes}
    return about | {"evidence": found.evidence, "is_partial": found.is_partial, "reference": found.run_id}


def slice_of(view: View) -> dict[str, Any]:
    run = view.publication.run
    return {"campaign_id": run.campaign_id, "as_of": run.as_of, "run_id": run.run_id}


def evidence(item: dict[str, Any], rules: Console) -> shapes.Evidence:
    """A movement, with a link to it."""
    link = explorer(rules.explorer_tx, item["chain"], "tx", item["tx_hash"])
    return shapes.Evidence(sender=item["from"], recipient=item["to"], tx_url=link, **item)
