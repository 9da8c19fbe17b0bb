"""A publication under another policy, with people's word over both -> who would move, and what that is worth."""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from abuse import authority
from abuse.authority import Standing, Word
from abuse.console.read.judged import Rules, changed
from abuse.console.read.model import View
from abuse.lake.people import max_changed
from abuse.settings import Policy
from abuse.tables import VERDICTS, Decisions
from abuse.words import FLAGGED

AT_ONCE = 500
MOST_CLUSTERS = 10
ORDER = {verdict: place for place, verdict in enumerate(VERDICTS)}
SPOKEN = "SELECT account, verdict, machine_verdict, reasons, cluster_id FROM accounts WHERE "


@dataclass(slots=True)
class Move:
    """Accounts of one verdict now that would have another."""

    before: str
    after: str
    num: int = 0
    reward: float | None = None
    """What they earned, in the campaign's own unit, of those of whom it is known."""
    rows: array[int] = field(default_factory=lambda: array("q"))


@dataclass(frozen=True, kw_only=True, slots=True)
class DryRun:
    """Counts are of all participants, as people's word leaves them."""

    own: Policy
    policy: Policy
    before: dict[str, int]
    after: dict[str, int]
    moves: list[Move]
    """Worst first: by verdict then, verdict now."""
    num_kept: int
    """Accounts of which the machine would say another thing, and a person's word stands."""
    clusters: list[tuple[str, int, int]]
    """cluster, its size, how many of it would move: the largest."""
    num_clusters: int
    num_unflagged: int
    """In review by a person's word, and in no group: the band does not count them."""

    @property
    def num(self) -> int:
        return sum(move.num for move in self.moves)

    def flagged_share(self, verdicts: Mapping[str, int]) -> float:
        flagged = sum(verdicts.get(name, 0) for name in FLAGGED) - self.num_unflagged
        return flagged / (sum(verdicts.values()) or 1)


def dry_run(view: View, words: Mapping[str, Word], own: Rules, other: Rules) -> DryRun:
    """`words`: account -> what counts of what people said of it."""
    standings = authority.standings(words, {}, max_changed(view.publication))  # no group can change a verdict
    spoken = {row[Decisions.account]: row for row in _spoken(view, standings)}
    before = Counter(dict(view.db.execute("SELECT verdict, count(*) FROM accounts GROUP BY verdict")))
    for account, row in spoken.items():
        before.subtract([row[Decisions.verdict]])
        before.update([_stands(row, row[Decisions.machine_verdict], standings.get(account))])
    moves, clusters, num_kept = _moved(changed(view, other.verdict()), spoken, standings)
    after = Counter(before)
    for move in moves:
        after.subtract({move.before: move.num})
        after.update({move.after: move.num})
    largest = sorted(clusters.items(), key=lambda one: (-one[0][1], one[0][0]))[:MOST_CLUSTERS]
    return DryRun(
        own=own.policy,
        policy=other.policy,
        before=_counts(before),
        after=_counts(after),
        moves=sorted(moves, key=lambda move: (ORDER[move.after], ORDER[move.before])),
        num_kept=num_kept,
        clusters=[(name, size, num) for (name, size), num in largest],
        num_clusters=len(clusters),
        num_unflagged=sum(
            row[Decisions.cluster_id] is None and _stands(row, "clear", standings.get(account)) == "review"
            for account, row in spoken.items()
        ),
    )


def _spoken(view: View, standings: Mapping[str, Standing]) -> Iterator[dict[str, Any]]:
    """The accounts whose verdict is, or was when it was published, another than the machine's own."""
    ruled = [account for account, standing in standings.items() if standing.verdict]
    for first in range(0, len(ruled), AT_ONCE):
        some = ruled[first : first + AT_ONCE]
        yield from view.rows(f"{SPOKEN} account IN ({', '.join('?' * len(some))})", *some)
    yield from view.rows(f"{SPOKEN} verdict <> machine_verdict")


def _stands(row: dict[str, Any], machine: str, standing: Standing | None) -> str:
    """The verdict, were this what the machine says. Whom the allow-list names stays exempt."""
    is_machines = row[Decisions.verdict] == row[Decisions.machine_verdict]
    said = row | {Decisions.machine_verdict: machine, Decisions.reasons: json.loads(row[Decisions.reasons])}
    said |= {Decisions.verdict: machine} if is_machines else {}
    return str(authority.overlaid(said, standing)[Decisions.verdict])


def _moved(
    rows: Iterable[dict[str, Any]], spoken: Mapping[str, dict[str, Any]], standings: Mapping[str, Standing]
) -> tuple[list[Move], Counter[tuple[str, int]], int]:
    """Of the accounts of whom the machine would say another thing: who moves, in which clusters, and how many stay."""
    moves: dict[tuple[str, str], Move] = {}
    clusters: Counter[tuple[str, int]] = Counter()
    num_kept = 0
    for row in rows:
        before, after = row[Decisions.machine_verdict], row["would"]
        if said := spoken.get(account := row[Decisions.account]):
            before, after = (_stands(said, machine, standings.get(account)) for machine in (before, after))
        if before == after:
            num_kept += 1
            continue
        move = moves.setdefault((before, after), Move(before, after))
        move.num += 1
        move.rows.append(row["rowid"])
        if row["reward"] is not None:
            move.reward = (move.reward or 0.0) + row["reward"]
        clusters[row[Decisions.cluster_id], row["size"]] += 1
    return list(moves.values()), clusters, num_kept


def _counts(found: Counter[str]) -> dict[str, int]:
    return {verdict: found[verdict] for verdict in VERDICTS if found[verdict]}
