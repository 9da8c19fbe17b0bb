"""Why a word is not written, by kind: pages and the API answer each in their own way."""

from __future__ import annotations

from abuse.errors import InputError


class NotAllowed(InputError):  # noqa: N818 -- an answer, not a fault
    """This person may not say it, or not in this role."""


class Unknown(InputError):  # noqa: N818 -- an answer, not a fault
    """The publication or the ledger knows no such thing."""


class Conflict(InputError):  # noqa: N818 -- an answer, not a fault
    """What is asked does not go with what stands."""


class Changed(Conflict):
    """The members are others than those that the person saw."""


class Outdated(Changed):
    """Another night was published since, which says something else."""
