"""A view -> what the rule says of its accounts under the policy it was made with, or under another."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from abuse import policy as rule
from abuse.console.problems import NotSame
from abuse.console.read.model import View
from abuse.errors import SettingsError
from abuse.plurals import counted
from abuse.settings import Features, Policy, settings_from_json

OUTSIDE = "SELECT account, machine_verdict, _known, {nothing} FROM accounts WHERE cluster_id IS NULL"
"""Accounts in no group: the rule reads nothing of them but whether their money is known."""


TAKEN = "Another run took the place of its working tables: run its night again."


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """The numbers a verdict rests on."""

    policy: Policy
    together: Features

    def verdict(self) -> str:
        return rule.machine_verdict(self.policy, self.together)


def made_under(view: View) -> Rules:
    """What the publication was decided under. Raises NotSame where that is not kept."""
    kept = view.value("SELECT value FROM about WHERE name = 'rules'")
    if kept is None:
        raise _not_same(view, "does not say under which policy it was made", "Run its night again.")
    try:
        found = settings_from_json(json.loads(kept))
    except SettingsError as why:
        raise _not_same(view, "was made under settings that are unknown here", "Run its night again.") from why
    return Rules(policy=found.policy, together=found.features)


def proven(view: View) -> Rules:
    """The same, once the rule gives every account the very verdict that was published. Raises NotSame."""
    if view.publication.is_held and view.value("SELECT 1 FROM accounts LIMIT 1") is None:
        raise _not_same(view, "its verdicts are kept no more", TAKEN)
    own = made_under(view)
    num_lost = view.value("SELECT (SELECT count(*) FROM accounts WHERE cluster_id IS NOT NULL) - count(*) FROM judged")
    if num_lost:
        found = f"of {counted(num_lost, 'account')} the figures behind the verdict are kept no more"
        raise _not_same(view, found, TAKEN)
    nothing = ", ".join(f"NULL AS {name}" for name in rule.FIGURES)
    num = sum(
        int(view.value(f"SELECT count(*) FROM ({rows}) WHERE machine_verdict IS NOT {own.verdict()}"))  # noqa: S608 -- our own rule
        for rows in ("SELECT * FROM judged", OUTSIDE.format(nothing=nothing))
    )
    if num:
        given = "the run came to" if view.publication.is_held else "was published"
        found = f"of {counted(num, 'account')} the rule as it is here gives another verdict than {given}"
        raise _not_same(view, found, "It was made by another version of the project: run its night again.")
    return own


def _not_same(view: View, found: str, fix: str) -> NotSame:
    run = view.publication.run
    wanted = "a night whose verdicts can be made again, or what another policy would say is a guess"
    return NotSame(f"the night of {run.as_of:%Y-%m-%d %H:%M} UTC, run {run.run_id}", found, wanted, fix)


def changed(view: View, verdict: str) -> list[dict[str, Any]]:
    """The members of whom this verdict is another than the machine's that was published, largest groups first."""
    sql = f"SELECT rowid, *, {verdict} AS would FROM judged WHERE machine_verdict IS NOT {verdict} ORDER BY rowid"  # noqa: S608 -- our own rule
    return view.rows(sql)


def explained(view: View, own: Rules, other: Rules, rows: list[int]) -> list[dict[str, Any]]:
    """These members, with the kinds of evidence that hold and why the one policy says another thing than the other."""
    kinds = [f"{holds} AS kind_{name}" for name, holds in rule.kinds(own.together).items()]
    asked = [f"{holds} AS was_{name}" for name, holds in rule.conditions(own.policy, own.together).items()]
    asked += [f"{holds} AS is_{name}" for name, holds in rule.conditions(other.policy, other.together).items()]
    marks = ", ".join("?" * len(rows))
    sql = f"SELECT rowid, *, {', '.join(kinds + asked)} FROM judged WHERE rowid IN ({marks}) ORDER BY rowid"  # noqa: S608 -- our own rule
    return [_told(row, other.policy) for row in view.rows(sql, *rows)]


def _told(row: dict[str, Any], policy: Policy) -> dict[str, Any]:
    found = [name for name in ("money", "sink", "sequence", "time") if row[f"kind_{name}"]]
    why = [
        sentence(row, policy, len(found), holds=bool(row[f"is_{name}"]))
        for name, sentence in SENTENCES.items()
        if row[f"is_{name}"] != row[f"was_{name}"]
    ]
    return row | {"evidence_kinds": found, "why": why}


def _large(row: dict[str, Any], policy: Policy, _num: int, *, holds: bool) -> str:
    words = "large enough" if holds else "too small"
    return f"Its group of {counted(row['size'], 'account')} is {words}: {policy.min_cluster_size:,} are asked."


def _farmlike(row: dict[str, Any], policy: Policy, _num: int, *, holds: bool) -> str:
    words = "high enough to be looked at" if holds else "too low to be looked at"
    return f"The score of its group, {row['score']:.4f}, is {words}: {policy.min_score_review:g} is asked."


def _proven(_row: dict[str, Any], policy: Policy, num: int, *, holds: bool) -> str:
    words = "enough" if holds else "too few"
    many = counted(num, "kind of evidence holds", "kinds of evidence hold")
    return f"{many}, which is {words}: {policy.min_evidence_kinds} are asked."


def _likely(row: dict[str, Any], policy: Policy, _num: int, *, holds: bool) -> str:
    words = "high enough" if holds else "too low"
    return f"The lower bound of the score, {row['score_lower']:.4f}, is {words}: {policy.min_score_lower:g} is asked."


SENTENCES = {"large": _large, "farmlike": _farmlike, "proven": _proven, "likely": _likely}
