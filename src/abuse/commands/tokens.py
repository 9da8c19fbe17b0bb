"""`abuse review token`: who may log in to the console, and in which role."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from abuse.commands.options import as_json, console, echo_json
from abuse.words import ROLES

in_file = click.option(
    "--tokens", "file", required=True, type=click.Path(path_type=Path, dir_okay=False), help="Their file."
)


@click.group()
def token() -> None:
    """Tokens that people log in to the console with. A token is printed once; the file keeps its digest alone."""


@token.command()
@click.argument("name")
@click.option("--role", required=True, type=click.Choice(ROLES), help="Each may do what those before it may.")
@in_file
def add(name: str, role: str, file: Path) -> None:
    """Makes a token for a person, and prints it. What they say is kept under NAME."""
    from abuse.console.who import tokens

    made = tokens.add(file, name, role)
    click.echo(f"The token of {name}, {role}, which is shown this once:", err=True)
    click.echo(made)


@token.command("list")
@in_file
@as_json
def list_(file: Path, is_json: bool) -> None:
    """Who has one."""
    from abuse.console.who import tokens
    from abuse.operate.page import say

    found = tokens.listed(file)
    if is_json:
        rows = [asdict(one) for one in found]
        echo_json([{key: row[key] for key in ("name", "role", "added_at")} for row in rows])
        return
    for one in found:
        say(console(), f"{one.name}, {one.role}, since {one.added_at}")


@token.command()
@click.argument("name")
@in_file
def remove(name: str, file: Path) -> None:
    """Takes a person's token back; their logins end with it."""
    from abuse.console.who import tokens
    from abuse.operate.page import say

    gone = tokens.remove(file, name)
    say(console(), f"The token of {gone.name}, {gone.role}, is worth nothing now.")
