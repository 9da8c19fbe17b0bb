"""Which evidence a field speaks of, and clusters with some of it hidden."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

import numpy as np

from abuse.model.farmset.corpus import KIND, NONE, Corpus
from abuse.model.farmset.fields import (
    EVENT_FIELDS,
    FIRST,
    MASKED,
    MEMBER_FIELDS,
    SELF,
    UNKNOWN,
    place_of,
)
from abuse.model.rows import FeatureList, Reals
from abuse.tables import EVENT_KINDS

FAMILIES = ("time", "behaviour", "funding", "sink", "structure")
"""As those of the hand features."""
KINDS = {"funding": ("paid", "paid_token"), "sink": ("pays", "pays_token"), "behaviour": ("act", "call")}
"""Events that are hidden with a family, but for their times."""
TIMES = ("gap_s", "sibling_lag_s", "siblings_near", "siblings_share", "hour", "campaign_day")
MEMBER_FAMILIES = {
    "time": ("begin_offset_s", "time_share", "time_surprise"),
    "behaviour": ("num_actions", "sequence_share"),
    "funding": ("is_served", "hops", "paid_with", "same_payment_share", "paid_offset_s", "wait_s", "same_payer_share"),
    "sink": ("is_sunk_at_service", "sunk_offset_s", "sink_wait_s", "same_sink_share", "sink_share"),
    "structure": ("neighbours_share", "money_share", "has_parent", "num_children", "depth"),
}
LINKS = {"funding": ("payer", "parent"), "sink": ("sink",), "structure": ("parent",)}
SIZE = "size"
"""Stays: it is no evidence, and the network is told it anyway."""


def hidden(corpus: Corpus, hand: Reals, features: FeatureList, families: Collection[str]) -> tuple[Corpus, Reals]:
    """The clusters and their figures as if nothing were known of these families."""
    tokens, members, figures = corpus.tokens.copy(), corpus.members.copy(), hand.copy()
    times = [place_of(name, EVENT_FIELDS) for name in TIMES]
    others = [place for place in range(len(EVENT_FIELDS)) if place not in times]
    links = {name: getattr(corpus, name) for name in ("parent", "payer", "sink")}
    for family in families:
        if family == "time":
            _mask(tokens, slice(None), times)
        kinds = [FIRST + (SELF, *EVENT_KINDS).index(kind) for kind in KINDS.get(family, ())]
        _mask(tokens, np.isin(corpus.tokens[:, KIND], kinds), others)
        _mask(members, slice(None), [place_of(name, MEMBER_FIELDS) for name in MEMBER_FAMILIES[family]])
        links |= {name: np.full(len(corpus.num_tokens), NONE) for name in LINKS.get(family, ())}
        own = [features.place(name) for name in features.families.get(family, ()) if name != SIZE]
        figures[:, own] = np.nan
    return dataclasses.replace(corpus, tokens=tokens, members=members, **links), figures


def _mask(values: np.ndarray, rows: slice | np.ndarray, columns: list[int]) -> None:
    """Unknown stays so."""
    part = values[rows][:, columns]
    shown = values[rows]
    shown[:, columns] = np.where(part == UNKNOWN, UNKNOWN, MASKED)
    values[rows] = shown
