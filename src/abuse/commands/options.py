"""Options and the console that every command shares."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from abuse.address import parse_address
from abuse.errors import InputError
from abuse.login import login

if TYPE_CHECKING:
    from rich.console import Console


def place(_context: click.Context, option: click.Parameter, value: str) -> str:
    """A path of this machine, or an address in S3 as all of us write it. Raises InputError where it is empty."""
    if not value.strip() and option.required:
        raise InputError(option.opts[0], "nothing", "a path or s3a://bucket/prefix", "Is a variable not set?")
    return parse_address(value, option.opts[0])


class StepName(click.ParamType[str]):
    """A step of the registry, which is opened only when a step is named."""

    name = "step"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        from abuse.registry import STEPS

        return f"[{'|'.join(STEPS)}]"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from abuse.registry import STEPS

        if value not in STEPS:
            self.fail(f"{value!r} is no step; they are, in their order: {', '.join(STEPS)}.", param, ctx)
        return value


def here(_context: click.Context, option: click.Parameter, value: str) -> str:
    """A path of this machine."""
    if "://" in value:
        raise InputError(option.opts[0], repr(value), "a path of this machine", "Name a folder here.")
    return value


as_json = click.option("--json", "is_json", is_flag=True, help="For machines.")
on_lake = click.option("--lake", required=True, callback=place, help="Folder of the lake, or s3a://bucket/prefix.")
of_campaign = click.option("--campaign", "campaign_id", required=True, help="The campaign's id.")
by_actor = click.option("--actor", default=login, show_default="your login", help="Who.")


def echo_json(value: Any) -> None:
    """Visible ASCII alone, so that no text of the lake reaches the terminal as it is. Times as text."""
    text = json.dumps(value, indent=1, default=lambda one: one.isoformat())
    click.echo(text.replace("\x7f", "\\u007f"))


def console(*, is_error: bool = False) -> Console:
    """Where pages are printed: no markup, no colours of numbers."""
    from rich.console import Console

    return Console(stderr=is_error, highlight=False, markup=False)
