"""What a person asks for -> what the ledger says then. Every request is held against the current publication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from abuse import authority
from abuse.authority import Group, Row
from abuse.errors import InputError
from abuse.lake.people import Now
from abuse.operate.page import printable
from abuse.review.checks import (
    LOOK,
    MERGED,
    Kind,
    as_seen,
    as_shown,
    cluster_of,
    found_accounts,
    held_against,
    shown_night,
)
from abuse.review.refused import Changed, Conflict, NotAllowed, Unknown
from abuse.review.said import Decision, Said
from abuse.review.store import Place, Statement, decision_of, write
from abuse.review.taken import TAKE, told_from_whom
from abuse.review.turns import in_turn
from abuse.settings import Review
from abuse.tables import Reviews
from abuse.words import OUTCOMES


@in_turn
def decide(
    lake: str,
    campaign_id: str,
    said: Said,
    targets: Sequence[str],
    rules: Review,
    *,
    seen: str | None = None,
    kind: Kind | None = None,
    run_id: str | None = None,
) -> Decision:
    """Says it of accounts, or of all members of one cluster. `seen`: the digest of the members the person was shown;
    `run_id`: the publication they were shown.

    Raises InputError when a target is unknown, a word is wrong, or members or verdicts are others than were shown.
    """
    now = held_against(lake, campaign_id, said)
    asked = _statement(now, said, targets, seen, kind)
    as_shown(now, asked.accounts, shown_night(now, run_id))
    found = write(now, [asked], rules.max_alone)[0]
    if said.action != TAKE:
        return found
    cluster_id = targets[0].strip()
    return told_from_whom(now, {cluster_id: found}, said.actor)[cluster_id]


@in_turn
def decide_each(
    lake: str, campaign_id: str, said: Said, seen: Mapping[str, str], rules: Review, *, run_id: str | None = None
) -> dict[str, Decision | InputError]:
    """Says it of many clusters in one commit: cluster -> what came of it, or why it was refused. `seen`: cluster -> the
    digest of its members as they were shown, of the publication `run_id`.
    """
    now = held_against(lake, campaign_id, said)
    shown = shown_night(now, run_id)
    groups = now.clusters([name for name in seen if name.isprintable()])
    refused: dict[str, InputError] = {}
    asked: dict[str, Statement] = {}
    for cluster_id, members in seen.items():
        own = replace(said, key=said.key and f"{said.key} {cluster_id}")
        try:
            statement = _of_cluster(own, cluster_id, groups.get(cluster_id), members)
            as_shown(now, statement.accounts, shown)
            asked[cluster_id] = statement
        except InputError as why:
            refused[cluster_id] = why
    written = dict(zip(asked, write(now, list(asked.values()), rules.max_alone), strict=True)) if asked else {}
    written = told_from_whom(now, written, said.actor) if said.action == TAKE else written
    return {cluster_id: refused.get(cluster_id) or written[cluster_id] for cluster_id in seen}


def _of_cluster(said: Said, cluster_id: str, members: Group | None, seen: str) -> Statement:
    """Raises InputError unless they are the members that were seen."""
    if members is None:
        raise Unknown(
            f"cluster {printable(cluster_id)}", "not in the current publication", "one of its clusters", MERGED
        )
    if said.action == "split":
        raise InputError("split", "a whole cluster", "the members to split off", LOOK)
    as_seen([members], seen or "nothing")
    return Statement(said=said, accounts=sorted(members))


def _statement(now: Now, said: Said, targets: Sequence[str], seen: str | None, kind: Kind | None) -> Statement:
    """What is asked, held against the publication. Raises InputError."""
    members = cluster_of(now, targets, seen, kind)
    accounts = sorted(members) if members else found_accounts(now, targets)
    if said.action == TAKE and not members:
        raise InputError(TAKE, "accounts", "one cluster, whole", LOOK)
    if seen or said.action == "split":
        place = Place.of(now, accounts)
        as_seen([place.group(account) for account in accounts], seen)
        if said.action == "split" and (members or not all(place.clusters.get(account) for account in accounts)):
            found = "a whole cluster" if members else "an account that is in no cluster"
            raise InputError("split", found, "the members to split off", LOOK)
    return Statement(said=said, accounts=accounts)


@in_turn
def approve(lake: str, campaign_id: str, said: Said, decision_id: str) -> Decision:
    """Lets a decision count that waits for a second person. Raises InputError when that is its author, when nothing
    waits, or when the members have changed since it was made.
    """
    now = held_against(lake, campaign_id, said)
    ours = _rows_of(now, decision_id)
    waiting = authority.pending(now.rows).get(decision_id, [])
    if not waiting:
        by = [row for row in authority.approvals(now.rows).values() if row[Reviews.approves] in _ids(ours)]
        if by:
            return decision_of(by, is_new=False)
        raise Conflict(_named(decision_id), "does not wait for approval", "one that does", "See the queue.")
    if any(authority.same_person(row[Reviews.actor], said.actor) for row in ours):
        found = f"was made by {printable(said.actor)}"
        raise NotAllowed(_named(decision_id), found, "the approval of another person", "Ask somebody else.")
    accounts = sorted(row[Reviews.account] for row in waiting)
    place = Place.of(now, accounts)
    for row in waiting:
        if authority.members_digest(place.group(row[Reviews.account])) != row[Reviews.member_set_digest]:
            found = f"the group of {printable(row[Reviews.account])} has changed since"
            raise Changed(_named(decision_id), found, "the members it was made on", "Undo it, and decide anew.")
    names = {row[Reviews.account]: row[Reviews.review_id] for row in waiting}
    return write(now, [Statement(said=said, accounts=accounts, names=names)], 0)[0]


@in_turn
def undo(lake: str, campaign_id: str, said: Said, decision_id: str) -> Decision:
    """Takes a decision back: its rows stay, and no longer count. An answer that granted an appeal and the reversal that
    was written with it go together.
    """
    now = held_against(lake, campaign_id, said)
    ours = _rows_of(now, decision_id)
    if any(row[Reviews.action] == "undo" for row in ours):
        raise Conflict(_named(decision_id), "takes one back", "one that says something", "Say it again instead.")
    living = _ids(authority.living(now.rows))
    asked = []
    for rows in (ours, _granted_with(now, ours)):
        names = {row[Reviews.account]: row[Reviews.review_id] for row in rows if row[Reviews.review_id] in living}
        if names:
            own = replace(said, key=said.key and f"{said.key} {min(names.values())}")
            asked.append(Statement(said=own, accounts=sorted(names), names=names))
    if not asked:
        return decision_of([row for row in now.rows if row[Reviews.supersedes] in _ids(ours)], is_new=False)
    return write(now, asked, 0)[0]


def _granted_with(now: Now, ours: Sequence[Row]) -> list[Row]:
    """The other half of a granted appeal: of its answer the reversal, of the reversal its answer."""
    ids = _ids(ours)
    commits = {_commit_of(row) for row in ours if row[Reviews.reason_code] == OUTCOMES["granted"]}
    return [row for row in now.rows if row[Reviews.review_id] not in ids and _commit_of(row) in commits]


def _commit_of(row: Row) -> tuple[Any, ...]:
    return row[Reviews.account], row[Reviews.actor], row[Reviews.decided_at], row[Reviews.reason_code]


def _rows_of(now: Now, decision_id: str) -> list[Row]:
    found = [row for row in now.rows if row[Reviews.decision_id] == decision_id]
    if not found:
        raise Unknown(_named(decision_id), "is unknown", "a decision of this campaign", LOOK)
    return found


def _ids(rows: Sequence[Row]) -> set[str]:
    return {row[Reviews.review_id] for row in rows}


def _named(decision_id: str) -> str:
    return f"decision {printable(decision_id)}"
