"""What the model reads of an event and of a member: every field, its values and its bins, fixed in code.

Value 0 is unknown, 1 is masked; a bin of a number or a word's place follows. So nothing is fitted, nothing depends on a
campaign's own names, and what was never seen is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from abuse.settings import digest
from abuse.tables import EVENT_KINDS, EVENT_ROLES

Small = npt.NDArray[np.uint8]
Reals = npt.NDArray[np.float64]

UNKNOWN, MASKED, FIRST = 0, 1, 2
SELF = "self"
"""Kind of the row that stands for the member itself, before its events."""

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
GAPS = (
    *(1.0, 5.0, 10.0, 20.0, 30.0, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 30 * MINUTE),
    *(HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR, DAY, 2 * DAY, 3 * DAY, 5 * DAY, 7 * DAY, 14 * DAY, 30 * DAY),
    *(60 * DAY, 180 * DAY),
)
"""Seconds. Sleeps of public farm scripts are 5 s to 10 min, spread of days is what careful ones add."""
OFFSETS = (*(-gap for gap in reversed(GAPS[5:])), 0.0, *GAPS[5:])
"""Seconds before and after."""
SHARES = (0.001, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.99)
COUNTS = (0.5, 1.5, 2.5, 4.5, 8.5, 16.5, 32.5, 64.5, 128.5, 512.5)
SIZES = tuple(10.0**power for power in range(-6, 7))
RATIOS = (0.1, 0.25, 0.5, 0.7, 0.85, 0.95, 0.99, 0.999, 1.001, 1.01, 1.05, 1.15, 1.4, 2.0, 4.0, 10.0)
"""Of the cluster's middle amount. Scripts draw within 5 to 50 % of one amount; 0.1 % is the same."""
DAYS = (
    *(-90.0, -30.0, -14.0, -7.0, -3.0, -1.0, -0.25, 0.0, 0.25, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 14.0, 17.0, 21.0, 24.0),
    *(28.0, 31.0, 35.0, 40.0, 50.0, 60.0, 90.0, 180.0),
)
GWEI = 1e9
TIPS = tuple(GWEI * tip for tip in (0.0005, 0.01, 0.1, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0))
NONCES = (0.5, 1.5, 2.5, 5.5, 10.5, 20.5, 50.5, 100.5, 200.5, 500.5, 1000.5)
SURPRISES = (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 40.0)
YES_NO = (0.5,)
METHODS = (
    *("0xa9059cbb", "0x095ea7b3", "0x23b872dd", "0x42842e0e", "0xa22cb465"),  # transfer, approve and their kin
    *("0x7ff36ab5", "0x18cbafe5", "0x38ed1739", "0xfb3bdb41", "0x414bf389", "0x3593564c", "0x24856bc3"),  # swaps
    *("0xac9650d8", "0x5ae401dc", "0xe8e33700", "0xf305d719"),  # several calls in one, liquidity
    *("0xd0e30db0", "0x2e1a7d4d", "0x4e71d92d", "0xa0712d68", "0x1249c58b"),  # deposit, withdraw, claim, mint
    *("0xe63d38ed", "0xc73a2d60", "0x67243482", "0x6a761202", "0x8d80ff0a"),  # payouts to many, multi-signature wallets
)
"""Methods that mean the same in every campaign; all others are told apart by their rank within the cluster alone."""


def _ranks(num: int) -> tuple[float, ...]:
    """Each rank its own bin, the last one for all beyond."""
    return tuple(place + 0.5 for place in range(num - 1))


@dataclass(frozen=True, slots=True)
class Field:
    """A small whole number: the place of a word among `words`, or the bin of a number between `edges`."""

    name: str
    edges: tuple[float, ...] = ()
    words: tuple[str, ...] = ()
    is_relational: bool = False
    """Whether it says how the member's act or place compares with the others'."""

    @property
    def size(self) -> int:
        """How many values there are."""
        return FIRST + (len(self.words) or len(self.edges) + 1)

    def binned(self, values: Reals) -> Small:
        """Numbers as values; NaN is unknown, infinite is the last bin."""
        found = FIRST + np.searchsorted(self.edges, values, side="right")
        return np.where(np.isnan(values), UNKNOWN, found).astype(np.uint8)

    def placed(self, words: list[str | None]) -> Small:
        """Words as values; one that is not listed is unknown."""
        place = {word: FIRST + at for at, word in enumerate(self.words)}
        return np.array([place.get(word or "", UNKNOWN) for word in words], dtype=np.uint8)


EVENT_FIELDS = (
    Field("kind", words=(SELF, *EVENT_KINDS)),
    Field("role", words=EVENT_ROLES),
    Field("method", words=METHODS),
    Field("word_rank", _ranks(24), is_relational=True),
    Field("word_share", SHARES, is_relational=True),
    Field("party_rank", _ranks(16), is_relational=True),
    Field("party_share", SHARES, is_relational=True),
    Field("amount", SIZES),
    Field("amount_ratio", RATIOS, is_relational=True),
    Field("amount_digits", _ranks(10)),
    Field("same_amount_share", SHARES, is_relational=True),
    Field("gap_s", GAPS),
    Field("sibling_lag_s", GAPS, is_relational=True),
    Field("siblings_near", COUNTS, is_relational=True),
    Field("siblings_share", SHARES, is_relational=True),
    Field("hour", _ranks(24)),
    Field("campaign_day", DAYS),
    Field("tip_wei", TIPS),
    Field("tip_is_common", YES_NO, is_relational=True),
    Field("nonce", NONCES),
    Field("is_ok", YES_NO),
    Field("num_merged", (1.5, 2.5, 5.5, 10.5, 50.5)),
)
"""Of an event, in the order of a token's columns."""

MEMBER_FIELDS = (
    Field("is_served", YES_NO),
    Field("is_sunk_at_service", YES_NO),
    Field("hops", _ranks(7)),
    Field("paid_with", COUNTS, is_relational=True),
    Field("same_payment_share", SHARES, is_relational=True),
    Field("paid_offset_s", OFFSETS, is_relational=True),
    Field("begin_offset_s", OFFSETS, is_relational=True),
    Field("sunk_offset_s", OFFSETS, is_relational=True),
    Field("wait_s", OFFSETS),
    Field("sink_wait_s", OFFSETS),
    Field("num_actions", COUNTS),
    Field("neighbours_share", SHARES, is_relational=True),
    Field("time_share", SHARES, is_relational=True),
    Field("time_surprise", SURPRISES, is_relational=True),
    Field("money_share", SHARES, is_relational=True),
    Field("sink_share", SHARES, is_relational=True),
    Field("sequence_share", SHARES, is_relational=True),
    Field("same_payer_share", SHARES, is_relational=True),
    Field("same_sink_share", SHARES, is_relational=True),
    Field("has_parent", YES_NO, is_relational=True),
    Field("num_children", COUNTS, is_relational=True),
    Field("depth", _ranks(7), is_relational=True),
)
"""Of a member."""

TREE_FIELDS = ("has_parent", "num_children", "depth")
ACT_ONLY = ("role", "party_rank", "party_share", "tip_wei", "tip_is_common", "nonce", "is_ok", "method")
"""What a campaign's own list of actions does not say of an act."""
MONEY_FIELDS = (
    *("is_served", "is_sunk_at_service", "hops", "paid_with", "same_payment_share", "paid_offset_s", "sunk_offset_s"),
    *("wait_s", "sink_wait_s", "same_payer_share", "same_sink_share", *TREE_FIELDS),
)
"""What a source does not say of a member that tells only who dealt with whom."""


def place_of(name: str, fields: tuple[Field, ...]) -> int:
    """Column of a field."""
    return [field.name for field in fields].index(name)


def codec_digest() -> str:
    """Sixteen hex digits over every field, word and edge: weights belong to one of them."""
    return digest([[[f.name, f.edges, f.words] for f in fields] for fields in (EVENT_FIELDS, MEMBER_FIELDS)])
