"""What is asked -> accounts and groups of the publication, or one line that says what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from abuse import authority
from abuse.authority import Group
from abuse.errors import InputError
from abuse.lake.ledger import turn
from abuse.lake.people import Now, among, given_as
from abuse.lake.publication import Publication, current, runs
from abuse.operate.page import meant, printable
from abuse.review.refused import Changed, NotAllowed, Outdated, Unknown
from abuse.review.said import Said
from abuse.tables import Decisions, Reviews
from abuse.words import ROLES, least_role, reasons_for

MAX_ACTOR, MAX_NOTE = 200, 10_000
LOOK = "Look with `abuse review show`."
MERGED = "It may have merged into another."
Kind = Literal["account", "cluster"]
"""What a name is of; where none is given, whatever has it."""


def checked(said: Said) -> Said:
    """Raises InputError for a word that the ledger does not know, or a name or note that cannot be stored."""
    least, codes = least_role(said.action), reasons_for(said.action)
    if said.role not in ROLES or ROLES.index(said.role) < ROLES.index(least):
        found = f"{printable(said.role)} may not {said.action.replace('_', ' ')}"
        raise NotAllowed("--role", found, f"{least} or more", "Ask somebody who may.")
    if said.reason_code not in codes:
        found = f"{printable(said.reason_code)!r} is no reason to {said.action.replace('_', ' ')}"
        raise InputError("--reason", found, f"one of: {', '.join(codes)}", "Say the rest in --note.")
    if not said.actor.strip() or len(said.actor) > MAX_ACTOR or printable(said.actor) != said.actor:
        wanted = f"a name of 1 to {MAX_ACTOR} visible characters"
        raise InputError("--actor", repr(printable(said.actor[:MAX_ACTOR])), wanted, "Say who decides.")
    if not _storable(said.note or "") or (said.action == "note" and not (said.note or "").strip()):
        found = f"{len(said.note or '')} characters" if _is_text(said.note or "") else "bytes that are no text"
        raise InputError("--note", found, f"text of at most {MAX_NOTE:,} characters", "Write it anew.")
    return said


def _storable(note: str) -> bool:
    return len(note) <= MAX_NOTE and _is_text(note)


def _is_text(text: str) -> bool:
    """Arguments that are no UTF-8 reach Python as lone surrogates."""
    return text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text)


def held_against(lake: str, campaign_id: str, said: Said) -> Now:
    """The publication, and the ledger at the turn that the word will be written in. Raises InputError for a word that
    cannot be said.
    """
    checked(said)
    ours = turn(lake, Reviews, f"reviews of {campaign_id}")
    return Now.of(current(lake, campaign_id), ours)


def found_accounts(now: Now, targets: Sequence[str]) -> list[str]:
    """Each account once, as the lake writes it."""
    forms = {target: [form for form in meant(target) if _is_text(form)] for target in targets}
    asked = among({form for every in forms.values() for form in every})
    known = set(now.publication.read(Decisions, [Decisions.account], asked)[Decisions.account].to_pylist())
    found = {target: next((form for form in every if form in known), None) for target, every in forms.items()}
    found |= _as_given(now.publication, {target: forms[target] for target, one in found.items() if one is None})
    missing = [target for target in targets if found[target] is None]
    if missing:
        run = now.publication.run
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        what = f"did not take part in campaign {run.campaign_id!r} before {run.as_of.isoformat()}{more}"
        fix = "Check it; who may yet come is exempted by the campaign file's allow_list."
        raise Unknown(f"account {printable(missing[0].strip())}", what, "one of its participants, or a cluster", fix)
    return sorted({account for account in found.values() if account is not None})


def _as_given(publication: Publication, forms: dict[str, list[str]]) -> dict[str, str | None]:
    """Of those that no account is called: the account that the campaign wrote so."""
    asked = {form for every in forms.values() for form in every}
    columns = [Decisions.account, Decisions.account_as_given]
    rows = given_as(publication, asked, columns) if asked else []
    named = {row[Decisions.account_as_given]: row[Decisions.account] for row in rows}
    return {target: next((named[form] for form in every if form in named), None) for target, every in forms.items()}


def cluster_of(now: Now, targets: Sequence[str], seen: str | None, kind: Kind | None = None) -> Group:
    """The members, where the one target is a cluster; else nobody. Nobody decides on whom they have not seen. Raises
    InputError when it may be an account as well: who takes part chooses its name.
    """
    if kind == "account" or len(targets) != 1 or not _is_text(targets[0]):
        return frozenset()
    name = targets[0].strip()
    where, members = f"cluster {printable(name)}", now.members(name)
    if not members and kind == "cluster":
        raise Unknown(where, "not in the current publication", "one of its clusters", MERGED)
    if members and kind is None and now.publication.read(Decisions, [Decisions.account], among({name})).num_rows:
        found, fix = "an account has that name too", "Decide in the console, which knows which of them is meant."
        raise InputError(where, found, "a name of one thing", fix)
    if members and not seen:
        wanted = "the digest of the members that you saw"
        raise InputError(where, "decided on without --seen", wanted, "`abuse review show` prints it.")
    return members


def as_seen(groups: Collection[Group], seen: str | None) -> None:
    """Raises InputError when a group has other members than those that were seen."""
    whole = set(groups)
    if seen and {authority.members_digest(group) for group in whole} != {seen}:
        sizes = " and ".join(f"{len(group):,}" for group in sorted(whole, key=len)[:3])
        wanted = f"the digest of the {sizes} members of now"  # and not the digest: who pastes it has not looked
        raise Changed("--seen", f"{printable(seen)} is not the member set of now", wanted, LOOK)


def shown_night(now: Now, run_id: str | None) -> Publication:
    """The publication that the person was shown; the current one where that is not said. Raises InputError."""
    run = now.publication.run
    if run_id in (None, "", run.run_id):
        return now.publication
    shown = next((one for one in runs(now.publication.lake, run.campaign_id) if one.run_id == run_id), None)
    if shown is None or shown.status != "published":
        raise Unknown(f"run {printable(str(run_id))}", "is no publication", "the one that was shown", LOOK)
    return Publication(now.publication.lake, shown)


def as_shown(now: Now, accounts: Collection[str], shown: Publication) -> None:
    """Raises InputError when the machine says something else of an account now than in the night that was shown."""
    if shown is now.publication:
        return
    before, after = (_machine(night, accounts) for night in (shown, now.publication))
    others = sum(before.get(account) != after.get(account) for account in accounts)
    if others:
        found = f"another night was published since, which says something else of {others:,} of these accounts"
        raise Outdated("the page", found, "the night of now", "Load it again, and look.")


def _machine(night: Publication, accounts: Collection[str]) -> dict[str, str]:
    rows = night.read(Decisions, [Decisions.account, Decisions.machine_verdict], among(accounts))
    return dict(zip(*(column.to_pylist() for column in rows.columns), strict=True))
