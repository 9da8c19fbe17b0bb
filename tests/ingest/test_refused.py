"""Whole columns in another form: no row of them is believed."""

from __future__ import annotations

from typing import Any

import pytest

from abuse.campaign import Source
from abuse.edge.refused import refuse, refuse_nobody
from abuse.errors import InputError

MOVES = Source(format="transfers", path="moves.csv")


def counts(stored: int, *, small: int = 0, in_coins: int = 0, **reasons: int) -> dict[str, Any]:
    return {"stored": stored, "small": small, "in_coins": in_coins, "quarantine_reasons": reasons}


COINS = {  # name: counts -> refused
    "whole coins alone": (counts(105, small=105), True),
    "coins and one fraction": (counts(104, small=90, in_coins=1), True),
    "large sums of a cheap coin, many with a fraction": (counts(90, in_coins=15), True),
    "nothing but fractions": (counts(0, in_coins=20), True),
    "wei": (counts(105), False),
    "wei, and one row that went wrong": (counts(60, in_coins=1), False),
    "wei and some dust": (counts(100, small=40), False),
    "a handful of small amounts": (counts(9, small=9), False),
}


@pytest.mark.parametrize(("found", "refused"), COINS.values(), ids=COINS)
def test_a_column_that_looks_like_whole_coins_is_refused(found: dict[str, Any], refused: bool) -> None:
    """Read as wei every payment would be dust, and everybody clear."""
    if refused:
        with pytest.raises(InputError, match="look like whole coins, not the smallest unit"):
            refuse(MOVES, found)
    else:
        refuse(MOVES, found)


def test_small_amounts_that_are_meant_are_read() -> None:
    refuse(Source(format="transfers", path="nfts.csv", unit="raw"), counts(105, small=105))


def test_ids_that_lost_digits_are_refused_however_few() -> None:
    """Two of them may be one person, or a million."""
    people = Source(format="participation", path="people.csv")
    with pytest.raises(InputError, match=r"1 ids? ha\w+ lost digits"):
        refuse(people, counts(50, lost_digits=1))


def test_who_has_nobody_to_judge_is_told_the_cause_of_most_rows_and_its_own_fix() -> None:
    """`Give a later --as-of` helps nobody whose addresses are wrong."""
    lists = [{"quarantine_reasons": {"bad_address": 80, "bad_time": 4}}, {"quarantine_reasons": {"bad_time": 1}}]
    with pytest.raises(InputError, match="account_addresses") as said:
        refuse_nobody(lists, "2026-04-08", is_any_late=False)
    assert "80 rows" in said.value.found
    assert "as-of" not in str(said.value)
    with pytest.raises(InputError, match="Give a later --as-of"):
        refuse_nobody([], "2026-04-08", is_any_late=True)
