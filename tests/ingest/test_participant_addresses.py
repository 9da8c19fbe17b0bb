"""Which addresses are a participant's, and whether any movement of them, while they were, is known."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from abuse.steps.ingest.participants import participant_addresses
from abuse.tables import AccountAddresses, ParticipantAddresses, Participants, Transfers
from tests.conftest import frame
from tests.steps.worlds import Fact, hour, paid, pair


def own(account: str, address: str, *, on: str = "", since: float | None = None, until: float | None = None) -> Fact:
    """Its own on every chain unless `on` names one."""
    row: Fact = {"account": account, "chain": on or "ethereum", "address": address, "on_every_chain": not on}
    times = (("valid_from", since), ("valid_to", until))
    return row | {name: None if at is None else hour(at) for name, at in times}


PEOPLE = ("ann", "bob", "cy", "dan", "eve", "0xown", "0xquiet", "two", "half")
OWNED = [
    own("ann", "0xa"),
    own("bob", "0xbought", since=5),
    own("cy", "0xsold", until=5),
    own("dan", "0xdan", on="base"),
    own("eve", "0xeve", on="polygon"),
    own("two", "0xswap", until=5),
    own("half", "0xswap", since=5),
    own("half", "0xp", until=1),
    own("half", "0xp", until=7),
    own("ann", "0xends", until=3),
    own("ann", "0xends"),
    own("ann", "0xboth", on="base"),
    own("ann", "0xboth"),
    own("stranger", "0xs"),
]
MOVES = [
    paid("0xa", "o", at=1),
    paid("0xbought", "o", at=4),
    paid("o", "0xsold", at=5),
    paid("0xdan", "o", at=1, chain="base"),
    paid("0xeve", "o", at=1, chain="base"),
    paid("o", "0xown", at=1, chain="base"),
    paid("0xswap", "o", at=5),
    pair("0xbought", "o"),
    paid("0xp", "o", at=6),
    paid("0xs", "o", at=1),
]
KNOWN = {
    ("ann", "0xa"): True,
    ("bob", "0xbought"): False,
    ("cy", "0xsold"): False,
    ("dan", "0xdan"): True,
    ("eve", "0xeve"): False,
    ("0xown", "0xown"): True,
    ("0xquiet", "0xquiet"): False,
    ("two", "0xswap"): False,
    ("half", "0xswap"): True,
    ("half", "0xp"): True,
    ("ann", "0xends"): False,
    ("ann", "0xboth"): False,
}


RUN_COLUMNS = {"campaign_id": "c", "as_of": hour(99), "run_id": "r"}


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> dict[tuple[str, str], list[Row]]:
    whole = participant_addresses(
        frame(spark, Participants, [{"account": account} for account in PEOPLE]),
        frame(spark, AccountAddresses, OWNED),
        frame(spark, Transfers, MOVES),
        "ethereum",
    )
    rows = ParticipantAddresses.conform(
        whole.withColumns({name: F.lit(value) for name, value in RUN_COLUMNS.items()})
    ).collect()
    named = {(row["account"], row["address"]) for row in rows}
    return {name: [row for row in rows if (row["account"], row["address"]) == name] for name in named}


def test_a_movement_is_known_of_whose_the_address_was_then_and_there(found: dict[tuple[str, str], list[Row]]) -> None:
    assert {name: any(row["has_transfers"] for row in rows) for name, rows in found.items()} == KNOWN


def test_an_account_that_no_source_gives_an_address_is_one_itself_on_every_chain(
    found: dict[tuple[str, str], list[Row]],
) -> None:
    (row,) = found["0xown", "0xown"]
    assert [row[name] for name in ("chain", "on_every_chain", "valid_from", "valid_to")] == [
        *("ethereum", True, None, None)
    ]


def test_every_claim_is_there_once_and_the_longer_of_two_counts(found: dict[tuple[str, str], list[Row]]) -> None:
    def end(account: str, address: str) -> list[datetime | None]:
        return [row["valid_to"] and row["valid_to"].astimezone(UTC) for row in found[account, address]]

    assert end("half", "0xp") == [hour(7)]
    assert end("ann", "0xends") == [None]
    assert [(row["chain"], row["on_every_chain"]) for row in found["ann", "0xboth"]].count(("base", False)) == 1
