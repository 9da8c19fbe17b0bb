"""Rows of `reviews` -> what people's word makes of each account. The one place that says whose word counts.

People's word is fixed once it is known: it names a verdict, or none. So whoever applies it, Spark for a whole campaign
or a page for one account, only puts it in the place of the machine's.

1. A row that another names in `supersedes` does not count. A row that needs a second person counts from the moment an
   approver other than its author approves it.
2. An allow-list or an exemption beats everything. Else the latest of confirm, overturn, split and hold counts, at
   whichever date it was said and whatever slice is asked about.
3. What was said of an account is said of nobody else: new members of its group inherit nothing. When the group a person
   saw has changed by more than a set share, a confirmed or split-off account keeps its verdict and is queued again.

Longer than 200 lines so that the rule can be read as one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from abuse import plurals
from abuse.settings import digest
from abuse.tables import Decisions, Reviews
from abuse.words import REASONS

Row = Mapping[str, Any]
Group = frozenset[str]
View = tuple[str, str | None, str | None]
Changes = dict[tuple[int, int], tuple[str, ...]]

ALLOW_LISTED = "allow_listed"
CHANGED = "members_changed"
HELD = "review_held"
APPEALED = "appeal_open"
SAID = {  # action -> verdict, code, sentence
    "exempt": ("exempt", "review_exempt", "A person exempted this account"),
    "overturn": ("clear", "review_overturned", "A person looked at this account and overturned the machine's verdict"),
    "split": ("clear", "review_split", "A person looked at the group and found that this account is no part of it"),
    "confirm": ("disqualified", "review_confirmed", "A person looked at this account and confirmed the verdict"),
    "hold": ("review", HELD, "A person holds this account until more is known"),
}
PEOPLES_CODES = (ALLOW_LISTED, *(code for _, code, _ in SAID.values()), CHANGED, APPEALED)
"""Reasons that are people's; the machine has others."""
OF_A_GROUP = ("confirm", "split")
"""What was said with a group in view, and is looked at again when that is another."""


@dataclass(frozen=True, slots=True)
class Word:
    """What counts of all that people said of one account."""

    ruling: Row | None = None
    """The row that decides; none where people left the verdict to the machine."""
    appeal: Row | None = None
    """The row that opened an appeal which is not resolved."""
    seen: Group = frozenset()
    """The group as the person saw it, where that matters."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What people's word makes of an account."""

    verdict: str | None
    """Instead of the machine's; none leaves that."""
    reasons: tuple[str, ...]
    """Before the machine's, each `code: sentence`."""


def ordered(rows: Iterable[Row]) -> list[Row]:
    """Oldest first, none twice: the same request written by two hands at once is one."""
    found: dict[str, Row] = {}
    for row in sorted(rows, key=_when):
        found.setdefault(row[Reviews.review_id], row)
    return list(found.values())


def counted(rows: Iterable[Row]) -> dict[str, Word]:
    """account -> what counts of what was said of it. `rows`: all reviews of one campaign."""
    every = ordered(rows)
    approved = approvals(every)
    ruling: dict[str, tuple[tuple[Any, ...], Row]] = {}
    appeal: dict[str, Row] = {}
    for row in living(every):
        moment = approved.get(row[Reviews.review_id], row) if row[Reviews.needs_approval] else row
        if row[Reviews.needs_approval] and moment is row:
            continue
        account, action = row[Reviews.account], row[Reviews.action]
        if action in SAID:
            place = (action == "exempt", *_when(moment))
            ruling[account] = max(ruling.get(account, (place, row)), (place, row), key=lambda one: one[0])
        elif action in ("appeal_opened", "appeal_resolved"):
            appeal[account] = row
    seen = _seen(every, {_in_view(row) for _, row in ruling.values() if row[Reviews.action] in OF_A_GROUP})
    return {
        account: Word(
            ruling[account][1] if account in ruling else None,
            _open(appeal.get(account)),
            seen.get(_in_view(ruling[account][1]), frozenset()) if account in ruling else frozenset(),
        )
        for account in {**ruling, **appeal}
    }


def living(every: Iterable[Row]) -> list[Row]:
    """The rows that no other supersedes."""
    rows = list(every)
    gone = {row[Reviews.supersedes] for row in rows if row[Reviews.supersedes]}
    return [row for row in rows if row[Reviews.review_id] not in gone]


def approvals(every: Iterable[Row]) -> dict[str, Row]:
    """review_id -> the row by which a second person let it count."""
    rows = list(every)
    by_id = {row[Reviews.review_id]: row for row in rows}
    found: dict[str, Row] = {}
    for row in living(rows):
        named = by_id.get(row[Reviews.approves] or "")
        is_approval = row[Reviews.action] == "approve" and row[Reviews.role] == "approver"
        if is_approval and named is not None and not same_person(row[Reviews.actor], named[Reviews.actor]):
            found.setdefault(named[Reviews.review_id], row)
    return found


def pending(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """decision_id -> its rows that still wait for a second person."""
    every = ordered(rows)
    approved = approvals(every)
    found: dict[str, list[Row]] = defaultdict(list)
    for row in living(every):
        if row[Reviews.needs_approval] and row[Reviews.review_id] not in approved:
            found[row[Reviews.decision_id]].append(row)
    return dict(found)


def same_person(one: str, other: str) -> bool:
    """Whether two names are one, however they are written."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def in_groups(said: Mapping[str, Word]) -> list[str]:
    """The accounts of which the present group must be known."""
    return sorted(account for account, word in said.items() if word.seen)


def groups(members: Iterable[tuple[str, str]]) -> dict[str, Group]:
    """account -> all members of its cluster, from (cluster_id, account)."""
    by_cluster: dict[str, set[str]] = defaultdict(set)
    for cluster, account in members:
        by_cluster[cluster].add(account)
    return {account: whole for whole in map(frozenset, by_cluster.values()) for account in whole}


def standings(
    said: Mapping[str, Word], now: Mapping[str, Group], max_changed: float, allow_list: Collection[str] = ()
) -> dict[str, Standing]:
    """account -> what people's word makes of it. `now`: the groups of the slice, of `in_groups` at least."""
    known: Changes = {}
    found = {account: _standing(account, word, now, max_changed, known) for account, word in said.items()}
    allowed = Standing("exempt", (f"{ALLOW_LISTED}: The campaign's allow-list names this account.",))
    return {a: s for a, s in found.items() if s.reasons} | dict.fromkeys(allow_list, allowed)


def overlaid(decision: Mapping[str, Any], standing: Standing | None) -> dict[str, Any]:
    """A row of `decisions`, or its verdicts and reasons alone, as people's word leaves it now."""
    codes = {code(reason) for reason in decision[Decisions.reasons]}
    if ALLOW_LISTED in codes or (standing is None and codes.isdisjoint(PEOPLES_CODES)):
        return dict(decision)
    machines = [reason for reason in decision[Decisions.reasons] if code(reason) not in PEOPLES_CODES]
    verdict, reasons = (standing.verdict, standing.reasons) if standing else (None, ())
    effective = {Decisions.verdict: verdict or decision[Decisions.machine_verdict]}
    return dict(decision) | effective | {Decisions.reasons: [*reasons, *machines]}


def code(reason: str) -> str:
    """Of `code: sentence`."""
    return reason.partition(":")[0]


@lru_cache(maxsize=1024)  # every member of a group asks
def members_digest(members: Group) -> str:
    """Names the members of a group, in whatever order."""
    return digest(sorted(members))


def _when(row: Row) -> tuple[Any, ...]:
    return row[Reviews.decided_at], row[Reviews.review_id]


def _in_view(row: Row) -> View:
    """Rows of one decision about one cluster, or about one account that is in none."""
    cluster = row[Reviews.cluster_id]
    return row[Reviews.decision_id], cluster, row[Reviews.account] if cluster is None else None


def _seen(every: Iterable[Row], wanted: Collection[View]) -> dict[View, Group]:
    """What each of these decisions had in view: whom it decides about and, on one of its rows, the others."""
    found: dict[View, set[str]] = defaultdict(set)
    for row in every:
        if (view := _in_view(row)) in wanted:
            found[view] |= {row[Reviews.account], *(row[Reviews.others] or ())}
    return {view: frozenset(members) for view, members in found.items()}


def _open(appeal: Row | None) -> Row | None:
    return appeal if appeal is not None and appeal[Reviews.action] == "appeal_opened" else None


def _standing(account: str, word: Word, now: Mapping[str, Group], max_changed: float, known: Changes) -> Standing:
    verdict: str | None = None
    reasons: list[str] = []
    if word.ruling is not None:
        verdict, name, sentence = SAID[word.ruling[Reviews.action]]
        why, _ = REASONS.get(word.ruling[Reviews.reason_code], ("", ()))
        reasons.append(f"{name}: {sentence}{f': {why}' if why else ''}.")
        if word.ruling[Reviews.action] in OF_A_GROUP:
            reasons += _changed_of(account, word.seen, now, max_changed, known)
    if word.appeal is not None:
        reasons.append(f"{APPEALED}: Its owner asked for a review; a person has to answer.")
    return Standing(verdict, tuple(reasons))


def _changed_of(
    account: str, seen: Group, now: Mapping[str, Group], max_changed: float, known: Changes
) -> tuple[str, ...]:
    """`known`: all members of a group hold the same two sets, and to compare them anew for each takes seconds."""
    if account not in now:
        return _changed(seen, frozenset({account}), max_changed)
    key = id(seen), id(now[account])  # both live as long as the call
    if key not in known:
        known[key] = _changed(seen, now[account], max_changed)
    return known[key]


def _changed(seen: Group, now: Group, max_changed: float) -> tuple[str, ...]:
    came, left = len(now - seen), len(seen - now)
    if (came + left) / len(seen) <= max_changed:
        return ()
    had = plurals.counted(len(seen), "account")
    return (f"{CHANGED}: The group had {had} when a person decided; {came} came and {left} left since.",)
