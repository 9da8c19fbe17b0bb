"""`abuse review`, `exempt`, `appeal`: people's word. None of them starts a JVM.

Longer than 200 lines because the three share their options and how they tell what came of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from abuse.commands.options import as_json, by_actor, console, echo_json, of_campaign, on_lake
from abuse.words import ACTIONS, OUTCOMES, PLAIN, REASONS, ROLES, VERDICTS, reasons_for

if TYPE_CHECKING:
    from abuse.review.said import Decision, Said
    from abuse.settings import Review

F = TypeVar("F", bound=Callable[..., Any])
DECIDED = ("confirm", "overturn", "split", "hold", "note", "take")
REASON_LIST = "\b\nReasons:\n" + "\n".join(
    f"  {code:<17} {', '.join(actions)}: {sentence}" for code, (sentence, actions) in REASONS.items()
)


def says(command: F, role: str = "reviewer") -> F:
    """--campaign, --lake, --note, --actor, --role, --key, --json."""
    for option in (
        as_json,
        click.option("--key", default="", help="Names the request: sent again under it, it counts once."),
        click.option("--role", default=role, show_default=True, type=click.Choice(ROLES), help="In which role."),
        by_actor,
        click.option("--note", help="Why, in words; for colleagues."),
        on_lake,
        of_campaign,
    ):
        command = option(command)
    return command


with_settings = click.option("--settings", "settings_file", type=click.Path(path_type=Path), help="TOML file.")
with_reason = click.option("--reason", "reason_code", required=True, help="A code; see `abuse review decide --help`.")


@click.group()
def review() -> None:
    """People's verdicts: what waits for one, on what it rests, and the word itself."""


@review.command("list")
@of_campaign
@on_lake
@click.option("--verdict", type=click.Choice(VERDICTS), help="All that have it; what waits for a person unless given.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="Lines on a terminal.")
@as_json
def list_(campaign_id: str, lake: str, verdict: str | None, limit: int, is_json: bool) -> None:
    """What waits for a person in the current publication, largest first."""
    from abuse.lake.people import Now
    from abuse.lake.publication import current
    from abuse.review import page
    from abuse.review.queue import queue

    items = queue(Now.of(current(lake, campaign_id)), verdict)
    if is_json:
        echo_json([asdict(item) for item in items])
    else:
        page.render_queue(items, verdict, campaign_id, limit, console())


@review.command()
@click.argument("target", metavar="CLUSTER_OR_ACCOUNT")
@of_campaign
@on_lake
@as_json
def show(target: str, campaign_id: str, lake: str, is_json: bool) -> None:
    """A cluster or an account: members, reasons, what people said, and the digest that a decision names."""
    from abuse.lake.people import Now
    from abuse.lake.publication import current
    from abuse.review import page
    from abuse.review.queue import case

    found = case(Now.of(current(lake, campaign_id)), target)
    if is_json:
        echo_json(asdict(found))
    else:
        page.render_case(found, lake, campaign_id, console())


@review.command(epilog=REASON_LIST)
@click.argument("action", type=click.Choice(DECIDED))
@click.argument("targets", nargs=-1, required=True, metavar="CLUSTER | ACCOUNT...")
@says
@click.option("--reason", "reason_code", help="A code of the list below; `note` and `take` need none.")
@click.option("--seen", help="The member digest that `abuse review show` printed; a cluster needs it.")
@with_settings
def decide(
    action: str,
    targets: tuple[str, ...],
    reason_code: str | None,
    seen: str | None,
    settings_file: Path | None,
    campaign_id: str,
    lake: str,
    **said: Any,
) -> None:
    """Confirms, overturns, splits off, holds or notes: a whole cluster, or accounts. Or takes a cluster, so that others
    see who works on it.

    An account is decided on for good, in every night of the campaign; its group's new members are not.
    """
    from abuse.review import decide as deciding

    if reason_code is None and action not in PLAIN:
        raise click.UsageError(f"--reason is missing; one of: {', '.join(reasons_for(action))}.")
    whole = _said(action, reason_code or PLAIN[action], **said)
    rules = _rules(settings_file)
    _tell([deciding.decide(lake, campaign_id, whole, targets, rules, seen=seen)], lake, campaign_id, said)


@review.command()
@click.argument("decision_id", metavar="DECISION")
@partial(says, role="approver")
def approve(decision_id: str, campaign_id: str, lake: str, **said: Any) -> None:
    """Lets a decision count that waits for a second person, as an approver who did not make it."""
    from abuse.review import decide as deciding

    whole = _said("approve", "agreed", **said)
    _tell([deciding.approve(lake, campaign_id, whole, decision_id)], lake, campaign_id, said)


@review.command()
@click.argument("decision_id", metavar="DECISION")
@says
@with_reason
def undo(decision_id: str, reason_code: str, campaign_id: str, lake: str, **said: Any) -> None:
    """Takes a decision back: it stays in the ledger, and no longer counts. Reasons: mistake, new_facts, let_go."""
    from abuse.review import decide as deciding

    whole = _said("undo", reason_code, **said)
    _tell([deciding.undo(lake, campaign_id, whole, decision_id)], lake, campaign_id, said)


@click.command()
@click.argument("accounts", nargs=-1, required=True, metavar="ACCOUNT...")
@says
@with_reason
@with_settings
def exempt(
    accounts: tuple[str, ...], reason_code: str, settings_file: Path | None, campaign_id: str, lake: str, **said: Any
) -> None:
    """Exempts accounts of a campaign, whatever is found or decided of them."""
    from abuse.review import decide as deciding

    whole = _said("exempt", reason_code, **said)
    _tell([deciding.decide(lake, campaign_id, whole, accounts, _rules(settings_file))], lake, campaign_id, said)


@click.group()
def appeal() -> None:
    """What owners of accounts ask, and the answers."""


@appeal.command("open")
@click.argument("account")
@says
def open_(account: str, campaign_id: str, lake: str, **said: Any) -> None:
    """Writes down that the owner of an account asks for a review; it waits in `abuse review list`."""
    from abuse.review.appeals import open_appeal

    whole = _said("appeal_opened", "owner_asked", **said)
    _tell([open_appeal(lake, campaign_id, whole, account)], lake, campaign_id, said)


@appeal.command()
@click.argument("account")
@click.argument("outcome", type=click.Choice(list(OUTCOMES)))
@says
@with_settings
def resolve(account: str, outcome: str, settings_file: Path | None, campaign_id: str, lake: str, **said: Any) -> None:
    """Answers an open appeal. Granted, the verdict is overturned in the same commit."""
    from abuse.review.appeals import resolve_appeal

    whole = _said("appeal_resolved", OUTCOMES[outcome], **said)
    rules = _rules(settings_file)
    _tell(resolve_appeal(lake, campaign_id, whole, account, outcome, rules), lake, campaign_id, said)


def _said(action: str, reason_code: str, *, note: str | None, actor: str, role: str, key: str, is_json: bool) -> Said:
    from abuse.review.said import Said

    return Said(action=action, reason_code=reason_code, note=note, actor=actor, role=role, key=key)


def _rules(settings_file: Path | None) -> Review:
    from abuse.settings import load_settings

    return load_settings(settings_file).review


def _tell(found: Sequence[Decision], lake: str, campaign_id: str, said: dict[str, Any]) -> None:
    from abuse.review.page import render_decision

    if said["is_json"]:
        echo_json([asdict(one) for one in found])
    else:
        render_decision(found, lake, campaign_id, console())


COMMANDS: tuple[click.Command, ...] = (review, exempt, appeal)
assert set(DECIDED) < set(ACTIONS)  # noqa: S101 -- a word of the ledger, or `decide` offers what it refuses
