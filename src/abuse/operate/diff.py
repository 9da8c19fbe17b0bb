"""Two publications of a campaign -> who changed between them, and why, in plain words.

For a night and the one before it this is what `verdict_changes` holds; any other two nights it compares by the same
rules, without a JVM.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from abuse.lake.publication import Publication
from abuse.operate.page import listed, moment, say, title
from abuse.plurals import counted
from abuse.tables import VERDICTS, Decisions
from abuse.words import FLAGGED

if TYPE_CHECKING:
    from rich.console import Console

MAX_SHOWN = 50
NO_LONGER = "no longer: "
ABSENT = "took no part"
ORDER = {verdict: place for place, verdict in enumerate((*VERDICTS, None))}


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One of the nights, and what decided in it."""

    as_of: datetime
    run_id: str
    rule_versions: list[str]
    model_versions: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """An account of which another thing is said; None is that it took no part."""

    account: str
    before: str | None
    after: str | None
    why: list[str]
    """The reasons that came, as `code: sentence`, then those that went, as `no longer: sentence`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Diff:
    campaign_id: str
    before: Side
    after: Side
    changes: list[Change]
    """Worst first: by verdict now, verdict then, account."""
    num_new_unflagged: int
    """Who takes part for the first time and is not flagged is no news, so only counted."""

    @property
    def counts(self) -> list[tuple[str | None, str | None, int]]:
        """before, after, how many accounts; in the order of the changes."""
        return [(*pair, num) for pair, num in Counter((c.before, c.after) for c in self.changes).items()]


def diff(before: Publication, after: Publication) -> Diff:
    """Who changed from the one night to the other, whichever is older."""
    columns = [Decisions.account, Decisions.verdict, Decisions.rule_version, Decisions.model_version]
    then, now = before.read(Decisions, columns), after.read(Decisions, columns)
    both = then.select(columns[:2]).join(
        now.select(columns[:2]), Decisions.account, join_type="full outer", left_suffix="_then", right_suffix="_now"
    )
    was, is_ = both["verdict_then"], both["verdict_now"]
    is_other = pc.fill_null(pc.not_equal(was, is_), True)
    is_unflagged = pc.and_(pc.is_null(was), pc.invert(pc.is_in(is_, pa.array(FLAGGED))))
    told = both.filter(pc.and_(is_other, pc.invert(is_unflagged)))
    reasons_then, reasons_now = (_reasons(night, told[Decisions.account]) for night in (before, after))
    changes = [
        Change(
            account=account,
            before=row["verdict_then"],
            after=row["verdict_now"],
            why=why(reasons_now.get(account, []), reasons_then.get(account, [])),
        )
        for row in told.to_pylist()
        for account in [row[Decisions.account]]
    ]
    return Diff(
        campaign_id=after.run.campaign_id,
        before=_side(before, then),
        after=_side(after, now),
        changes=sorted(changes, key=lambda c: (ORDER[c.after], ORDER[c.before], c.account)),
        num_new_unflagged=pc.sum(is_unflagged).as_py() or 0,
    )


def why(now: list[str], then: list[str]) -> list[str]:
    """The reasons whose code holds now and did not, as stored; then the sentences of those whose code held."""
    codes_now, codes_then = ({code for code, _ in map(_split, side)} for side in (now, then))
    came = [reason for reason in now if _split(reason)[0] not in codes_then]
    return came + [NO_LONGER + said for code, said in map(_split, then) if code not in codes_now]


def _split(reason: str) -> tuple[str, str]:
    """code, sentence; the code is its own sentence where there is none."""
    code, is_whole, sentence = reason.partition(":")
    return code, sentence.strip() if is_whole else code


def _reasons(night: Publication, accounts: pa.ChunkedArray) -> dict[str, list[str]]:
    """account -> why its verdict was what it was; only of these."""
    is_told = pc.field(Decisions.account).isin(accounts.combine_chunks())
    rows = night.read(Decisions, [Decisions.account, Decisions.reasons], is_told).to_pylist()
    return {row[Decisions.account]: row[Decisions.reasons] for row in rows}


def _side(night: Publication, decisions: pa.Table) -> Side:
    rules, models = (
        sorted(pc.unique(decisions[name]).to_pylist()) for name in (Decisions.rule_version, Decisions.model_version)
    )
    return Side(as_of=night.run.as_of, run_id=night.run.run_id, rule_versions=rules, model_versions=models)


def as_json(found: Diff) -> str:
    counts = [{"before": before, "after": after, "num": num} for before, after, num in found.counts]
    return json.dumps(asdict(found) | {"counts": counts}, indent=2, default=datetime.isoformat)


def render(found: Diff, console: Console) -> None:
    """Counts first, then the accounts."""
    then, now = (moment(side.as_of.isoformat()) for side in (found.before, found.after))
    say(console, f"Campaign {found.campaign_id}, from {then} to {now}", "bold")
    if found.before.as_of == found.after.as_of:
        say(console, "  That is one night twice: nothing to compare.")
        return
    _made_of(found, console)
    if not found.changes:
        say(console, "  Nobody's verdict changed.")
    for before, after, num in found.counts:
        say(console, f"  {_verdict(before):<12} -> {_verdict(after):<12} {num:>11,}")
    if found.num_new_unflagged:
        more = counted(found.num_new_unflagged, "more took no part then and is", "more took no part then and are")
        say(console, f"  {more} not flagged: not listed.")
    title(console, "Accounts", shown=bool(found.changes))
    for change in found.changes[:MAX_SHOWN]:
        say(console, f"  {change.account}: {_verdict(change.before)} -> {_verdict(change.after)}")
        for line in plain(change):
            listed(console, "  -", line.split(), between=" ", indent=6)
    if len(found.changes) > MAX_SHOWN:
        say(console, f"  and {len(found.changes) - MAX_SHOWN:,} more: see --json")


def _made_of(found: Diff, console: Console) -> None:
    """What was decided by, where it is not the same."""
    pairs = {
        "run": ([found.before.run_id], [found.after.run_id]),
        "rules": (found.before.rule_versions, found.after.rule_versions),
        "model": (found.before.model_versions, found.after.model_versions),
    }
    for name, (then, now) in pairs.items():
        if then != now:
            say(console, f"  {name:<6} {', '.join(then) or 'none'} -> {', '.join(now) or 'none'}", "dim")


def _verdict(verdict: str | None) -> str:
    return verdict.replace("_", " ") if verdict else ABSENT


def plain(change: Change) -> list[str]:
    """Without codes: those are for machines."""
    lines = [line if line.startswith(NO_LONGER) else _split(line)[1] for line in change.why]
    return lines or ["The same reasons hold as before."]
