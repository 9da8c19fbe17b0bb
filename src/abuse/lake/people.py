"""The ledger of reviews and a publication -> verdicts as they stand now, without a JVM.

A publication holds people's word as its run knew it; what was said since counts from the moment it is written. The rule
is `authority`'s, which the night applies too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from abuse import authority
from abuse.authority import Group, Row, Standing, Word
from abuse.lake.ledger import Turn, ledger
from abuse.lake.publication import Publication
from abuse.settings import Policy, digest
from abuse.tables import ClusterMembers, Decisions, Reviews
from abuse.words import PLAIN

SHOWN = [Decisions.account, Decisions.verdict, Decisions.machine_verdict, Decisions.cluster_id, Decisions.reasons]


def reviews(lake: str, campaign_id: str) -> list[Row]:
    """All rows of a campaign, oldest first, none twice."""
    return authority.ordered(ledger(lake, Reviews, pc.field(Reviews.campaign_id) == campaign_id).to_pylist())


def review_ids(rows: Iterable[Row]) -> list[str]:
    """The reviews that a run is made of: not what decides nothing, a remark or who works on it, nor its undoing."""
    every = list(rows)
    plain = {row[Reviews.review_id] for row in every if row[Reviews.action] in PLAIN}
    return sorted(
        row[Reviews.review_id] for row in every if not {row[Reviews.review_id], row[Reviews.supersedes]} & plain
    )


def run_name(base: str, known: list[str]) -> str:
    """The run_id: of what a run is made of beside people's word, `base`, and of the reviews it knows."""
    return digest([base, known])


@dataclass(frozen=True)
class Now:
    """A publication as people's word leaves it now."""

    publication: Publication
    rows: list[Row]
    """All reviews of the campaign."""
    turn: Turn | None = None
    """Of who means to write by what is read here."""

    @classmethod
    def of(cls, publication: Publication, turn: Turn | None = None) -> Now:
        return cls(publication, reviews(publication.lake, publication.run.campaign_id), turn)

    @property
    def spoken_of(self) -> pc.Expression:
        """Decisions that people's word can have changed; an undo leaves no word, so all of whom they ever spoke."""
        return among({row[Reviews.account] for row in self.rows})

    @cached_property
    def by_account(self) -> dict[str, list[Row]]:
        """What was said of each, oldest first."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            found[row[Reviews.account]].append(row)
        return dict(found)

    @cached_property
    def words(self) -> dict[str, Word]:
        return authority.counted(self.rows)

    @cached_property
    def standings(self) -> dict[str, Standing]:
        """account -> what people's word makes of it. Allow-lists are the run's, and in its reasons already."""
        groups = self.groups(authority.in_groups(self.words))
        return authority.standings(self.words, groups, max_changed(self.publication))

    def standing(self, account: str) -> Standing | None:
        """The same of one account."""
        word = self.words.get(account)
        if word is None:
            return None
        groups = self.groups([account]) if word.seen else {}
        return authority.standings({account: word}, groups, max_changed(self.publication)).get(account)

    def groups(self, accounts: Collection[str]) -> dict[str, Group]:
        """account -> all members of its cluster; without those that are in none."""
        if not accounts:
            return {}
        own = self._members(among(accounts))
        clusters = {cluster for cluster, _ in own}
        return authority.groups(self._members(pc.field(ClusterMembers.cluster_id).isin(_texts(clusters))))

    def members(self, cluster_id: str) -> Group:
        """The members of a cluster; nobody where it is not in the publication."""
        return frozenset(account for _, account in self._members(pc.field(ClusterMembers.cluster_id) == cluster_id))

    def clusters(self, cluster_ids: Collection[str]) -> dict[str, Group]:
        """cluster -> its members, in one read; without those that are not in the publication."""
        members = self._members(pc.field(ClusterMembers.cluster_id).isin(_texts(cluster_ids)))
        groups = authority.groups(members)
        return {cluster: groups[account] for cluster, account in members}

    def decisions(
        self, filter: pc.Expression, columns: Collection[str] = (), *, also: Collection[str] | None = None
    ) -> list[dict[str, Any]]:
        """Decisions as they stand now, of the rows that pass the filter as they were published. With `also`: of these
        accounts too, and of all that people spoke of, since the filter cannot know what they are now.
        """
        if also is not None:
            filter = filter | among({*also, *self.standings})
        found = self.publication.read(Decisions, [*SHOWN, *columns], filter).to_pylist()
        return [authority.overlaid(row, self.standings.get(row[Decisions.account])) for row in found]

    def _members(self, filter: pc.Expression) -> list[tuple[str, str]]:
        rows = self.publication.read(ClusterMembers, [ClusterMembers.cluster_id, ClusterMembers.account], filter)
        pairs = zip(rows[ClusterMembers.cluster_id].to_pylist(), rows[ClusterMembers.account].to_pylist(), strict=True)
        return list(pairs)


def max_changed(publication: Publication) -> float:
    """The share of a group that may change before people are asked again, as the run's policy had it."""
    return float(publication.run.report.get("requeue_share", Policy().requeue_share))


def given_as(
    publication: Publication, forms: Collection[str], columns: list[str] | None = None
) -> list[dict[str, Any]]:
    """Rows of decisions on whom the campaign wrote so; none where a night of before does not say how it wrote them."""
    try:
        return list(publication.read(Decisions, columns, _among(Decisions.account_as_given, forms)).to_pylist())
    except pa.ArrowInvalid:  # its table has no such column
        return []


def among(accounts: Collection[str]) -> pc.Expression:
    """Rows of these accounts."""
    return _among(Decisions.account, accounts)


def _among(column: str, values: Collection[str]) -> pc.Expression:
    return pc.field(column).isin(_texts(values))


def _texts(values: Collection[str]) -> pa.Array:
    return pa.array(sorted(values), pa.string())
