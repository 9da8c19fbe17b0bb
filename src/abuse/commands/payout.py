"""`abuse freeze`, `reversals`, `export`: the list as payout gets it, and what people reversed since. No JVM."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from abuse.commands.options import as_json, by_actor, console, echo_json, of_campaign, on_lake, place


@click.command()
@of_campaign
@on_lake
@click.option("--as-of", help="The night; the current publication unless given.")
@by_actor
@click.option("--note", help="For what payout it is.")
@as_json
def freeze(campaign_id: str, lake: str, as_of: str | None, actor: str, note: str | None, is_json: bool) -> None:
    """Writes down which list payout gets: the versions of the tables, kept for good whatever later nights find."""
    from abuse.instants import parse_instant
    from abuse.operate.page import say
    from abuse.review.freeze import freeze as frozen
    from abuse.review.freeze import waiting

    row = frozen(lake, campaign_id, actor, note, parse_instant(as_of) if as_of else None)
    if is_json:
        echo_json(row)
        return
    versions, page = json.loads(row["versions"]), console()
    say(page, f"Freeze {row['freeze_id']} of {campaign_id}, run {row['run_id']}", "bold")
    say(page, f"  {row['num_disqualified']:,} of {row['num_participants']:,} accounts are out")
    say(page, f"  {row['num_in_review']:,} more are in doubt, and not on the list")
    for line in waiting(lake, campaign_id):
        say(page, f"  {line}", "yellow")
    say(
        page,
        f"  pay by {lake}/disqualified_accounts at version {versions['disqualified_accounts']}, of it the rows where",
    )
    say(page, f"    campaign_id = '{campaign_id}' AND as_of = '{row['as_of'].isoformat()}'")
    command = f"abuse reversals --campaign {campaign_id} --lake {lake} --freeze {row['freeze_id']}"
    say(page, f"  what people reverse from now on: {command}")


@click.command()
@of_campaign
@on_lake
@click.option("--freeze", "freeze_id", help="Which freeze; the latest unless given.")
@click.option(
    "--out", type=click.Path(dir_okay=False), callback=place, default="", help="Also as CSV, for a spreadsheet."
)
@as_json
def reversals(campaign_id: str, lake: str, freeze_id: str | None, out: str, is_json: bool) -> None:
    """Whom people put on the other side of the list since it was frozen: pay them, or take back."""
    from abuse.operate.page import say
    from abuse.review.freeze import freezes, write_csv
    from abuse.review.freeze import reversals as reversed_since

    frozen, found = reversed_since(lake, campaign_id, freeze_id)
    if out:
        write_csv(out, found)
    if is_json:
        echo_json({"freeze": frozen, "reversals": [asdict(one) for one in found]})
        return
    page = console()
    say(page, f"Freeze {frozen['freeze_id']} of {campaign_id}: {len(found):,} reversed since", "bold")
    every = freezes(lake, campaign_id) if freeze_id is None else []
    if len(every) > 1:
        before = every[1]["freeze_id"]
        say(page, f"  the latest of {len(every)}; who paid by another names it: --freeze {before}", "yellow")
    for one in found:
        say(page, f"  {one.account}: {one.before} -> {one.after}, by {one.actor}")
        say(page, f"    {one.reason.partition(':')[2].strip()}", "dim")


@click.command()
@click.option("--campaign", "campaign_id", help="The campaign's id.")
@click.option("--lake", callback=place, default="", help="Folder of the lake, or s3a://bucket/prefix.")
@click.option("--out", callback=place, default="", help="Folder to write to, or s3://bucket/prefix.")
@click.option("--as-of", help="The night; the current publication unless given.")
@click.option("--format", "kind", type=click.Choice(["csv", "parquet"]), default="csv", show_default=True)
@click.option("--check", "exported", callback=place, default="", help="Folder of an export: is it as it was written?")
@as_json
def export(
    campaign_id: str | None, lake: str, out: str, as_of: str | None, kind: str, exported: str, is_json: bool
) -> None:
    """Hands the disqualified accounts of a publication over, with a manifest; --check DIR alone checks one."""
    from abuse.instants import parse_instant
    from abuse.lake.publication import current
    from abuse.operate import export as handing_over

    is_asked = bool(campaign_id or lake or out or as_of)
    if is_asked == bool(exported) or not (exported or (campaign_id and lake and out)):
        raise click.UsageError("give --campaign, --lake and --out, or --check alone.")
    if exported:
        manifest = handing_over.check(exported)
    else:
        publication = current(lake, str(campaign_id), parse_instant(as_of) if as_of else None)
        manifest = handing_over.export(publication, out, kind)
    if is_json:
        echo_json(manifest)
        return
    names = ", ".join(file["name"] for file in manifest["files"])
    about = f"{manifest['rows']:,} accounts of {manifest['campaign']} as of {manifest['as_of']}"
    click.echo(f"{exported or out}: {names}, {about}, run {manifest['run_id']}{', as written' if exported else ''}")


COMMANDS: tuple[click.Command, ...] = (freeze, reversals, export)
