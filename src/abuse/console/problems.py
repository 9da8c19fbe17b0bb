"""What the console cannot answer, beside what the lake says itself."""

from __future__ import annotations

from abuse.errors import AbuseError


class NotFound(AbuseError):  # noqa: N818 -- an answer, not a fault
    """There is no such campaign, night, cluster, account or run."""


class NotSame(AbuseError):  # noqa: N818 -- an answer, not a fault
    """What was published cannot be made again here, so nothing can be said of how else it could have been."""


class NotReady(AbuseError):  # noqa: N818 -- a matter of seconds
    """The night is being read; it will be there soon."""


class Unauthenticated(AbuseError):  # noqa: N818 -- an answer, not a fault
    """Nobody that is known asks."""


class Forbidden(AbuseError):  # noqa: N818 -- an answer, not a fault
    """Who asks is known, and may not; or a browser asks what its user did not."""
