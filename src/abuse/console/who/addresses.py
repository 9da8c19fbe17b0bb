"""Addresses that a visitor may choose, taken apart without trust."""

from __future__ import annotations

from urllib.parse import SplitResult, quote, urlsplit

NOWHERE = SplitResult("", "", "", "", "")
NO_PAGES = ("/login", "/logout", "/api/", "/static/")
NUM_OF_CAMPAIGN = 3
"""Parts of `/campaigns/ID`, the empty one before the slash included."""


def split(address: str) -> SplitResult:
    """Its parts; none of what is no address, or hides something from whoever reads it."""
    try:
        return urlsplit(address) if address.isprintable() and "\\" not in address else NOWHERE
    except ValueError:
        return NOWHERE


def inside(address: str) -> str:
    """A page of this console, or the first one: whoever made a link does not choose where it leads."""
    parts = split(address)
    is_ours = not parts.scheme and not parts.netloc and parts.path.startswith("/") and not parts.path.startswith("//")
    is_page = is_ours and not parts.path.startswith(NO_PAGES)
    return (f"{parts.path}?{parts.query}" if parts.query else parts.path) if is_page else "/"


def login_for(address: str) -> str:
    """The login page that leads back there."""
    back = inside(address)
    return "/login" if back == "/" else f"/login?next={quote(back, safe='')}"


def page_of(path: str) -> str:
    """A page to come back to from a form that was sent too late: not all of what forms are sent to can be looked at."""
    parts = path.split("/")
    return "/".join([*parts[:NUM_OF_CAMPAIGN], "queue"]) if len(parts) > NUM_OF_CAMPAIGN else "/"
