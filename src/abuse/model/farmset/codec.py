"""Events and MemberTies rows in Arrow -> Corpus. Training and scoring read the same rows the same way; numpy alone.

The order of the rows changes nothing: clusters come by id, members by account, events by position.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from abuse.errors import InputError
from abuse.model.farmset.columns import codes, integers, micros, one, reals, reals_or_unknown, texts
from abuse.model.farmset.corpus import KIND, NONE, OWN_ROW, Corpus, Whole, ranges, starts
from abuse.model.farmset.fields import EVENT_FIELDS, MEMBER_FIELDS, UNKNOWN, Reals, Small
from abuse.model.farmset.groups import Groups, grouped
from abuse.model.rows import Flags
from abuse.tables import Events, MemberTies

EVENT_COLUMNS = (
    *(Events.cluster_id, Events.account, Events.position, Events.at, Events.kind, Events.what, Events.counterparty),
    *(Events.role, Events.amount, Events.amount_digits, Events.same_amount_share, Events.gap_s, Events.sibling_lag_s),
    *(Events.siblings_near, Events.tip_wei, Events.tip_is_common, Events.nonce, Events.is_ok, Events.campaign_day),
    Events.num_merged,
)
MEMBER_COLUMNS = (
    *(MemberTies.cluster_id, MemberTies.account, MemberTies.parent, MemberTies.payer, MemberTies.sink),
    *(MemberTies.is_served, MemberTies.is_sunk_at_service, MemberTies.hops, MemberTies.paid_with),
    *(MemberTies.same_payment_share, MemberTies.paid_offset_s, MemberTies.begin_offset_s, MemberTies.sunk_offset_s),
    *(MemberTies.wait_s, MemberTies.sink_wait_s, MemberTies.num_actions, MemberTies.num_neighbours),
    *(MemberTies.time_partners, MemberTies.time_surprise, MemberTies.money_partners, MemberTies.sink_partners),
    MemberTies.sequence_partners,
)
HOUR_US = 3_600_000_000
MAX_DEPTH = 6
"""Deeper is counted as this; it also ends a circle of payments."""


def coded(events: pa.Table, ties: pa.Table) -> Corpus:
    """Every cluster of `ties`; a member without events has its own row alone."""
    ties = _sorted(ties, MEMBER_COLUMNS, MemberTies.account)
    events = _sorted(events, EVENT_COLUMNS, Events.position)
    keys = _keys(ties)
    owner = integers(pc.index_in(_keys(events), value_set=keys))
    if (owner == NONE).any():
        stray = events[Events.account][int(np.flatnonzero(owner == NONE)[0])]
        raise InputError("events", f"one of {stray}, in no cluster", "members' events alone", "Write both again.")
    order = np.argsort(owner, kind="stable")
    events, owner = events.take(order), owner[order]
    ids = texts(ties, MemberTies.cluster_id)
    cluster_id, cluster, num_members = np.unique(ids, return_inverse=True, return_counts=True)
    links = _links(ties, keys, cluster)
    num_events = np.bincount(owner, minlength=len(ties)).astype(np.int64)
    return Corpus(
        cluster_id=cluster_id,
        account=texts(ties, MemberTies.account),
        num_members=num_members.astype(np.int64),
        num_tokens=num_events + 1,
        tokens=_tokens(_event_values(events, owner, cluster, num_members), num_events),
        members=_member_values(ties, cluster, num_members, links),
        **links,
    )


def _sorted(rows: pa.Table, columns: tuple[str, ...], last: str) -> pa.Table:
    missing = [name for name in columns if name not in rows.column_names]
    if missing:
        raise InputError("events", f"no column {missing[0]}", "it", "Write them with this version.")
    keys = dict.fromkeys((Events.cluster_id, Events.account, last))
    return rows.select(columns).combine_chunks().sort_by([(key, "ascending") for key in keys])


def _keys(rows: pa.Table) -> pa.Array:
    """Cluster and member in one text."""
    ids, accounts = (rows[name].combine_chunks() for name in (Events.cluster_id, Events.account))
    return one(pc.binary_join_element_wise(ids, accounts, "\x00"))


def _links(ties: pa.Table, keys: pa.Array, cluster: Whole) -> dict[str, Whole]:
    """Parent, payer and sink of each member, as numbers."""
    ids = one(ties[MemberTies.cluster_id])
    parent = pc.binary_join_element_wise(ids, one(ties[MemberTies.parent]), "\x00")
    found = {"parent": integers(pc.index_in(parent, value_set=keys, skip_nulls=True))}
    for name in (MemberTies.payer, MemberTies.sink):
        word = codes(ties, name)
        known = word != NONE
        number = np.full(len(ties), NONE)
        number[known] = np.unique(cluster[known] * len(ties) + word[known], return_inverse=True)[1]
        found[name] = number
    return found


def _tokens(values: Small, num_events: Whole) -> Small:
    """A row for each member itself before its events."""
    tokens = np.full((len(num_events) + len(values), len(EVENT_FIELDS)), UNKNOWN, dtype=np.uint8)
    first = starts(num_events + 1)[:-1]
    tokens[first, KIND] = OWN_ROW
    tokens[ranges(first + 1, num_events)] = values
    return tokens


def _event_values(events: pa.Table, owner: Whole, cluster: Whole, num_members: Whole) -> Small:
    """One row per event, one column per field."""
    where, others = cluster[owner], np.maximum(num_members - 1, 1)[cluster[owner]]
    kind, at = codes(events, Events.kind), micros(events, Events.at)
    word = grouped(where, kind, codes(events, Events.what) + 1)
    party = grouped(where, codes(events, Events.counterparty))
    amount, near = reals(events, Events.amount), reals(events, Events.siblings_near)
    has_party = codes(events, Events.counterparty) != NONE
    everything = np.ones(len(where), dtype=np.bool_)
    rank = {"word": _ranks(word, where, owner, at, everything), "party": _ranks(party, where, owner, at, has_party)}
    numbers: dict[str, Reals] = {
        "word_rank": rank["word"][0],
        "word_share": rank["word"][1] / others,
        "party_rank": np.where(has_party, rank["party"][0], np.nan),
        "party_share": np.where(has_party, rank["party"][1] / others, np.nan),
        "amount_ratio": _ratio(amount, word.medians(amount)),
        "siblings_share": near / others,
        "hour": (at // HOUR_US % 24).astype(np.float64),
    }
    words: dict[str, str] = {"kind": Events.kind, "role": Events.role, "method": Events.what}
    columns = []
    for field in EVENT_FIELDS:
        if field.name in words:
            columns.append(field.placed(events[words[field.name]].to_pylist()))
        else:
            columns.append(field.binned(numbers.get(field.name, reals_or_unknown(events, field.name))))
    return np.column_stack(columns)


def _ranks(group: Groups, where: Whole, owner: Whole, at: Whole, counts: Flags) -> tuple[Reals, Reals]:
    """(rank within the cluster, other members that have it) of each event's word or counterparty.

    The one most members have is first; of equals the one first used; then the one whose number is less, which is by
    text. What does not count comes after all that does.
    """
    members = group.distinct(owner) * group.least(counts.astype(np.int64))
    first = group.least(at)
    cluster = group.least(where)
    order = np.lexsort((np.arange(len(members)), first, -members, cluster))
    rank = np.empty(len(order), dtype=np.int64)
    sizes = np.unique(cluster, return_counts=True)[1]
    rank[order] = ranges(np.zeros(len(sizes), dtype=np.int64), sizes)
    return rank[group.of].astype(np.float64), (members - 1)[group.of].astype(np.float64)


def _ratio(amount: Reals, middle: Reals) -> Reals:
    found: Reals = np.full(len(amount), np.nan)
    np.divide(amount, middle, out=found, where=middle > 0)
    return found


def _member_values(ties: pa.Table, cluster: Whole, num_members: Whole, links: dict[str, Whole]) -> Small:
    """One row per member, one column per field."""
    others = np.maximum(num_members - 1, 1)[cluster]
    parent = links["parent"]
    has_parent = parent != NONE
    partners = {"neighbours": MemberTies.num_neighbours} | {
        name: f"{name}_partners" for name in ("time", "money", "sink", "sequence")
    }
    numbers: dict[str, Reals] = {f"{name}_share": reals(ties, column) / others for name, column in partners.items()}
    numbers |= {f"same_{name}_share": _sharing(links[name]) / others for name in ("payer", "sink")}
    numbers |= {
        "has_parent": has_parent.astype(np.float64),
        "num_children": np.bincount(parent[has_parent], minlength=len(parent)).astype(np.float64),
        "depth": _depth(parent),
    }
    values = [field.binned(numbers.get(field.name, reals_or_unknown(ties, field.name))) for field in MEMBER_FIELDS]
    return np.column_stack(values)


def _sharing(number: Whole) -> Reals:
    """How many others have a member's number; unknown where it has none."""
    known = number != NONE
    counts = np.bincount(number[known], minlength=1)
    return np.where(known, counts[np.maximum(number, 0)] - 1.0, np.nan)


def _depth(parent: Whole) -> Reals:
    """Members above each one."""
    depth, above = np.zeros(len(parent)), parent
    for _ in range(MAX_DEPTH):
        depth += above != NONE
        above = np.where(above != NONE, parent[above], NONE)
    return depth
