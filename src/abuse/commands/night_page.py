"""`abuse report`: a run's page, made again from its tables or copied out. No JVM."""

from __future__ import annotations

import click

from abuse.commands.options import on_lake, place


@click.command()
@click.argument("run_id")
@on_lake
@click.option("--out", callback=place, default="", help="File to write; the run's own place in the lake unless given.")
def report(run_id: str, lake: str, out: str) -> None:
    """The page of a run: verdicts, clusters, services, gates and timings, with plots, in one HTML file."""
    from abuse.lake.storage import storage_of
    from abuse.operate.night_page.kept import address, made_again

    run, page = made_again(lake, run_id)
    file = out or address(lake, run.campaign_id, run.as_of, run.run_id)
    storage_of(file).write(file, page)
    click.echo(f"{file}: run {run_id} of {run.campaign_id}, {run.status}")


COMMANDS: tuple[click.Command, ...] = (report,)
