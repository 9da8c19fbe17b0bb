"""Whose an address was when something moved: the account's that held it then, on that chain."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse.tables import ParticipantAddresses, Transfers

HELD = (
    *(ParticipantAddresses.chain, ParticipantAddresses.address, ParticipantAddresses.on_every_chain),
    *(ParticipantAddresses.valid_from, ParticipantAddresses.valid_to),
)
"""What says which movements of an address are its account's."""


def of_owner(rows: DataFrame, owners: DataFrame, end: str, at: str = Transfers.at) -> DataFrame:
    """The rows whose address at `end` was an account's at that time, with the owners' columns beside HELD.

    A row without a time is nobody's where the address was the account's for a time only.
    """
    held = {name: f"_held_{name}" for name in HELD}
    rest = [name for name in owners.columns if name not in HELD]
    own = owners.select(*rest, *[F.col(name).alias(new) for name, new in held.items()])
    is_same = F.col(end) == F.col(held[ParticipantAddresses.address])
    is_own = is_same & holds(lambda name: F.col(held[name]), F.col(Transfers.chain), F.col(at))
    return rows.join(own, on=is_own).drop(*held.values())


def holds(held: Callable[[str], Column], chain: Column, at: Column) -> Column:
    """Whether a movement at that time and on that chain is the holder's. `held` gives the columns of HELD."""
    since, until = held(ParticipantAddresses.valid_from), held(ParticipantAddresses.valid_to)
    on_every_chain = F.coalesce(held(ParticipantAddresses.on_every_chain), F.lit(True))
    is_here = on_every_chain | (held(ParticipantAddresses.chain) == chain)
    return is_here & (since.isNull() | (at >= since)) & (until.isNull() | (at < until))
