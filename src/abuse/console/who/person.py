"""Somebody who is known, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from abuse.authority import same_person
from abuse.errors import InputError
from abuse.operate.page import printable
from abuse.words import ROLES, least_role

MAX_NAME = 200
Way = Literal["login", "bearer", "proxy"]


@dataclass(frozen=True, slots=True)
class Person:
    """A name, which the ledger keeps as the actor, and a role."""

    name: str
    role: str

    def may(self, action: str) -> bool:
        return ROLES.index(self.role) >= ROLES.index(least_role(action))

    def is_called(self, name: str) -> bool:
        return same_person(self.name, name)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who a request comes from, and how that is known."""

    person: Person
    way: Way
    csrf: str = ""
    """What a form of theirs must bring; empty for machines, whose requests no browser sends by itself."""


def known(name: str, role: str) -> Person:
    """Raises InputError for a name that the ledger would not keep, or a role that there is not."""
    if not name.strip() or len(name) > MAX_NAME or printable(name) != name:
        wanted = f"a name of 1 to {MAX_NAME} visible characters"
        raise InputError("name", repr(printable(name[:MAX_NAME])), wanted, "Say who it is.")
    if role not in ROLES:
        raise InputError("role", repr(printable(role[:MAX_NAME])), f"one of: {', '.join(ROLES)}", "Name one of them.")
    return Person(name.strip(), role)
