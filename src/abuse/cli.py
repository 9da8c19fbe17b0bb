"""The command line. Exit 0 done; 1 an error an operator can fix; 2 usage; 3 held by a gate.

Heavy imports sit inside the commands, so that `abuse --help` answers at once. Longer than 200 lines because it is one
list: every command, each a few lines that call one function.
"""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from abuse.commands import night_page, payout
from abuse.commands import review as people
from abuse.commands.options import StepName, as_json, by_actor, console, here, of_campaign, on_lake, place
from abuse.commands.tokens import token
from abuse.console.command import serve
from abuse.errors import AbuseError, InputError
from abuse.login import login
from abuse.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from abuse.campaign import Campaign, Source
    from abuse.edge.context import Night
    from abuse.lake.delta import Lake
    from abuse.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])
SIZES = {"small": 2_000, "medium": 20_000, "large": 200_000}
FARMSET = "farmset"
A_SEED = click.IntRange(min=0)
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)
OF_A_DISK = dict.fromkeys(UNWRITABLE, "Make it writable, or free space")
OF_A_DISK |= dict.fromkeys((errno.ENOTDIR, errno.EISDIR, errno.EEXIST), "Name another path")


class Group(click.Group):
    """Prints what an operator can fix as one line; a bug keeps its traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AbuseError as why:
            click.echo(f"abuse: {why}", err=True)
            ctx.exit(why.exit_code)
        except OSError as why:
            if why.errno not in OF_A_DISK:
                raise
            click.echo(f"abuse: {why.filename or 'disk'}: {why.strerror}. {OF_A_DISK[why.errno]}.", err=True)
            ctx.exit(1)


def with_slice(command: F) -> F:
    """--campaign FILE, --as-of, --lake, --settings."""
    for option in (
        click.option(
            "--settings", "settings_file", type=click.Path(path_type=Path), help="TOML file; defaults for all."
        ),
        click.option("--lake", required=True, callback=place, help="Folder of the lake, or s3a://bucket/prefix."),
        click.option("--as-of", required=True, help="UTC instant; only facts before it count."),
        click.option("--campaign", "campaign_file", required=True, callback=place, help="Campaign file."),
    ):
        command = option(command)
    return command


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="campaign-abuse")
def main() -> None:
    """Finds reward farms among a campaign's participants, and says who is out and why."""


@main.command()
@click.option("--size", type=click.Choice(list(SIZES)), default="small", show_default=True)
@click.option("--lake", default="lake/demo", show_default=True, callback=here, help="Folder of the lake.")
@click.option("--seed", default=7, show_default=True, type=A_SEED, help="Of the simulator.")
def demo(size: str, lake: str, seed: int) -> None:
    """Simulates a campaign, runs the night, and prints what was found and where to look."""
    from datetime import timedelta

    from abuse.lake.publication import current
    from abuse.operate.judge import judged

    inputs = Path(lake) / "inputs"
    _simulate(inputs, SIZES[size], seed)
    campaign_file = str(inputs / "campaign.toml")
    campaign, _ = _campaign(campaign_file, None)
    as_of = (campaign.ends_at + timedelta(days=8)).isoformat()
    report = _night(campaign_file, as_of, lake, None)
    truth = judged(current(lake, campaign.id), inputs / "truth.csv")
    _show(report | {"truth": truth}, is_json=False)


@main.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--accounts", type=click.IntRange(min=100), required=True)
@click.option("--seed", type=A_SEED, required=True)
def simulate(out: Path, accounts: int, seed: int) -> None:
    """Writes a campaign in the public input formats, with its truth in a separate file."""
    click.echo(_simulate(out, accounts, seed))


@main.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.argument("campaigns", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--shuffle-seed", type=A_SEED, help="Also OUT/shuffled: the same groups with each other's members.")
@click.option(
    "--events", "with_events", is_flag=True, help="Also OUT/events and OUT/members: members' acts, for farmset. Slow."
)
def dataset(out: Path, campaigns: tuple[Path, ...], shuffle_seed: int | None, with_events: bool) -> None:
    """Describes every group of simulated campaigns (folders with campaign.toml and truth.csv) as training rows."""
    from abuse.edge.training import described
    from abuse.settings import load_settings

    if out.exists():
        raise InputError(f"folder {out}", "there already", "a new one", "Name another, or remove it.")
    shown = _progress()
    with shown.step("dataset", 0, 1):
        num = described(list(campaigns), out, load_settings(None), shown.say, shuffle_seed, with_events=with_events)
    click.echo(f"{out}: {counted(num, 'candidate')} of {counted(len(campaigns), 'campaign')}")


a_dataset = click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True),
    help="Folder of `abuse dataset`; made from seeds unless given.",
)
a_hard_set = click.option("--hard", type=click.Path(path_type=Path, exists=True), help="The same of the hard set.")


a_recipe = click.option(
    "--recipe", "recipe_file", type=click.Path(path_type=Path, exists=True), help="TOML: how farmset is trained."
)


@main.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for weights, config and card.")
@a_dataset
@a_hard_set
@click.option(
    "--scorer",
    default="lightgbm",
    show_default=True,
    help="coordination_trees, lightgbm, logistic_regression or farmset.",
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=A_SEED,
    help="Of the split; farmset's own are in its recipe.",
)
@a_recipe
def train(out: Path, data: Path | None, hard: Path | None, scorer: str, seed: int, recipe_file: Path | None) -> None:
    """Trains and calibrates a scorer and writes it with its card. Promotes nothing."""
    from abuse.edge.training import training_set
    from abuse.settings import load_settings

    shown = _progress()
    with shown.step("dataset", 0, 2):
        rows = data or training_set(out, load_settings(None), shown.say, with_events=scorer == FARMSET)
    with shown.step("train", 1, 2):
        version = _trained(rows, out, hard, scorer, seed, recipe_file, shown.say)
    click.echo(f"{out}: {scorer}-{version}; its card is README.md there")


def _trained(
    rows: Path, out: Path, hard: Path | None, scorer: str, seed: int, recipe_file: Path | None, say: Callable[..., None]
) -> str:
    from abuse.model.rows import JOB_FEATURES

    if scorer == FARMSET:
        from abuse.model.farmset.recipe import load_recipe
        from abuse.model.farmset.train import train as train_farmset

        recipe = load_recipe(recipe_file)
        return train_farmset(rows, out, JOB_FEATURES, recipe, hard=hard, seed=seed, on_progress=say).version
    from abuse.model.train import train as train_figures

    return train_figures(rows, out, JOB_FEATURES, hard=hard, scorer=scorer, seed=seed, on_progress=say).version


@main.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for scores, report and pictures.")
@a_dataset
@a_hard_set
@click.option(
    "--model", type=click.Path(path_type=Path, exists=True), help="A trained model: evaluates on its dataset."
)
@click.option("--shuffled", type=click.Path(path_type=Path, exists=True), help="OUT/shuffled of `abuse dataset`.")
@click.option("--scores", multiple=True, type=click.Path(path_type=Path, exists=True), help="Another scorer's scores.")
@click.option("--seed", default=0, show_default=True, type=A_SEED)
@click.option("--workers", default=1, show_default=True, help="Processes.")
@click.option("--farmset", "with_farmset", is_flag=True, help="Trains farmset on every fold first; goes on if killed.")
@click.option("--splits", default="", help="With --farmset: only these, comma-separated.")
@a_recipe
def evaluate(
    out: Path,
    data: Path | None,
    hard: Path | None,
    model: Path | None,
    shuffled: Path | None,
    scores: tuple[Path, ...],
    seed: int,
    workers: int,
    with_farmset: bool,
    splits: str,
    recipe_file: Path | None,
) -> None:
    """Judges every scorer on every split: tables, intervals and pictures, from saved scores."""
    from abuse.edge.training import training_set
    from abuse.model.evaluate import evaluate as evaluated
    from abuse.model.rows import JOB_FEATURES
    from abuse.settings import load_settings

    shown = _progress()
    with shown.step("dataset", 0, 3):
        rows = data or training_set(model or out, load_settings(None), shown.say, with_events=with_farmset)
    if with_farmset:
        with shown.step("farmset", 1, 3):
            named = tuple(filter(None, splits.split(",")))
            scores = (*scores, _farmset_scores(rows, hard, out, seed, recipe_file, named, shown.say))
    with shown.step("evaluate", 2, 3):
        more = {"member_shuffled": shuffled, "more_scores": scores, "seed": seed, "num_workers": workers}
        found = evaluated(rows, hard, out, JOB_FEATURES, on_progress=shown.say, **more)  # type: ignore[arg-type]
    click.echo(f"{found.report}")


def _farmset_scores(
    rows: Path,
    hard: Path | None,
    out: Path,
    seed: int,
    recipe_file: Path | None,
    splits: tuple[str, ...],
    say: Callable[..., None],
) -> Path:
    from abuse.model.evaluate import write_folds_of
    from abuse.model.farmset.recipe import load_recipe
    from abuse.model.farmset.scores import farmset_scores
    from abuse.model.rows import JOB_FEATURES

    write_folds_of(rows, hard, out, JOB_FEATURES, seed)
    recipe = load_recipe(recipe_file)
    return farmset_scores(rows, hard, out, JOB_FEATURES, recipe, splits=splits, on_progress=say)


@main.group()
def campaign() -> None:
    """Campaign files."""


@campaign.command("check")
@click.argument("file", callback=place)
@click.option("--settings", "settings_file", type=click.Path(path_type=Path))
@as_json
def check(file: str, settings_file: Path | None, is_json: bool) -> None:
    """Whether this campaign file is runnable, what is in its sources, and what of their first rows would be read."""
    from abuse.edge.ingest import check_sources
    from abuse.edge.sample import sample
    from abuse.operate.checked import lines

    found, settings = _campaign(file, settings_file)
    with _session(found, settings, found.ends_at.isoformat(), ".") as night:
        sources = check_sources(night, is_counted=True)
        tried = sample(night)
    sources = [source | {"sample": tried.sources.get(source["source"])} for source in sources]
    if is_json:
        click.echo(json.dumps(sources, indent=1))
    else:
        click.echo("\n".join(lines(found, sources, is_runnable=tried.refused is None)))
    if tried.refused:
        raise tried.refused


@main.command()
@with_slice
@as_json
def night(campaign_file: str, as_of: str, lake: str, settings_file: Path | None, is_json: bool) -> None:
    """Runs all steps and publishes, or is held by a gate."""
    _show(_night(campaign_file, as_of, lake, settings_file), is_json=is_json)


@main.command()
@click.option(
    "--campaign",
    "campaign_files",
    required=True,
    multiple=True,
    callback=lambda context, option, files: [place(context, option, file) for file in files],
    help="Campaign file; several times for several.",
)
@click.option("--from", "first", required=True, type=click.DateTime(["%Y-%m-%d"]), help="First date, at midnight UTC.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last date, included; the first unless given.")
@click.option("--every", "every_days", default=1, show_default=True, type=click.IntRange(min=1), help="Days.")
@on_lake
@click.option("--settings", "settings_file", type=click.Path(path_type=Path))
@click.option("--again", is_flag=True, help="Also the nights that are done.")
@click.option("--dry-run", "is_dry", is_flag=True, help="Says which nights would be run and why, and runs none.")
@as_json
def backfill(
    campaign_files: list[str],
    first: datetime,
    last: datetime | None,
    every_days: int,
    lake: str,
    settings_file: Path | None,
    again: bool,
    is_dry: bool,
    is_json: bool,
) -> None:
    """Past nights by today's rules on the facts of then, oldest first. Run again, it goes on where it stood.

    Exits with 1 when the data of a night could not be used, else with 3 when a gate holds one.
    """
    from abuse.backfill import backfill as run_all
    from abuse.backfill import plan
    from abuse.operate import backfilled
    from abuse.settings import load_settings

    settings = load_settings(settings_file)
    planned = plan(lake, campaign_files, settings, first.date(), (last or first).date(), every_days=every_days)
    if is_dry:
        backfilled.show_plan([one.row() for one in planned], console(), again=again, is_json=is_json)
        return
    say = partial(console(is_error=True).print, soft_wrap=True)
    sources = [source for one in planned for source in one.campaign.sources]
    ended = run_all(_lake(lake, settings, sources=sources), planned, _progress(), say, again=again)
    backfilled.show_end([one.row() for one in ended], console(), is_json=is_json)
    statuses = {one.status for one in ended}
    sys.exit(1 if "failed" in statuses else 3 if "held" in statuses else 0)


@main.command()
@click.argument("run_id")
@on_lake
@click.option("--keep", callback=place, default="", help="Folder for the tables made again; removed unless given.")
@click.option(
    "--settings", "settings_file", type=click.Path(path_type=Path), help="For Spark alone; rules are the run's."
)
@as_json
def replay(run_id: str, lake: str, keep: str, settings_file: Path | None, is_json: bool) -> None:
    """Makes a published run again from the facts as they were, and compares. Exits with 1 when a row differs."""
    from abuse.operate import backfilled
    from abuse.replay import recorded
    from abuse.replay import replay as run_again
    from abuse.settings import load_settings

    made = recorded(lake, run_id)
    same = run_again(_lake(lake, load_settings(settings_file), keep), made, keep or None, _progress())
    backfilled.show_replay(run_id, [one.row() for one in same], console(), is_json=is_json)
    sys.exit(0 if all(one.is_same for one in same) else 1)


@main.command()
@click.argument("name", type=StepName())
@with_slice
def step(name: str, campaign_file: str, as_of: str, lake: str, settings_file: Path | None) -> None:
    """Runs one step of a night; the steps before it must have run.

    A closed gate is written down, said on standard output, and no error: ask `abuse gates` before the next step.
    """
    from abuse.night import run_alone

    found, settings = _campaign(campaign_file, settings_file)
    with _session(found, settings, as_of, lake) as context:
        record = run_alone(name, context, _progress())
    said = {key: record[key] for key in ("run_id", "seconds", "held") if key in record}
    click.echo(json.dumps({"step": name} | said))


@main.command()
@of_campaign
@on_lake
@click.option("--as-of", help="The night; the current publication unless given.")
@click.option("--settings", "settings_file", type=click.Path(path_type=Path), help="TOML file; of it, [spark] counts.")
@by_actor
@as_json
def publish(
    campaign_id: str, lake: str, as_of: str | None, settings_file: Path | None, actor: str, is_json: bool
) -> None:
    """Brings the public tables up to date with what people said since they were published, without a new night."""
    from abuse.edge.refresh import due, refresh
    from abuse.instants import parse_instant
    from abuse.settings import load_settings

    instant = parse_instant(as_of) if as_of else None
    publication, run = due(lake, campaign_id, instant)
    if run is None and not is_json:
        click.echo(f"Run {publication.run.run_id} knows all that people said: nothing to do.")
        return
    if run is None:
        _show(publication.run.report, is_json=True)
        return
    done = refresh(_lake(lake, load_settings(settings_file)), campaign_id, instant, actor)
    _show((done or publication.run).report, is_json=is_json)


@main.command()
@click.argument("run_id")
@on_lake
@click.option("--reason", required=True, help="Why it is right; kept with your name.")
@click.option("--actor", help="Who; your login unless given.")
def release(run_id: str, lake: str, reason: str, actor: str | None) -> None:
    """Publishes a held run. Who and why are kept."""
    from abuse.night import release as release_run
    from abuse.settings import load_settings

    if not reason.strip():
        raise click.UsageError("--reason is empty; say why the run is right.")
    ours = _lake(lake, load_settings(None))
    _show(release_run(ours, run_id, actor or login(), reason, _progress()), is_json=False)


@main.command()
@on_lake
@click.option("--campaign", "campaign_id", help="Only this campaign.")
@click.option("--run", "run_id", help="Only the attempts at this run.")
@as_json
def runs(lake: str, campaign_id: str | None, run_id: str | None, is_json: bool) -> None:
    """What ran, what was published, what is held."""
    from abuse.lake.publication import runs as all_runs
    from abuse.operate.listing import runs_table

    found = [run for run in all_runs(lake, campaign_id) if run_id in (None, run.run_id)]
    runs_table(found, console(), is_json=is_json)


@main.command()
@on_lake
@click.option("--run", "run_id", help="The run; the latest unless given.")
@click.option("--campaign", "campaign_id", help="With --as-of, instead of --run: the run that slice is at now.")
@click.option("--as-of", help="The night of --campaign.")
@click.option("--stage", type=click.Choice(["inputs", "clusters", "outputs"]), help="Only the gates of this stage.")
@click.option("--docs", type=click.Path(path_type=Path), help="Also writes the suites as pages (Data Docs) here.")
@as_json
def gates(
    lake: str,
    run_id: str | None,
    campaign_id: str | None,
    as_of: str | None,
    stage: str | None,
    docs: Path | None,
    is_json: bool,
) -> None:
    """What the gates said of a run, and what to do about a closed one. Exits with 3 when one holds it."""
    from abuse.instants import parse_instant
    from abuse.operate.listing import gate_docs, gates_table, latest_run, run_under_way

    if (campaign_id is None) != (as_of is None) or (run_id and campaign_id):
        raise click.UsageError("name a run by --run, or by --campaign and --as-of together.")
    if campaign_id and as_of:
        run_id = run_under_way(lake, campaign_id, parse_instant(as_of))
    if docs and (asked := run_id or latest_run(lake)):
        click.echo(f"{gate_docs(lake, asked, docs)}", err=is_json)
    if not gates_table(lake, run_id, console(), stage=stage, is_json=is_json):
        sys.exit(3)


@main.command()
@click.argument("account")
@on_lake
@of_campaign
@click.option("--as-of", help="The night; the current publication unless given.")
@click.option("--audience", type=click.Choice(["ops", "user"]), default="ops", show_default=True)
@as_json
def why(account: str, lake: str, campaign_id: str, as_of: str | None, audience: str, is_json: bool) -> None:
    """An account's verdict, reasons, transactions and history, in plain words."""
    from abuse.instants import parse_instant
    from abuse.lake.publication import current
    from abuse.operate import why as explaining

    publication = current(lake, campaign_id, parse_instant(as_of) if as_of else None)
    explanation = explaining.explain(publication, account, "user" if audience == "user" else "ops")
    if is_json:
        click.echo(explaining.as_json(explanation))
    else:
        explaining.render(explanation, console())


@main.command()
@click.argument("a")
@click.argument("b")
@on_lake
@of_campaign
@as_json
def diff(a: str, b: str, lake: str, campaign_id: str, is_json: bool) -> None:
    """Who changed from the night A to the night B, and why. Nights are named by their --as-of."""
    from abuse.instants import parse_instant
    from abuse.lake.publication import current
    from abuse.operate import diff as comparing

    before, after = (current(lake, campaign_id, parse_instant(as_of)) for as_of in (a, b))
    found = comparing.diff(before, after)
    if is_json:
        click.echo(comparing.as_json(found))
    else:
        comparing.render(found, console())


@main.command()
@click.option("--settings", "settings_file", type=click.Path(path_type=Path))
def doctor(settings_file: Path | None) -> None:
    """Whether Java, jars, Spark, Delta and GraphFrames work, and how to mend what does not."""
    from abuse.operate.doctor import checks
    from abuse.settings import load_settings

    is_well = True
    for result in checks(load_settings(settings_file)):
        is_well = is_well and result.ok
        click.echo(f"{'ok ' if result.ok else 'NOT'} {result.name:<12} {result.found}")
        if result.fix and not result.ok:
            click.echo(f"    {result.fix}")
    sys.exit(0 if is_well else 1)


@main.command()
@click.option("--settings", "settings_file", type=click.Path(path_type=Path))
@click.option("--s3", "with_s3", is_flag=True, help="With those that a path in S3 needs.")
def jars(settings_file: Path | None, with_s3: bool) -> None:
    """The checked jars, comma-separated, as `spark-submit --jars` wants them."""
    from abuse.lake.jars import local_jars, s3_jars
    from abuse.settings import load_settings

    settings = load_settings(settings_file).jars
    click.echo(",".join(map(str, local_jars(settings) + (s3_jars(settings) if with_s3 else []))))


@main.command()
@on_lake
@click.option("--settings", "settings_file", type=click.Path(path_type=Path))
@click.option("--dry-run", "is_dry", is_flag=True, help="Says what would be done, and does nothing.")
@as_json
def maintain(lake: str, settings_file: Path | None, is_dry: bool, is_json: bool) -> None:
    """Compacts the ledgers, and removes files that no publication and no night needs."""
    from dataclasses import asdict

    from abuse.lake.maintain import maintain as maintain_lake
    from abuse.settings import load_settings

    done = maintain_lake(lake, load_settings(settings_file).maintain, is_dry=is_dry)
    if is_json:
        click.echo(json.dumps({"dry_run": is_dry, "tables": [asdict(table) for table in done]}, indent=1))
        return
    for table in done:
        click.echo(f"{'would be: ' if is_dry else ''}{table}")


@contextmanager
def _session(campaign: Any, settings: Any, as_of: str, lake: str) -> Iterator[Night]:
    from abuse.edge.context import Night
    from abuse.instants import not_to_come, parse_as_of

    instant = not_to_come(parse_as_of(as_of, campaign), "--as-of")
    yield Night(_lake(lake, settings, sources=campaign.sources), campaign, settings, instant)


def _lake(uri: str, settings: Settings, *others: str, sources: Collection[Source] | None = None) -> Lake:
    """The lake, by a session set for these sources, which knows S3 where it or another of the addresses lies there."""
    from abuse.address import is_remote
    from abuse.lake.delta import Lake
    from abuse.lake.session import start_session

    every = (uri, *others, *(source.path for source in sources or ()))
    return Lake(uri, start_session(settings, with_s3=any(map(is_remote, every)), sources=sources))


def _campaign(file: str, settings_file: Path | None) -> tuple[Campaign, Settings]:
    """The campaign and the settings it runs under."""
    from abuse.lake.campaigns import campaign_at
    from abuse.settings import load_settings

    return campaign_at(file, load_settings(settings_file))


def _night(campaign_file: str, as_of: str, lake: str, settings_file: Path | None) -> dict[str, Any]:
    from abuse.night import run_night

    found, settings = _campaign(campaign_file, settings_file)
    with _session(found, settings, as_of, lake) as context:
        shown = _progress()
        context.say = shown.say
        return run_night(context, shown)


def _simulate(out: Path, accounts: int, seed: int) -> Path:
    from abuse.simulate import write_campaign

    shown = _progress()
    with shown.step("simulate", 0, 1):
        return write_campaign(out, accounts=accounts, seed=seed, on_progress=shown.say)


def _progress() -> Any:
    from abuse.progress import Shown

    return Shown(console(is_error=True))


def _show(report: dict[str, Any], *, is_json: bool) -> None:
    from typing import cast

    from abuse.operate.report import Report, render

    if is_json:
        click.echo(json.dumps(report, indent=1))
    else:
        render(cast("Report", report), console())


people.review.add_command(serve)
people.review.add_command(token)
for _command in (*people.COMMANDS, *payout.COMMANDS, *night_page.COMMANDS):
    main.add_command(_command)

if __name__ == "__main__":
    main()
