"""Instants as people write them in options: in UTC, after a campaign began, and not of the future."""

from __future__ import annotations

from datetime import UTC, datetime

from abuse.campaign import Campaign
from abuse.errors import InputError


def parse_as_of(text: str, campaign: Campaign) -> datetime:
    """A UTC instant after the campaign's start. Raises InputError."""
    in_utc = parse_instant(text)
    if in_utc <= campaign.starts_at:
        start = campaign.starts_at.isoformat()
        raise InputError("--as-of", f"{text}", f"after the campaign's start ({start})", "Give a later instant.")
    return in_utc


def not_to_come(as_of: datetime, option: str) -> datetime:
    """Raises InputError for an instant that has not come: its publication would stay the current one until then."""
    if as_of > datetime.now(UTC):
        raise InputError(option, f"{as_of.isoformat()} has not come yet", "an instant of the past", "Correct it.")
    return as_of


def parse_instant(text: str) -> datetime:
    """A UTC instant. Raises InputError."""
    try:
        as_of = datetime.fromisoformat(text)
        in_utc = as_of.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InputError("--as-of", repr(text), "a time such as 2026-04-01T00:00:00Z", "Correct it.") from None
    if as_of.tzinfo is None:
        raise InputError("--as-of", f"{text} without an offset", "UTC, such as 2026-04-01T00:00:00Z", "Add the Z.")
    return in_utc
