"""Statements about accounts -> rows of `reviews`, in one commit. Nothing here changes or removes a row.

A statement is named by a digest of what it says and of what was said of its accounts before, so asked again it is
found. It is written only behind the ledger that it was held against.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from abuse import authority
from abuse.authority import Group, Row
from abuse.lake.ledger import append
from abuse.lake.people import Now, among
from abuse.operate.page import printable
from abuse.review.refused import Conflict
from abuse.review.said import Decision, Said
from abuse.settings import digest
from abuse.tables import Decisions, Reviews
from abuse.words import LENIENT


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One thing that a person says of accounts."""

    said: Said
    accounts: Sequence[str]
    names: Mapping[str, str] = field(default_factory=dict)
    """account -> the row that it approves or takes back."""

    def words(self) -> dict[str, Any]:
        """What must be the same for two statements to be one, beside the accounts."""
        said = self.said
        about = {Reviews.action: said.action, Reviews.reason_code: said.reason_code, Reviews.note: said.note}
        return about | {Reviews.actor: said.actor, Reviews.role: said.role}

    def named(self, account: str) -> dict[str, str | None]:
        """The columns that name another row."""
        name, is_approval = self.names.get(account), self.said.action == "approve"
        return {Reviews.approves: name if is_approval else None, Reviews.supersedes: None if is_approval else name}


@dataclass(frozen=True)
class Place:
    """Where accounts stand in the publication that a person looks at."""

    clusters: Mapping[str, str | None]
    groups: Mapping[str, Group]

    @classmethod
    def of(cls, now: Now, accounts: Sequence[str]) -> Place:
        rows = now.publication.read(Decisions, [Decisions.account, Decisions.cluster_id], among(accounts)).to_pylist()
        return cls({row[Decisions.account]: row[Decisions.cluster_id] for row in rows}, now.groups(accounts))

    def group(self, account: str) -> Group:
        """All members of its cluster; the account alone where it is in none."""
        return self.groups.get(account, frozenset({account}))


def _after(rows: Sequence[Row]) -> datetime:
    """Now; or just after what was said last, where that was written by a clock ahead of ours: the latest word rules."""
    said: list[datetime] = [row[Reviews.decided_at] for row in rows]
    return max([datetime.now(UTC), *(at + timedelta(microseconds=1) for at in said)])


def write(now: Now, statements: Sequence[Statement], max_alone: int) -> list[Decision]:
    """What came of each statement. `max_alone`: accounts that one person may let off of one cluster. Raises Overtaken
    where somebody spoke in this campaign since the ledger was read.
    """
    place = Place.of(now, sorted({account for one in statements for account in one.accounts}))
    decided_at = _after(now.rows)
    found: list[Decision] = []
    rows: list[dict[str, Any]] = []
    for one in statements:
        known = _repeated(now, one)
        if known is None:
            new = _rows(now, one, place, decided_at, needs_approval=needs_second(now, one, place, max_alone))
            rows += new
            known = decision_of(new, is_new=True)
        found.append(known)
    if rows:
        append(now.publication.lake, Reviews, rows, after=now.turn)
    return found


def decision_of(rows: Sequence[Row], *, is_new: bool) -> Decision:
    """The decision that these rows are."""
    return Decision(
        decision_id=rows[0][Reviews.decision_id],
        action=rows[0][Reviews.action],
        accounts=sorted({row[Reviews.account] for row in rows}),
        needs_approval=any(row[Reviews.needs_approval] for row in rows),
        is_new=is_new,
    )


def _rows(now: Now, one: Statement, place: Place, at: datetime, *, needs_approval: bool) -> list[dict[str, Any]]:
    decision_id = _decision_id(now, one)
    whole: dict[str, Any] = {Reviews.decision_id: decision_id, Reviews.campaign_id: now.publication.run.campaign_id}
    whole |= {Reviews.run_id: now.publication.run.run_id, Reviews.decided_at: at}
    whole |= {Reviews.needs_approval: needs_approval}
    rows: list[dict[str, Any]] = []
    digests: dict[str | None, str] = {}  # of each cluster once: large sets are slow to compare
    for account in sorted(one.accounts):
        group, cluster = place.group(account), place.clusters.get(account)
        is_told = cluster in digests
        if cluster is None or not is_told:
            digests[cluster] = authority.members_digest(group)
        own = {
            Reviews.review_id: digest([decision_id, account]),
            Reviews.account: account,
            Reviews.cluster_id: cluster,
            Reviews.member_set_digest: digests[cluster],
            Reviews.others: [] if is_told else sorted(group.difference(one.accounts)),
        }
        rows.append(whole | one.words() | own | one.named(account))
    return rows


def _decision_id(now: Now, one: Statement) -> str:
    campaign = now.publication.run.campaign_id
    if one.said.key:
        return digest([campaign, one.said.actor, one.said.action, "key", one.said.key])
    last = sorted(row[Reviews.review_id] for rows in _last(now, one).values() for row in rows)
    return digest([campaign, one.words(), sorted(one.accounts), dict(one.names), last])


def _repeated(now: Now, one: Statement) -> Decision | None:
    """The decision that says the same, where nothing was said of these accounts since; or that has the same key."""
    if one.said.key:
        name = _decision_id(now, one)
        candidates = [row for row in now.rows if row[Reviews.decision_id] == name]
    else:
        candidates = [row for rows in _last(now, one).values() for row in rows]
    by_id: dict[str, list[Row]] = {}
    for row in candidates:
        by_id.setdefault(row[Reviews.decision_id], []).append(row)
    for rows in by_id.values():
        if _is_same(rows, one):
            return decision_of(rows, is_new=False)
    if one.said.key and candidates:
        found = "was given to another request"
        raise Conflict(f"--key {printable(one.said.key)}", found, "a name of its own for each", "Take another.")
    return None


def _is_same(rows: Sequence[Row], one: Statement) -> bool:
    is_said = all(row[name] == value for row in rows for name, value in one.words().items())
    are_named = all(row[name] == value for row in rows for name, value in one.named(row[Reviews.account]).items())
    return is_said and are_named and {row[Reviews.account] for row in rows} == set(one.accounts)


def _last(now: Now, one: Statement) -> dict[str, list[Row]]:
    """account -> what was last said of it; one commit may say two things."""
    spoken = {account: rows for account in one.accounts if (rows := now.by_account.get(account))}
    return {
        account: [row for row in rows if row[Reviews.decided_at] == rows[-1][Reviews.decided_at]]
        for account, rows in spoken.items()
    }


def needs_second(now: Now, one: Statement, place: Place, max_alone: int) -> bool:
    """Whether this person lets off more accounts of these clusters than one may alone, now and before: many small
    requests are a large one.
    """
    if one.said.action not in LENIENT:
        return False
    clusters = {place.clusters.get(account) for account in one.accounts} - {None}
    before = {
        row[Reviews.account]
        for row in authority.living(now.rows)
        if row[Reviews.action] in LENIENT
        and row[Reviews.cluster_id] in clusters
        and authority.same_person(row[Reviews.actor], one.said.actor)
    }
    return len(before.union(one.accounts)) > max_alone
