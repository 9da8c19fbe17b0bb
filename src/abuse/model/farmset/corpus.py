"""Clusters in small whole numbers: flat arrays that hold many of them.

Shapes: C clusters, M members, T tokens (a member's own row and its events), K event fields, G member fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from abuse.model.farmset.fields import (
    ACT_ONLY,
    EVENT_FIELDS,
    FIRST,
    MEMBER_FIELDS,
    MONEY_FIELDS,
    SELF,
    UNKNOWN,
    Small,
    place_of,
)
from abuse.tables import EVENT_KINDS

Whole = npt.NDArray[np.int64]
NONE = -1
KIND = place_of("kind", EVENT_FIELDS)
OWN_ROW = FIRST
"""Value of `kind` in a member's own row."""
ACT = FIRST + (SELF, *EVENT_KINDS).index("act")


@dataclass(frozen=True, kw_only=True, slots=True)
class Corpus:
    """Members of a cluster lie together, by account; tokens of a member lie together, by time."""

    cluster_id: npt.NDArray[np.str_]
    account: npt.NDArray[np.str_]
    num_members: Whole
    """Of each cluster (C)."""
    num_tokens: Whole
    """Of each member (M); at least 1, its own row."""
    tokens: Small
    """T by K."""
    members: Small
    """M by G."""
    parent: Whole
    """Member that paid a member's first coins (M); -1 where none did."""
    payer: Whole
    """Number of the address that did (M), from 0 without gaps; who has the same number shares it. -1 where unknown."""
    sink: Whole
    """The same of where their coins went (M)."""

    def __len__(self) -> int:
        return len(self.num_members)

    def member_starts(self) -> Whole:
        """First member of each cluster, and the end (C + 1)."""
        return starts(self.num_members)

    def token_starts(self) -> Whole:
        """First token of each member, and the end (M + 1)."""
        return starts(self.num_tokens)

    def cluster_tokens(self) -> Whole:
        """Tokens of each cluster (C)."""
        return np.diff(self.token_starts()[self.member_starts()])

    def take(self, clusters: Whole) -> Corpus:
        """These clusters, in this order."""
        chosen = ranges(self.member_starts()[clusters], self.num_members[clusters])
        return self.take_members(chosen, self.num_members[clusters], self.cluster_id[clusters])

    def take_members(self, chosen: Whole, num_members: Whole, cluster_id: npt.NDArray[np.str_]) -> Corpus:
        """These members, as clusters of so many each. A parent that is left out is none."""
        place = np.full(len(self.num_tokens) + 1, NONE)  # the last one is where -1 points
        place[chosen] = np.arange(len(chosen))
        rows = ranges(self.token_starts()[chosen], self.num_tokens[chosen])
        return Corpus(
            cluster_id=cluster_id,
            account=self.account[chosen],
            num_members=num_members,
            num_tokens=self.num_tokens[chosen],
            tokens=self.tokens[rows],
            members=self.members[chosen],
            parent=place[self.parent[chosen]],
            payer=compact(self.payer[chosen]),
            sink=compact(self.sink[chosen]),
        )


def compact(number: Whole) -> Whole:
    """The same groups, numbered from 0 without gaps."""
    known = number != NONE
    found = np.full(len(number), NONE)
    found[known] = np.unique(number[known], return_inverse=True)[1]
    return found


def starts(counts: Whole) -> Whole:
    """Where each of them begins, and the end."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def ranges(first: Whole, counts: Whole) -> Whole:
    """first[0], first[0] + 1, ... counts[0] of them, then those of first[1]."""
    if not len(counts):
        return np.zeros(0, dtype=np.int64)
    return np.repeat(first - starts(counts)[:-1], counts) + np.arange(counts.sum())


def joined(parts: Sequence[Corpus]) -> Corpus:
    """All clusters of all parts."""
    shifts = starts(np.array([len(part.num_tokens) for part in parts], dtype=np.int64))
    names = ("cluster_id", "account", "num_members", "num_tokens", "tokens", "members")
    plain = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    shifted = {
        name: np.concatenate([moved(getattr(part, name), by) for part, by in zip(parts, shifts[:-1], strict=True)])
        for name in ("parent", "payer", "sink")
    }
    return Corpus(**plain, **shifted)


def moved(numbers: Whole, by: int | Whole) -> Whole:
    """Numbers without gaps are below the number of members, so a shift by that keeps parts apart."""
    return np.where(numbers == NONE, NONE, numbers + by)


def pair_only(corpus: Corpus) -> Corpus:
    """The clusters as a source shows them that says only who dealt with whom: campaign actions, nothing of money."""
    kind = corpus.tokens[:, KIND]
    kept = (kind == OWN_ROW) | (kind == ACT)
    owner = np.repeat(np.arange(len(corpus.num_tokens)), corpus.num_tokens)
    tokens, members = corpus.tokens[kept].copy(), corpus.members.copy()
    tokens[:, [place_of(name, EVENT_FIELDS) for name in ACT_ONLY]] = UNKNOWN
    members[:, [place_of(name, MEMBER_FIELDS) for name in MONEY_FIELDS]] = UNKNOWN
    nobody = np.full(len(corpus.num_tokens), NONE)
    return Corpus(
        cluster_id=corpus.cluster_id,
        account=corpus.account,
        num_members=corpus.num_members,
        num_tokens=np.bincount(owner[kept], minlength=len(corpus.num_tokens)).astype(np.int64),
        tokens=tokens,
        members=members,
        parent=nobody,
        payer=nobody,
        sink=nobody,
    )
