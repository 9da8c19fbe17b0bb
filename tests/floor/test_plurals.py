"""Whoever reads `1 accounts` wonders what else is wrong."""

from __future__ import annotations

import pytest

from abuse.plurals import counted

CASES = {  # number, noun, its plural where an s is not enough -> what is read
    "none": (0, "account", "", "0 accounts"),
    "one": (1, "account", "", "1 account"),
    "two": (2, "account", "", "2 accounts"),
    "many": (1_234_567, "account", "", "1,234,567 accounts"),
    "no kind": (0, "kind holds", "kinds hold", "0 kinds hold"),
    "one kind": (1, "kind holds", "kinds hold", "1 kind holds"),
    "two kinds": (2, "kind holds", "kinds hold", "2 kinds hold"),
}


@pytest.mark.parametrize(("num", "one", "many", "read"), CASES.values(), ids=CASES)
def test_a_number_agrees_with_its_noun(num: int, one: str, many: str, read: str) -> None:
    assert counted(num, one, many) == read
