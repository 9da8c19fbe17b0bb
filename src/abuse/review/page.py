"""The queue, a case and a decision in the terminal. What stands in the lake is printed whole and obeyed nowhere."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from abuse import authority
from abuse.authority import Row
from abuse.operate.page import listed, moment, say, title
from abuse.operate.people import told
from abuse.plurals import counted
from abuse.review.queue import KINDS, Case, Item
from abuse.review.said import Decision
from abuse.tables import Decisions
from abuse.words import CHANGES_NOTHING

if TYPE_CHECKING:
    from rich.console import Console

MAX_SHOWN = 50


def render_queue(items: Sequence[Item], verdict: str | None, campaign_id: str, limit: int, console: Console) -> None:
    """Two lines for each: what it is, and why it is here."""
    what = f"with verdict {verdict.replace('_', ' ')}" if verdict else "waiting for a person"
    say(console, f"Campaign {campaign_id}: {len(items):,} {what}", "bold")
    for item in items[:limit]:
        name = "cluster" if item.is_cluster else "account"
        score = "" if item.score is None else f", score {item.score:.4g}"
        say(console, f"  {name} {item.id}: {item.num:,} of {counted(item.size, 'account')}{score}, seen {item.digest}")
        why = [KINDS[kind] for kind in item.kinds]
        if item.taken_by:
            why.append(f"taken by {item.taken_by}, {_moment(item.taken_at)}")
        if why:
            say(console, f"    {'; '.join(why)}", "dim")
    if len(items) > limit:
        say(console, f"  and {len(items) - limit:,} more: see --limit or --json")


def _moment(at: datetime | None) -> str:
    return "" if at is None else moment(at.replace(microsecond=0).isoformat())


def render_case(case: Case, lake: str, campaign_id: str, console: Console) -> None:
    """All there is to know before deciding, and how to decide."""
    one = case.members[0]
    verdict = "" if case.is_cluster else f": {one[Decisions.verdict].replace('_', ' ')}"
    say(console, f"{'Cluster' if case.is_cluster else 'Account'} {case.id}{verdict}", "bold")
    listed(console, "seen", [case.digest])
    for name, value in case.facts.items():
        listed(console, name.replace("_", " "), [] if value is None else [str(value)])
    counts = [f"{num:,} {verdict.replace('_', ' ')}" for verdict, num in case.verdicts.items()]
    listed(console, "verdicts", counts if case.is_cluster else [])
    if not case.is_cluster:
        listed(console, "machine says", [one[Decisions.machine_verdict].replace("_", " ")])
    title(console, "Why")
    for reason, num in case.reasons[:MAX_SHOWN]:
        of = f" ({num:,})" if case.is_cluster else ""
        say(console, f"  - {reason.partition(':')[2].strip() or reason}{of}")
    _members(case, console)
    _history(case.history, console)
    _how(case, lake, campaign_id, console)


def _members(case: Case, console: Console) -> None:
    title(console, "Members", shown=case.is_cluster)
    for row in case.members[:MAX_SHOWN] if case.is_cluster else ():
        said = [authority.code(reason) for reason in row[Decisions.reasons]]
        peoples = [code for code in said if code in authority.PEOPLES_CODES]
        about = ", ".join([row[Decisions.verdict].replace("_", " "), *peoples])
        say(console, f"  {row[Decisions.account]}  {about}")
    if case.is_cluster and len(case.members) > MAX_SHOWN:
        say(console, f"  and {len(case.members) - MAX_SHOWN:,} more: see --json")


def _history(rows: Sequence[Row], console: Console) -> None:
    """Each decision once, however many accounts it is about."""
    title(console, "What people said", shown=bool(rows))
    for line in told(rows):
        say(console, f"  - {line}")


def _how(case: Case, lake: str, campaign_id: str, console: Console) -> None:
    """Ready to paste, so quoted: an account's id is whatever its owner made it."""
    title(console, "Next")
    where, name = f"--campaign {campaign_id} --lake {shlex.quote(lake)}", shlex.quote(case.id)
    for decision_id in case.pending:
        say(console, f"  abuse review approve {decision_id} {where}")
    if case.is_cluster:
        say(console, f"  abuse review decide confirm {name} --seen {case.digest} --reason CODE {where}")
        say(console, f"  abuse review decide overturn {name} --seen {case.digest} --reason CODE {where}")
    else:
        say(console, f"  abuse why {name} {where}")


def render_decision(found: Sequence[Decision], lake: str, campaign_id: str, console: Console) -> None:
    """What was written, and what must follow before others see it."""
    where = f"--campaign {campaign_id} --lake {shlex.quote(lake)}"
    for one in found:
        many = counted(len(one.accounts), "account")
        known = "" if one.is_new else ", in the ledger already"
        say(console, f"{one.action.replace('_', ' ')} of {many}{known}, decision {one.decision_id}")
        if one.taken_from:
            say(console, f"  {one.taken_from} had it until then.")
        if one.needs_approval:
            say(console, f"  It counts once an approver other than you agrees: abuse review approve {one.decision_id}")
    if any(one.action not in CHANGES_NOTHING and not one.needs_approval for one in found):
        say(console, f"  Public tables follow with the next night, or now: abuse publish {where}", "dim")
