"""The one template environment. Whatever a template prints is escaped, and its hidden characters made visible.

Addresses, labels, token names, notes and reasons are written by attackers: no template marks any text as safe.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from abuse import __version__
from abuse.console.draw.graph import short
from abuse.console.web.choices import reasons, words_of
from abuse.operate.page import moment, printable
from abuse.plurals import counted
from abuse.settings import Console
from abuse.words import ACTIONS, PLAIN

MINUTE, HOUR, DAY = 60, 3600, 86400
WORDS = {
    "first_gas": "first coins",
    "disperse": "paid in one transaction",
    "direct": "paid each other",
    "counterparty": "dealt with one address",
    "sweep": "coins went on",
    "deposit": "one exchange account",
    "co_activity": "same acts in step",
    "time": "began together",
}
"""Kinds of links and evidence, as people say it."""


class Templates:
    """Renders a page with what every page has: where we are, and how its links are written."""

    def __init__(self, rules: Console) -> None:
        self.env = Environment(
            loader=PackageLoader("abuse.console"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=shown,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.env.filters |= {
            "n": number,
            "share": share,
            "at": at,
            "words": words,
            "ago": ago,
            "lasted": lasted,
            "counted": counted,
        }
        self.env.filters |= {"short": short, "amount": amount, "verdict": verdict, "lines": lines}
        self.env.filters["sent"] = partial(quote, safe="")  # a hidden character must come back as it went out
        self.env.filters["typed"] = escape  # and so must what somebody typed
        self.env.globals |= {"url": url, "tx_url": lambda chain, tx: explorer(rules.explorer_tx, chain, "tx", tx)}
        self.env.globals |= {"new_key": lambda: secrets.token_urlsafe(12), "reasons": reasons, "said_as": words_of}
        self.env.globals |= {"meaning": ACTIONS, "plain": PLAIN}
        self.env.globals |= {"version": __version__, "address_url": lambda chain, address: explorer(
            rules.explorer_address, chain, "address", address)}  # fmt: skip

    def page(self, request: Request, name: str, status: int = 200, **context: Any) -> HTMLResponse:
        """A whole page; for a part of one that the browser asks for, the part alone."""
        shared = {"campaign_id": None, "tab": "", "as_of": None, "here": here(request)}
        shared |= {"visitor": getattr(request.state, "visitor", None), "access": request.app.state.access}
        text = self.env.get_template(name).render(request=request, **shared | context)
        return HTMLResponse(text, status_code=status, headers={"vary": "HX-Request, HX-Target"})


def here(request: Request) -> str:
    """The address of this page, to come back to; without what an earlier form left in it."""
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != "done"]
    path = request.scope["raw_path"].decode("latin-1").partition("?")[0]  # a slash in a name stays quoted in it
    return f"{path}?{urlencode(asked)}" if asked else path


def shown(value: Any) -> Any:
    """Text as a person may see it, on one line; nothing for nothing."""
    if value is None:
        return ""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def url(*parts: str, **query: Any) -> str:
    """A path of this console; every part is quoted, an address with a slash in it too."""
    path = "/" + "/".join(quote(str(part), safe="") for part in parts)
    asked = {name: _text(value) for name, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(asked)}" if asked else path


def _text(value: Any) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)


def explorer(templates: dict[str, str], chain: str | None, name: str, value: str | None) -> str | None:
    """Where a block explorer shows it; None where the settings know none for the chain."""
    template = templates.get(chain or "")
    return template.replace(f"{{{name}}}", quote(value, safe="")) if template and value else None


def number(value: float | None) -> str:
    if value is None:
        return "unknown"
    return f"{value:,.4g}" if isinstance(value, float) and not value.is_integer() else f"{value:,.0f}"


def share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1%}"


def at(value: datetime | str | None) -> str:
    """To the second, in UTC."""
    if value is None:
        return "unknown"
    when = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment(when.astimezone(UTC).replace(microsecond=0).isoformat())


def lines(value: str) -> Markup:
    """Text of several lines: each as a person may see it, and escaped."""
    return Markup("<br>").join(printable(line) for line in value.split("\n"))


def words(value: str | None) -> str:
    return WORDS.get(value or "", (value or "").replace("_", " "))


def verdict(value: str | None) -> str:
    return (value or "took no part").replace("_", " ")


def amount(item: dict[str, Any]) -> str:
    """`0.05 native`; the asset in full, since a name is its maker's and an address is not."""
    if item["amount"] is None:
        return ""
    return f"{item['amount']:,.10g} {item['asset'] or ''}".strip()


def lasted(seconds: float | None) -> str:
    """As a person says it."""
    if seconds is None:
        return "unknown"
    if seconds < MINUTE:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"  # noqa: PLR2004 -- tenths matter below
    if seconds < HOUR:
        return f"{seconds / MINUTE:.1f} min"
    return f"{seconds / HOUR:.1f} h" if seconds < 2 * DAY else f"{seconds / DAY:.0f} days"


def ago(value: datetime) -> str:
    return f"{lasted(max(0.0, (datetime.now(UTC) - value).total_seconds()))} ago"
