"""A proxy that logs people in and says who they are, believed from its own addresses alone."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from starlette.requests import Request

from abuse.console.problems import Unauthenticated
from abuse.console.who.person import Person, known
from abuse.errors import InputError
from abuse.plurals import counted
from abuse.settings import Console

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Proxies:
    """The two headers, and from whom they count."""

    identity_header: str
    role_header: str
    networks: tuple[Network, ...]

    @classmethod
    def of(cls, rules: Console) -> Proxies | None:
        """None where the settings name no proxy."""
        if not rules.identity_header:
            return None
        networks = tuple(ipaddress.ip_network(one, strict=False) for one in rules.proxies)
        return cls(rules.identity_header, rules.role_header, networks)

    def person(self, request: Request) -> Person | None:
        """Whom the proxy names; None where it names nobody. Raises Unauthenticated for a stranger that names somebody,
        and for a name or role that is none: a header sent twice may be the visitor's own.
        """
        names, roles = (request.headers.getlist(name) for name in (self.identity_header, self.role_header))
        if not names and not roles:
            return None
        if not self._is_ours(request.client.host if request.client else ""):
            raise _nobody("a header that only a proxy of the settings may send", "Ask through the proxy.")
        if len(names) != 1 or len(roles) != 1:
            found = f"{counted(len(names), 'name')} and {counted(len(roles), 'role')} from the proxy"
            raise _nobody(found, "Mend what the proxy sends.")
        try:
            return known(_text(names[0]), roles[0].strip().lower())
        except InputError as why:
            raise _nobody(f"a {why.where} from the proxy that is {why.found}", "Mend what the proxy sends.") from None

    def _is_ours(self, address: str) -> bool:
        try:
            asked = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(asked in network for network in self.networks)


def _text(header: str) -> str:
    """Servers read headers as Latin-1; proxies write names in UTF-8."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def _nobody(found: str, fix: str) -> Unauthenticated:
    return Unauthenticated("login", found, "somebody who is known", fix)
