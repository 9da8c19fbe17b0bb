"""Ledgers and a view -> what people's word makes of whom they spoke of, by account and by cluster, as of now."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from abuse import authority
from abuse.authority import APPEALED, CHANGED, HELD, Group, Row, Word
from abuse.console.kept import Kept
from abuse.console.read.build import model_name
from abuse.console.read.ledgers import Ledgers
from abuse.console.read.model import View
from abuse.lake.people import max_changed
from abuse.review.taken import Taken, takers
from abuse.tables import Decisions, Reviews
from abuse.words import FLAGGED

ROWS = """
SELECT a.account, a.cluster_id, a.verdict, a.machine_verdict, a.reasons
FROM json_each(?) j JOIN accounts a ON a.account = j.value
"""
TO_DECIDE = """
SELECT c.cluster_id, c.seen, c.disqualified + c.review AS num
FROM json_each(?) j JOIN clusters c ON c.cluster_id = j.value
"""
ASKS = {APPEALED: "appeal", CHANGED: "changed", HELD: "held"}


@dataclass(frozen=True, slots=True)
class Stand:
    """An account that people spoke of."""

    account: str
    cluster_id: str | None
    machine: str
    published: str
    now: str
    action: str | None
    """What counts of what they said."""
    asks: frozenset[str]
    """Why a person should look again: appeal, changed, held, approval."""

    @property
    def is_settled(self) -> bool:
        return self.action is not None and not self.asks


@dataclass(frozen=True)
class Spoken:
    """All that people said of a campaign, held against one publication."""

    mark: int
    """Of the state of the ledger that this is made of."""
    rows: list[Row]
    stands: Mapping[str, Stand]
    num_flagged: Mapping[str, int]
    """cluster -> members that are out or in review there, of clusters with somebody they spoke of."""
    taken: Mapping[str, Taken]
    """cluster -> who works on it."""

    @cached_property
    def by_account(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            found[row[Reviews.account]].append(row)
        return found

    @cached_property
    def by_cluster(self) -> dict[str, list[Stand]]:
        found: dict[str, list[Stand]] = defaultdict(list)
        for one in self.stands.values():
            if one.cluster_id:
                found[one.cluster_id].append(one)
        return found

    @cached_property
    def pending(self) -> dict[str, list[Row]]:
        """decision -> its rows that wait for a second person."""
        return authority.pending(self.rows)

    @cached_property
    def living(self) -> set[str]:
        return {row[Reviews.review_id] for row in authority.living(self.rows)}

    @cached_property
    def asked(self) -> list[str]:
        """Clusters in which somebody should be looked at again."""
        return sorted(name for name, found in self.by_cluster.items() if any(one.asks for one in found))

    @cached_property
    def settled(self) -> list[str]:
        """Clusters of which people decided every member that is out or in review."""
        return sorted(name for name, num in self.num_flagged.items() if self._num_settled(name) >= num)

    @cached_property
    def waiting(self) -> list[str]:
        """Clusters with a decision that waits for a second person."""
        return sorted(n for n, found in self.by_cluster.items() if any("approval" in one.asks for one in found))

    def taken_by(self, name: str) -> list[str]:
        """Clusters that this person works on."""
        return sorted(cluster for cluster, one in self.taken.items() if authority.same_person(one.by, name))

    def _num_settled(self, cluster_id: str) -> int:
        found = self.by_cluster[cluster_id]
        return sum(one.is_settled and one.published in FLAGGED for one in found)


def spoken(view: View, ledgers: Ledgers, kept: Kept) -> Spoken:
    """Made once for each state of the ledger and of the publication."""
    mark = ledgers.seen()
    found: Spoken = kept.latest(("spoken", model_name(view.publication)), mark, lambda: _spoken(view, ledgers, mark))
    return found


def _spoken(view: View, ledgers: Ledgers, mark: int) -> Spoken:
    campaign_id = view.publication.run.campaign_id
    rows, words = ledgers.reviews(campaign_id), ledgers.words(campaign_id)
    known = view.rows(ROWS, _json({row[Reviews.account] for row in rows}))
    standings = authority.standings(words, _groups(view, known, words), max_changed(view.publication))
    waiting = {row[Reviews.account] for of_one in authority.pending(rows).values() for row in of_one}
    stands = {}
    for row in known:
        name = row[Decisions.account]
        published = row | {Decisions.reasons: json.loads(row[Decisions.reasons])}
        now = authority.overlaid(published, standings.get(name))
        codes = {authority.code(reason) for reason in now[Decisions.reasons]}
        asks = {kind for code, kind in ASKS.items() if code in codes} | ({"approval"} if name in waiting else set())
        word = words.get(name)
        said = word.ruling[Reviews.action] if word and word.ruling else None
        stands[name] = Stand(
            account=name,
            cluster_id=row[Decisions.cluster_id],
            machine=row[Decisions.machine_verdict],
            published=row[Decisions.verdict],
            now=now[Decisions.verdict],
            action=said,
            asks=frozenset(asks),
        )
    clusters = {one.cluster_id for one in stands.values() if one.cluster_id}
    found = view.rows(TO_DECIDE, _json(clusters))
    num_flagged = {row["cluster_id"]: row["num"] or 0 for row in found}
    flagged = {one.account for one in stands.values() if one.published in FLAGGED}
    return Spoken(
        mark, rows, stands, num_flagged, takers(rows, {row["cluster_id"]: row["seen"] for row in found}, flagged)
    )


def _groups(view: View, known: Iterable[Mapping[str, Any]], words: Mapping[str, Word]) -> dict[str, Group]:
    """account -> the members of its cluster, where what was said depends on who they are; each cluster read once."""
    asked = {row[Decisions.account]: row[Decisions.cluster_id] for row in known}
    wanted = [name for name in authority.in_groups(words) if asked.get(name)]
    sql = "SELECT account FROM members WHERE cluster_id = ?"
    groups = {
        cluster: frozenset(name for (name,) in view.db.execute(sql, (cluster,)))
        for cluster in {asked[name] for name in wanted}
    }
    return {name: groups[asked[name]] for name in wanted}


def _json(names: Iterable[str]) -> str:
    return json.dumps(sorted(names))
