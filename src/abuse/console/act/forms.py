"""The fields of a form, from whom it must come, and what it says."""

from __future__ import annotations

import hmac
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends, Request

from abuse.console.problems import Forbidden
from abuse.console.who.person import Visitor
from abuse.errors import InputError
from abuse.review.said import Said
from abuse.settings import digest
from abuse.words import reasons_for

KIND = "application/x-www-form-urlencoded"
MOST_FIELDS = 2000
CSRF = "x-csrf-token"


class Form:
    """What was sent, each name once or more."""

    def __init__(self, found: dict[str, list[str]]) -> None:
        self._found = found

    def one(self, name: str) -> str:
        return self._found.get(name, [""])[-1]

    def all(self, name: str) -> list[str]:
        return self._found.get(name, [])


async def fields(request: Request) -> dict[str, list[str]]:
    """Raises InputError for what no form of ours sends."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    try:
        if body and kind != KIND:
            raise ValueError
        return parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise InputError("form", "no fields", f"{KIND}, at most {MOST_FIELDS} fields", "Use the page.") from None


async def checked_form(request: Request) -> Form:
    """The form of somebody who is known, sent from a page of theirs. Raises Forbidden for any other."""
    form, who = Form(await fields(request)), visitor(request)
    given = request.headers.get(CSRF) or form.one("csrf")
    if not who.csrf or not hmac.compare_digest(given.encode(), who.csrf.encode()):
        found = "a form that was not made for this login"
        raise Forbidden("form", found, "one of a page of yours", "Load the page again, and send it from there.")
    return form


def visitor(request: Request) -> Visitor:
    """Who asks. The door lets nobody pass who is not known, so without one there is no door."""
    found: Visitor | None = getattr(request.state, "visitor", None)
    if found is None:
        raise Forbidden("login", "nobody", "somebody who is known", "Log in.")
    return found


CheckedForm = Annotated[Form, Depends(checked_form)]
FromVisitor = Annotated[Visitor, Depends(visitor)]


def may(who: Visitor, action: str) -> None:
    """Raises Forbidden for what the role may not do."""
    if not who.person.may(action):
        found = f"{who.person.role} may not {action.replace('_', ' ')}"
        raise Forbidden("role", found, "a role that may", "Ask somebody who may.")


def said(who: Visitor, action: str, form: Form, about: list[str], reason_code: str = "") -> Said:
    """What the form says, by who sent it. Sent twice it is one: its key names it, and what it says and of whom."""
    may(who, action)
    code = reason_code or form.one("reason_code")
    if not code:
        wanted = f"one of: {', '.join(reasons_for(action))}"
        raise InputError("reason", "none is chosen", wanted, "Choose why.")
    note = form.one("note").replace("\r\n", "\n").strip() or None
    key = digest([form.one("key"), code, note, sorted(about)]) if form.one("key") else ""
    person = who.person
    return Said(action=action, reason_code=code, note=note, actor=person.name, role=person.role, key=key)
