"""Numbers that agree with their nouns, in everything that people read."""

from __future__ import annotations


def counted(num: int, one: str, many: str = "") -> str:
    """`1 cluster`, `2 clusters`; of a noun that takes more than an `s`, or of words beside it, `many` has it."""
    return f"{num:,} {agreeing(num, one, many)}"


def agreeing(num: int, one: str, many: str = "") -> str:
    """The noun alone, for a number that stands elsewhere."""
    return one if num == 1 else many or f"{one}s"
