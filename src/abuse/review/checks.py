"""What is asked -> accounts and groups of the publication, or one line that says what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from abuse import authority
from abuse.authority import Group
from abuse.errors import InputError
from abuse.lake.people import Now, among
from abuse.operate.page import printable
from abuse.review.refused import Changed, NotAllowed, Unknown
from abuse.review.said import Said
from abuse.tables import Decisions
from abuse.words import ROLES, least_role, reasons_for

MAX_ACTOR, MAX_NOTE = 200, 10_000
LOOK = "Look with `abuse review show`."


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


def found_accounts(now: Now, targets: Sequence[str]) -> list[str]:
    """Each account once, as the lake writes it: addresses in lower case, other ids as they are."""
    asked = [target.strip() for target in targets]
    either = {form for target in asked for form in (target, target.lower()) if _is_text(form)}
    rows = now.publication.read(Decisions, [Decisions.account], among(either))
    known = set(rows[Decisions.account].to_pylist())
    missing = [target for target in asked if target not in known and target.lower() not in known]
    if missing:
        run = now.publication.run
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        found = f"did not take part in campaign {run.campaign_id!r} before {run.as_of.isoformat()}{more}"
        fix = "Check it; who may yet come is exempted by the campaign file's allow_list."
        raise Unknown(f"account {printable(missing[0])}", found, "one of its participants, or a cluster", fix)
    return sorted({target if target in known else target.lower() for target in asked})


def cluster_of(now: Now, targets: Sequence[str], seen: str | None) -> Group:
    """The members, where the one target is a cluster; else nobody. Nobody decides on whom they have not seen."""
    if len(targets) != 1 or not _is_text(targets[0]):
        return frozenset()
    members = now.members(targets[0].strip())
    if members and not seen:
        wanted = "the digest of the members that you saw"
        fix = "`abuse review show` prints it."
        raise InputError(f"cluster {printable(targets[0])}", "decided on without --seen", wanted, fix)
    return members


def as_seen(groups: Collection[Group], seen: str | None) -> None:
    """Raises InputError when a group has other members than those that were seen."""
    whole = set(groups)
    if seen and {authority.members_digest(group) for group in whole} != {seen}:
        sizes = " and ".join(f"{len(group):,}" for group in sorted(whole, key=len)[:3])
        wanted = f"the digest of the {sizes} members of now"  # and not the digest: who pastes it has not looked
        raise Changed("--seen", f"{printable(seen)} is not the member set of now", wanted, LOOK)
