"""Ledgers -> what people did, one line for each decision, freeze, release and refresh, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from abuse import authority
from abuse.authority import Row, Word
from abuse.console.read.ledgers import Ledgers
from abuse.console.read.left import Left
from abuse.lake.publication import REFRESHED, Run
from abuse.operate.page import meant
from abuse.tables import Freezes, Reviews
from abuse.words import REASONS

DONE = ("freeze", "release", "refresh")
"""What people do beside the words of the ledger of reviews."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """Who did what, about whom and why, and what is left of it."""

    at: datetime
    id: str
    """Of the decision or the freeze; of what was done to a run, the run's."""
    action: str
    actor: str | None
    """None where the night itself did it."""
    role: str | None = None
    accounts: tuple[str, ...] = ()
    num_accounts: int = 0
    clusters: tuple[str, ...] = ()
    reason_code: str | None = None
    reason: str | None = None
    note: str | None = None
    run_id: str | None = None
    """The publication that was looked at, or the run that it was done to."""
    as_of: datetime | None = None
    state: str = "counts"
    standing: str = "counts"
    """The state in words, with who changed it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What of the log is asked for; what is empty asks for nothing."""

    actor: str = ""
    action: str = ""
    account: str = ""
    since: date | None = None
    until: date | None = None
    """Both days are included, UTC."""

    def wants(self, line: Line) -> bool:
        day = line.at.astimezone(UTC).date()
        is_then = (self.since is None or day >= self.since) and (self.until is None or day <= self.until)
        is_it = self.action in ("", line.action) and (not self.actor or self._is_by(line))
        return is_then and is_it and (not self.account or self._is_about(line))

    def _is_by(self, line: Line) -> bool:
        return line.actor is not None and authority.same_person(line.actor, self.actor)

    def _is_about(self, line: Line) -> bool:
        return not set(meant(self.account)).isdisjoint(line.accounts)


def log(ledgers: Ledgers, campaign_id: str) -> list[Line]:
    """All of a campaign, newest first."""
    runs = ledgers.runs(campaign_id)
    nights = {run.run_id: run.as_of for run in runs}
    lines = _decisions(ledgers.reviews(campaign_id), ledgers.words(campaign_id), nights)
    lines += [_freeze(row) for row in ledgers.freezes(campaign_id)]
    lines += [line for run in runs if (line := _of_run(run))]
    return sorted(lines, key=lambda line: (line.at, line.id), reverse=True)


def _freeze(row: Row) -> Line:
    return Line(
        at=row[Freezes.frozen_at],
        id=row[Freezes.freeze_id],
        action="freeze",
        actor=row[Freezes.actor],
        num_accounts=row[Freezes.num_disqualified],
        note=row[Freezes.note],
        run_id=row[Freezes.run_id],
        as_of=row[Freezes.as_of],
        state="done",
        standing="the list that payout got",
    )


def _of_run(run: Run) -> Line | None:
    """A release, or a publication brought up to date; None of what no person caused."""
    is_refresh = run.status == "published" and (run.reason or "").startswith(REFRESHED)
    if run.status != "released" and not is_refresh:
        return None
    return Line(
        at=run.finished_at,
        id=run.run_id,
        action="refresh" if is_refresh else "release",
        actor=run.actor,
        note=run.reason,
        run_id=run.run_id,
        as_of=run.as_of,
        state="done",
        standing="people's word was published" if is_refresh else "let pass its gates",
    )


def _decisions(rows: list[Row], words: Mapping[str, Word], nights: Mapping[str, datetime]) -> list[Line]:
    by_decision: dict[str, list[Row]] = {}
    for row in rows:
        by_decision.setdefault(row[Reviews.decision_id], []).append(row)
    left = Left.of(rows, words)
    return [_decision(of_one, left, nights) for of_one in by_decision.values()]


def _decision(rows: list[Row], left: Left, nights: Mapping[str, datetime]) -> Line:
    first = rows[0]
    state, standing = left.of_decision(rows)
    why = REASONS.get(first[Reviews.reason_code], (first[Reviews.reason_code], ()))[0]
    return Line(
        at=first[Reviews.decided_at],
        id=first[Reviews.decision_id],
        action=first[Reviews.action],
        actor=first[Reviews.actor],
        role=first[Reviews.role],
        accounts=tuple(row[Reviews.account] for row in rows),
        num_accounts=len(rows),
        clusters=tuple(dict.fromkeys(row[Reviews.cluster_id] for row in rows if row[Reviews.cluster_id])),
        reason_code=first[Reviews.reason_code],
        reason=why,
        note=first[Reviews.note],
        run_id=first[Reviews.run_id],
        as_of=nights.get(first[Reviews.run_id] or ""),
        state=state,
        standing=standing,
    )
