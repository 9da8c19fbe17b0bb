"""Who runs a command, as the machine knows them."""

from __future__ import annotations

import getpass

import click


def login() -> str:
    """Who runs this. Raises UsageError where the machine has no name for them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        raise click.UsageError("this login has no name here; say who with --actor.") from None
