"""Which accounts would be out, in review or clear if the policy were so. Nothing is written."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from abuse.console.asked import CampaignId, FromCompared, FromLedgers, FromTried, Numbers, Page, Past, Rules, Verdict
from abuse.console.kept import Kept
from abuse.console.pages.overview import answer
from abuse.console.read import judged
from abuse.console.read.build import model_name
from abuse.console.read.dryrun import DryRun, Move, dry_run
from abuse.console.read.ledgers import Ledgers
from abuse.console.read.model import View
from abuse.settings import Policy

pages = APIRouter(prefix="/campaigns/{campaign_id}")
ASKED = {
    "min_cluster_size": ("Members of a group at least", "accounts", 1, 2, 10_000_000),
    "min_score_review": ("Score to be looked at", "0 to 1", "any", 0, 1),
    "min_score_lower": ("Lower bound to be out", "0 to 1", "any", 0, 1),
    "min_evidence_kinds": ("Kinds of evidence to be out", "2 to 4", 1, 2, 4),
}
"""Number of the policy -> what the form calls it, its unit, step, least and most."""


@pages.get("/dry-run")
def dryrun(
    request: Request,
    campaign_id: CampaignId,
    view: FromTried,
    ledgers: FromLedgers,
    compared: FromCompared,
    rules: Rules,
    as_of: Past,
    numbers: Numbers,
    was: Verdict | None = None,
    would: Verdict | None = None,
    page: Page = 1,
) -> Response:
    found = under(view, ledgers, compared, numbers)
    rows = listed(view, found, was, would, (page - 1) * rules.page_rows, rules.page_rows)
    num = sum(move.num for move in wanted(found, was, would))
    run, is_held = view.publication.run, view.publication.is_held
    where = {"run": run.run_id} if is_held else {"as_of": as_of}
    return answer(
        request,
        "dryrun.html",
        campaign_id=campaign_id,
        tab="dry-run",
        as_of=None if is_held else as_of,
        run=run,
        is_held=is_held,
        where=where,
        found=found,
        asked=ASKED,
        numbers=where | numbers,
        changed={
            field.name: getattr(found.policy, field.name) for field in fields(Policy) if _differs(found, field.name)
        },
        rows=rows,
        was=was,
        would=would,
        num=num,
        page=page,
        num_pages=max(1, -(-num // rules.page_rows)),
    )


def under(view: View, ledgers: Ledgers, compared: Kept, numbers: dict[str, Any]) -> DryRun:
    """The night with these numbers in the place of its own; kept for what people said until now."""
    name, campaign_id = model_name(view.publication), view.publication.run.campaign_id
    seen = ledgers.seen()
    own: judged.Rules = compared.get(("proven", name), lambda: judged.proven(view))
    other = judged.Rules(policy=replace(own.policy, **numbers), together=own.together)
    key = ("dry run", name, other)
    found: DryRun = compared.latest(key, seen, lambda: dry_run(view, ledgers.words(campaign_id), own, other))
    return found


def wanted(found: DryRun, was: str | None, would: str | None) -> list[Move]:
    return [move for move in found.moves if was in (None, move.before) and would in (None, move.after)]


def listed(
    view: View, found: DryRun, was: str | None, would: str | None, first: int, num_rows: int
) -> list[dict[str, Any]]:
    """A part of those who would move, with both verdicts and why."""
    own = judged.made_under(view)
    other = judged.Rules(policy=found.policy, together=own.together)
    told: list[dict[str, Any]] = []
    for move in wanted(found, was, would):
        part = move.rows[max(0, first) : max(0, first) + num_rows - len(told)].tolist()
        first -= move.num
        if part:
            about = {"was": move.before, "would": move.after}
            told += [row | about for row in judged.explained(view, own, other, part)]
    return told


def _differs(found: DryRun, name: str) -> bool:
    return bool(getattr(found.policy, name) != getattr(found.own, name))
