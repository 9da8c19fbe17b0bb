"""`abuse review serve`: the console, for as long as it runs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from abuse.address import is_remote, parse_address

if TYPE_CHECKING:
    from abuse.settings import Console

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
@click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65535))
@click.option("--allowed-host", "hosts", multiple=True, help="Name that browsers may call it by; beside loopback.")
@click.option(
    "--cache", type=click.Path(path_type=Path, file_okay=False), help="Folder of read models; in the lake unless given."
)
@click.option("--settings", "settings_file", type=click.Path(path_type=Path), help="TOML file; defaults for all.")
def serve(
    lake: str, host: str, port: int, hosts: tuple[str, ...], cache: Path | None, settings_file: Path | None
) -> None:
    """Serves the review console and its API, read only."""
    from abuse.settings import load_settings

    if host not in LOOPBACK and not hosts:
        raise click.UsageError(
            f"--host {host} is not this machine alone, and there is no login yet: name --allowed-host."
        )
    rules = load_settings(settings_file).console
    ours = None if is_remote(lake) else Path(lake) / "work" / CACHE
    with _folder(cache or ours) as folder:
        _run(lake, folder, rules, host, port, hosts)


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


def _run(lake: str, folder: Path, rules: Console, host: str, port: int, hosts: tuple[str, ...]) -> None:
    import uvicorn

    from abuse.console.app import LOOPBACK as NAMES
    from abuse.console.app import console
    from abuse.console.read.shelf import build_apart
    from abuse.console.web.guard import log_as_json

    log_as_json()
    shown = f"[{host}]" if ":" in host else host
    click.echo(
        f"The console is at http://{shown}:{port}/ until Ctrl-C. There is no login: whoever reaches it may read."
    )
    app = console(lake, folder, rules, (*NAMES, *hosts), build_apart)
    uvicorn.run(app, host=host, port=port, log_config=None, access_log=False, server_header=False)
