"""What an operator can fix. Anything else is a bug and keeps its traceback."""

from __future__ import annotations

import re

CAUSE = re.compile(r"\s*(\x1b\[\d+m)?\u21b3(\x1b\[\d+m)?\s*")
"""Before each cause of an error of delta-rs, which says them on lines of their own."""
LONGEST = 400
"""Characters shown; the last cause of the longest chain seen ends at 330."""


class AbuseError(Exception):
    """One line: where, what was found, what was wanted, what to do. The command line prints it and exits with 1."""

    exit_code = 1

    def __init__(self, where: str, found: str, wanted: str, fix: str) -> None:
        self.where, self.found, self.wanted, self.fix = where, found, wanted, fix
        super().__init__(f"{where}: {found}, wanted {wanted}. {fix}")

    def __reduce__(self) -> tuple[type[AbuseError], tuple[str, str, str, str]]:
        """Whole again on the other side of a process."""
        return type(self), (self.where, self.found, self.wanted, self.fix)


def first_line(why: Exception) -> str:
    """Its type and the first line of what a library's error says, for a line of ours."""
    said = CAUSE.sub(": ", str(why)).splitlines()
    return f"{type(why).__name__}: {said[0][:LONGEST]}" if said else type(why).__name__


class InputError(AbuseError):
    """A source, campaign file or argument is not what it should be."""


class SettingsError(AbuseError):
    """The settings file is not what it should be."""


class ContractError(AbuseError):
    """A table does not have its declared columns."""


class LakeError(AbuseError):
    """The lake cannot be used: locked, not writable, or not as a run left it."""


class SetupError(AbuseError):
    """Java, jars or Spark are missing or not the right ones."""


class CheckError(AbuseError):
    """A result failed its own post-check and is not believed."""


class Held(AbuseError):  # noqa: N818 -- a state of a run, not a fault
    """A gate holds the run; nothing public was changed."""

    exit_code = 3
