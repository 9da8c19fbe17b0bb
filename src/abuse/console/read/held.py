"""A held run -> what it decided, which lies in its working tables until another run of its night takes their place."""

from __future__ import annotations

from abuse.console.problems import NotFound
from abuse.console.read.ledgers import Ledgers
from abuse.lake.publication import Publication, Run

DECIDE = "decide"


def has_decided(run: Run) -> bool:
    """Whether it is held, and came as far as verdicts."""
    return run.status == "held" and DECIDE in (run.report.get("seconds") or {})


def held(ledgers: Ledgers, campaign_id: str, run_id: str) -> Publication:
    """As if it were published. Raises NotFound for a run that is not held, or was before it decided."""
    attempts = [run for run in ledgers.runs(campaign_id) if run.run_id == run_id]
    where, wanted = f"run {run_id}", "a held run that came as far as verdicts"
    if not attempts:
        raise NotFound(where, f"no attempt at it in campaign {campaign_id}", wanted, "See the list of runs.")
    if attempts[0].status != "held":
        fix = "Of what is published, ask without `run`; `as_of` names the night."
        raise NotFound(where, f"it is {attempts[0].status}", wanted, fix)
    if not has_decided(attempts[0]):
        raise NotFound(where, "it was held before it decided anything", wanted, "Mend what its gates say, and run it.")
    return Publication(ledgers.lake, attempts[0])
