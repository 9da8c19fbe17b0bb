"""Runs of a campaign: every attempt, the gates of one, what became of each source, and how long each step took."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from abuse.console.asked import CampaignId, FromLedgers, RunId
from abuse.console.pages.overview import answer
from abuse.console.problems import NotFound
from abuse.console.read.held import has_decided
from abuse.console.read.ledgers import Ledgers
from abuse.lake.publication import Run
from abuse.operate.night_page.kept import kept
from abuse.operate.night_page.page import policy
from abuse.registry import STAGES, STEPS
from abuse.tables import VERDICTS

pages = APIRouter(prefix="/campaigns/{campaign_id}/runs")
MOST = 200
"""Attempts listed; the API has all."""


@pages.get("")
def runs(request: Request, campaign_id: CampaignId, ledgers: FromLedgers) -> Response:
    every = ledgers.runs(campaign_id)
    return answer(
        request, "runs.html", campaign_id=campaign_id, tab="runs", runs=every[:MOST], num=len(every),
        slowest=max((run.seconds for run in every[:MOST]), default=0.0),
    )  # fmt: skip


@pages.get("/{run_id}")
def run(request: Request, campaign_id: CampaignId, run_id: RunId, ledgers: FromLedgers) -> Response:
    attempts = attempts_at(ledgers, campaign_id, run_id)
    told = attempts[0]
    took = told.report.get("seconds") or {}
    seconds = {step: took[step] for step in [*(s for s in STEPS if s in took), *(s for s in took if s not in STEPS)]}
    return answer(
        request, "run.html", campaign_id=campaign_id, tab="runs", run=told, attempts=attempts,
        gates=latest_answers(ledgers.gates(run_id)), seconds=seconds, slowest=max(seconds.values(), default=0.0),
        lake=ledgers.lake, verdicts=VERDICTS, may_try=has_decided(told),
    )  # fmt: skip


@pages.get("/{run_id}/report")
def report(campaign_id: CampaignId, run_id: RunId, ledgers: FromLedgers) -> Response:
    """The page as the run left it, under a policy that lets it use its own style and nothing else."""
    told = attempts_at(ledgers, campaign_id, run_id)[0]
    page = kept(ledgers.lake, told)
    if page is None:
        fix = f"Make it: `abuse report {run_id} --lake {ledgers.lake}`."
        raise NotFound(f"run {run_id}", "its page is not in the lake", "one that the run left", fix)
    headers = {"content-security-policy": f"{policy(page)}; frame-ancestors 'none'"}
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)


def attempts_at(ledgers: Ledgers, campaign_id: str, run_id: str) -> list[Run]:
    """Newest first. Raises NotFound."""
    found = [one for one in ledgers.runs(campaign_id) if one.run_id == run_id]
    if not found:
        raise NotFound(f"run {run_id}", f"no attempt at it in campaign {campaign_id}", "a run", "See the list of runs.")
    return found


def latest_answers(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each gate's last answer, in the order they are asked."""
    last = {(row["stage"], row["gate"]): row for row in sorted(rows, key=lambda row: row["attempt"])}
    return sorted(last.values(), key=lambda row: (STAGES.index(row["stage"]), row["gate"]))
