"""Options and the console that every command shares."""

from __future__ import annotations

import getpass
import json
from typing import TYPE_CHECKING, Any

import click

from abuse.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console


def local(_context: click.Context, option: click.Parameter, value: str) -> str:
    """A folder or file of this machine, until the storage knows others: a lock or record elsewhere would be lost."""
    if "://" in value:
        wanted, fix = "a path of this machine", "Mount it, or copy it here: S3 is not supported yet."
        raise InputError(f"--{option.name}".replace("_file", ""), repr(value), wanted, fix)
    return value


as_json = click.option("--json", "is_json", is_flag=True, help="For machines.")
on_lake = click.option("--lake", required=True, callback=local, help="Folder of the lake.")
of_campaign = click.option("--campaign", "campaign_id", required=True, help="The campaign's id.")
by_actor = click.option("--actor", default=getpass.getuser, show_default="your login", help="Who.")


def echo_json(value: Any) -> None:
    """Visible ASCII alone, so that no text of the lake reaches the terminal as it is. Times as text."""
    text = json.dumps(value, indent=1, default=lambda one: one.isoformat())
    click.echo(text.replace("\x7f", "\\u007f"))


def console(*, is_error: bool = False) -> Console:
    """Where pages are printed: no markup, no colours of numbers."""
    from rich.console import Console

    return Console(stderr=is_error, highlight=False, markup=False)
