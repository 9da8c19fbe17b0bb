"""`abuse freeze`, `reversals`, `export`: the list as payout gets it, and what people reversed since. No JVM."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click

from abuse.commands.options import as_json, by_actor, console, echo_json, of_campaign, on_lake, place
from abuse.plurals import agreeing, counted

LATEST = "latest"
"""What `--freeze` without an id means."""


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
    num_out, num_doubted = row["num_disqualified"], row["num_in_review"]
    whole = counted(row["num_participants"], "account")
    say(page, f"  {num_out:,} of {whole} {agreeing(num_out, 'is', 'are')} out")
    say(page, f"  {counted(num_doubted, 'more is', 'more are')} in doubt, and not on the list")
    for line in waiting(lake, campaign_id):
        say(page, f"  {line}", "yellow")
    say(
        page,
        f"  pay by {lake}/disqualified_accounts at version {versions['disqualified_accounts']}, of it the rows where",
    )
    say(page, f"    campaign_id = '{campaign_id}' AND as_of = '{row['as_of'].isoformat()}'")
    where = f"--campaign {campaign_id} --lake {lake} --freeze {row['freeze_id']}"
    say(page, f"  the same as files: abuse export {where} --out DIR")
    say(page, f"  what people reverse from now on: abuse reversals {where}")


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
        say(page, f"  {one.account_as_given}: {one.before} -> {one.after}, by {one.actor}")
        say(page, f"    {one.reason.partition(':')[2].strip()}", "dim")


@click.command()
@click.option("--campaign", "campaign_id", help="The campaign's id.")
@click.option("--lake", callback=place, default="", help="Folder of the lake, or s3a://bucket/prefix.")
@click.option("--out", callback=place, default="", help="Folder to write to, or s3://bucket/prefix.")
@click.option("--as-of", help="The night; the current publication unless given.")
@click.option(
    "--freeze",
    "freeze_id",
    is_flag=False,
    flag_value=LATEST,
    help="The list as it was frozen, whatever came since: of this id, the latest without one.",
)
@click.option("--format", "kind", type=click.Choice(["csv", "parquet"]), default="csv", show_default=True)
@click.option("--check", "exported", callback=place, default="", help="Folder of an export: is it as it was written?")
@as_json
def export(
    campaign_id: str | None,
    lake: str,
    out: str,
    as_of: str | None,
    freeze_id: str | None,
    kind: str,
    exported: str,
    is_json: bool,
) -> None:
    """Hands the disqualified accounts over, with a manifest; --check DIR alone checks what was handed over.

    In a folder that holds a list already, that one stays, and the manifest says what changed since.
    """
    from abuse.operate.handover import check, earlier

    is_asked = bool(campaign_id or lake or out or as_of or freeze_id)
    if is_asked == bool(exported) or not (exported or (campaign_id and lake and out)):
        raise click.UsageError("give --campaign, --lake and --out, or --check alone.")
    if as_of and freeze_id:
        raise click.UsageError("--freeze names a night already: leave --as-of away.")
    manifest = check(exported) if exported else _exported(lake, str(campaign_id), as_of, freeze_id, out, kind)
    if is_json:
        echo_json(manifest)
        return
    num_earlier = len(earlier(exported)) if exported else 0
    state = ", as written" if exported else ""
    state += f", and {counted(num_earlier, 'earlier list')} too" if num_earlier else ""
    for line in _told(exported or out, manifest, state):
        click.echo(line)


def _exported(
    lake: str, campaign_id: str, as_of: str | None, freeze_id: str | None, out: str, kind: str
) -> dict[str, Any]:
    """The manifest of what is handed over: a frozen list, or that of now."""
    from abuse.instants import parse_instant
    from abuse.lake.publication import current
    from abuse.operate.export import export as exported
    from abuse.review.freeze import export_frozen

    if freeze_id:
        return export_frozen(lake, campaign_id, None if freeze_id == LATEST else freeze_id, out, kind)
    return exported(current(lake, campaign_id, parse_instant(as_of) if as_of else None), out, kind)


def _told(out: str, manifest: dict[str, Any], state: str) -> Iterator[str]:
    """What was handed over, and what changed since the list of before."""
    names = ", ".join(file["name"] for file in manifest["files"])
    about = f"{counted(manifest['rows'], 'account')} of {manifest['campaign']} as of {manifest['as_of']}"
    frozen = f", freeze {manifest['freeze']['freeze_id']}" if "freeze" in manifest else ""
    yield f"{out}: {names}, {about}, run {manifest['run_id']}{frozen}{state}"
    since = manifest.get("since")
    if since is None:
        return
    before = f"since run {since['run_id']} as of {since['as_of']}, kept as {since['manifest']}"
    if since["added"] is None:
        yield f"  {before}: what changed is unknown, {since['unknown']}"
        return
    told = f"{counted(since['added'], 'account')} added, {since['removed']:,} removed"
    yield f"  {before}: {told}{', named in ' + since['file']['name'] if since['file'] else ''}"


COMMANDS: tuple[click.Command, ...] = (freeze, reversals, export)
