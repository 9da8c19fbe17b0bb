"""`abuse review serve`: the console, for as long as it runs."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from abuse.address import is_remote, parse_address
from abuse.errors import InputError
from abuse.login import login

if TYPE_CHECKING:
    from abuse.console.who.access import Access
    from abuse.settings import Console, Settings

LOOPBACK = ("127.0.0.1", "localhost", "::1")
CACHE = "console"
"""Folder of read models under the lake's work folder; they are made anew whenever it is gone."""


def _there(context: click.Context, option: click.Parameter, value: str) -> str:
    """A lake that is there, as far as that can be told at once."""
    lake = parse_address(value, option.opts[0])
    if not is_remote(lake) and not Path(lake).is_dir():
        raise click.BadParameter(f"Directory '{lake}' does not exist.", context, option)
    return lake


@click.command()
@click.option("--lake", required=True, callback=_there, help="Folder of the lake, or s3a://bucket/prefix.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--allowed-host", "hosts", multiple=True, help="Name that browsers may call it by; beside loopback.")
@click.option(
    "--cache", type=click.Path(path_type=Path, file_okay=False), help="Folder of read models; in the lake unless given."
)
@click.option("--tokens", type=click.Path(path_type=Path, dir_okay=False), help="File of `abuse review token`.")
@click.option("--read-only", "is_read_only", is_flag=True, help="No login; whoever reaches it may read, nobody write.")
@click.option("--actor", default=login, show_default="your login", help="Who you are, without --tokens.")
@click.option("--settings", "settings_file", type=click.Path(path_type=Path), help="TOML file; defaults for all.")
def serve(
    lake: str,
    host: str,
    port: int,
    hosts: tuple[str, ...],
    cache: Path | None,
    tokens: Path | None,
    is_read_only: bool,
    actor: str,
    settings_file: Path | None,
) -> None:
    """Serves the review console and its API.

    On this machine alone it prints an address that logs you in; for others it wants --tokens, or a proxy that the
    settings name.
    """
    from abuse.settings import load_settings

    if host not in LOOPBACK and not hosts:
        raise click.UsageError(f"--host {host} is not this machine alone: name the --allowed-host it is called by.")
    if is_read_only and tokens:
        raise click.UsageError("--read-only knows no login: leave --tokens out.")
    settings = load_settings(settings_file)
    access, said = _access(settings.console, host, tokens, actor, is_read_only=is_read_only)
    ours = None if is_remote(lake) else Path(lake) / "work" / CACHE
    with _folder(cache or ours) as folder:
        _run(lake, folder, settings, access, Place(host, port, hosts, said))


@dataclass(frozen=True)
class Place:
    """Where it listens, by which names, and how its address goes on for whoever started it."""

    host: str
    port: int
    hosts: tuple[str, ...]
    said: str

    @property
    def address(self) -> str:
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{shown}:{self.port}/{self.said}"


def _access(rules: Console, host: str, tokens: Path | None, actor: str, *, is_read_only: bool) -> tuple[Access, str]:
    """Who gets in, and what the printed address ends with."""
    from abuse.console.who.access import Access
    from abuse.console.who.person import known
    from abuse.console.who.proxies import Proxies
    from abuse.console.who.tokens import OneToken, TokenFile, minted

    if is_read_only:
        return Access(), " until Ctrl-C. There is no login, and nothing can be written."
    file, proxies = tokens or (Path(rules.tokens) if rules.tokens else None), Proxies.of(rules)
    if file or proxies:
        keys = TokenFile(file) if file else None
        return Access(keys=keys, proxies=proxies), " until Ctrl-C. Whoever is known may log in."
    if host not in LOOPBACK:
        raise click.UsageError(
            f"--host {host} is not this machine alone: name --tokens or a proxy in the settings, or say --read-only."
        )
    token, person = minted(), known(actor, "approver")
    said = f"login?token={token} until Ctrl-C.\nThat address is {person.name}'s, approver: keep it to yourself."
    return Access(keys=OneToken(token, person), is_for_one=True), said


@contextmanager
def _folder(wanted: Path | None) -> Iterator[Path]:
    """The wanted folder; or one that goes when we do, where the lake may only be read or is in S3."""
    if wanted is not None and _is_writable(wanted):
        yield wanted
        return
    with tempfile.TemporaryDirectory(prefix="abuse-console-") as name:
        yield Path(name)


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _run(lake: str, folder: Path, settings: Settings, access: Access, place: Place) -> None:
    import uvicorn

    from abuse.console.app import LOOPBACK as NAMES
    from abuse.console.app import console
    from abuse.console.read.shelf import build_apart
    from abuse.console.web.guard import log_as_json

    log_as_json()
    names = (*NAMES, *place.hosts)
    app = console(lake, folder, settings.console, names, build_apart, access, settings.review)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # or whoever connects could choose the address it is taken to come from
    )
    with suppress(KeyboardInterrupt), _listening(place) as found:
        click.echo(f"The console is at {replace(place, port=found.getsockname()[1]).address}")
        uvicorn.Server(config).run(sockets=[found])


def _listening(place: Place) -> socket.socket:
    """Bound before anything is printed: what is printed is there, also where the system chose the port."""
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    found = socket.socket(family)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((place.host, place.port))
    except OSError as why:
        found.close()
        where, fix = f"--port {place.port}", "Name another --port; 0 takes any that is free."
        raise InputError(where, f"{place.host} cannot be listened on ({why.strerror})", "a free port", fix) from None
    return found
