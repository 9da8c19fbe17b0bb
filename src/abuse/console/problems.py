"""What the console cannot answer, beside what the lake says itself."""

from __future__ import annotations

from abuse.errors import AbuseError


class NotFound(AbuseError):
    """There is no such campaign, night, cluster, account or run."""


class NotReady(AbuseError):
    """The night is being read; it will be there soon."""
