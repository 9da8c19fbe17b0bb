"""What people said, a line for each decision, and what the one who reads it may do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from abuse.authority import Row
from abuse.console.read.now import Spoken
from abuse.console.who.person import Visitor
from abuse.tables import Reviews
from abuse.words import REASONS

MOST_SHOWN = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A decision as it stands now."""

    decision_id: str
    at: datetime
    actor: str
    role: str
    action: str
    accounts: list[str]
    reason: str
    note: str | None
    state: str
    """stands, waits or taken back."""
    may_undo: bool
    may_approve: bool
    """Whether it waits for a second person, and this is one."""


def entries(said: Spoken, accounts: Iterable[str], who: Visitor | None) -> list[Entry]:
    """Newest first, of these accounts; each with all accounts that it is about among them."""
    by_decision: dict[str, list[Row]] = {}
    for account in accounts:
        for row in said.by_account.get(account, []):
            by_decision.setdefault(row[Reviews.decision_id], []).append(row)
    newest = sorted(by_decision.values(), key=lambda rows: (rows[0][Reviews.decided_at], rows[0][Reviews.decision_id]))
    return [entry(said, rows, who) for rows in reversed(newest)]


def waiting(said: Spoken, who: Visitor | None) -> list[Entry]:
    """What a second person must agree to, oldest first."""
    return [entry(said, rows, who) for rows in said.pending.values()]


def entry(said: Spoken, rows: list[Row], who: Visitor | None) -> Entry:
    first = rows[0]
    decision_id, action = first[Reviews.decision_id], first[Reviews.action]
    lives = any(row[Reviews.review_id] in said.living for row in rows)
    waits = decision_id in said.pending
    is_theirs = who is not None and who.person.is_called(first[Reviews.actor])
    return Entry(
        decision_id=decision_id,
        at=first[Reviews.decided_at],
        actor=first[Reviews.actor],
        role=first[Reviews.role],
        action=action,
        accounts=[row[Reviews.account] for row in rows],
        reason=REASONS.get(first[Reviews.reason_code], (first[Reviews.reason_code], ()))[0],
        note=first[Reviews.note],
        state="waits" if waits else "stands" if lives else "taken back",
        may_undo=lives and action != "undo" and who is not None and who.person.may("undo"),
        may_approve=waits and not is_theirs and who is not None and who.person.may("approve"),
    )


def in_short(said: Spoken, cluster_id: str) -> list[tuple[str, int]]:
    """What counts of a cluster's members, and why somebody should look: (word, how many), most first."""
    found = said.by_cluster.get(cluster_id, [])
    words = Counter(one.action for one in found if one.action)
    asks = Counter(kind for one in found for kind in one.asks)
    return [*words.most_common(), *((kind, num) for kind, num in asks.most_common() if kind != "held")]


def verdicts_now(said: Spoken, cluster_id: str, published: dict[str, int]) -> dict[str, int]:
    """How many have each verdict, as people's word leaves them."""
    counts = Counter(published)
    for one in said.by_cluster.get(cluster_id, []):
        counts[one.published] -= 1
        counts[one.now] += 1
    return {verdict: num for verdict, num in counts.items() if num > 0}
