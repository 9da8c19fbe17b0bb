"""A request -> who it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from abuse.console.problems import Unauthenticated
from abuse.console.who.person import Visitor
from abuse.console.who.proxies import Proxies
from abuse.console.who.sessions import Sessions
from abuse.console.who.tokens import Keys, digest_of

LOCAL = ("127.0.0.1", "localhost", "::1")
BEARER = "bearer "


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """How people get in. With neither keys nor proxies there is no login, and nothing can be written."""

    keys: Keys | None = None
    proxies: Proxies | None = None
    is_for_one: bool = False
    """Whether the one token was made at this start: then the address that was printed may carry it."""

    @property
    def is_closed(self) -> bool:
        return self.keys is not None or self.proxies is not None

    def visitor(self, request: Request, sessions: Sessions) -> Visitor | None:
        """Who it is; None for nobody. Raises Unauthenticated for what pretends to be somebody and is not."""
        named = self.proxies.person(request) if self.proxies else None
        if named is not None:
            return Visitor(named, "proxy", sessions.csrf(f"proxy {named.name}"))
        if self.keys is None:
            return None
        said = request.headers.get("authorization", "")
        if said.lower().startswith(BEARER):
            owner = self.keys.person(digest_of(said[len(BEARER) :].strip()))
            if owner is None:
                raise Unauthenticated("token", "it is nobody's", "one that is in use", "Ask for another.")
            return Visitor(owner, "bearer")
        session_id = request.cookies.get(cookie_name(request), "")
        token = sessions.token(session_id) if session_id else None
        owner = self.keys.person(token) if token else None
        return Visitor(owner, "login", sessions.csrf(session_id)) if owner else None


def is_local(request: Request) -> bool:
    """Whether the browser calls us by a name of its own machine, so that nothing goes over a wire."""
    return request.url.hostname in LOCAL


def cookie_name(request: Request) -> str:
    """Browsers keep cookies apart by host and not by port, and two consoles may run on one machine. The prefix makes a
    browser refuse the cookie from any other host, or without TLS.
    """
    port = (request.scope.get("server") or ("", ""))[1]
    return f"{'' if is_local(request) else '__Host-'}abuse-{port}"
