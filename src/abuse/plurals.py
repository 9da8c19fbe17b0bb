"""Numbers that agree with their nouns, in everything that people read: in Python, and in sentences of a column."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import Column


def counted(num: int, one: str, many: str = "") -> str:
    """`1 cluster`, `2 clusters`; of a noun that takes more than an `s`, or of words beside it, `many` has it."""
    return f"{num:,} {agreeing(num, one, many)}"


def agreeing(num: int, one: str, many: str = "") -> str:
    """The noun alone, for a number that stands elsewhere."""
    return one if num == 1 else many or f"{one}s"


def counted_in(num: Column | str, one: str, many: str = "") -> Column:
    """As `counted`, of a column of whole numbers; none where the number is unknown."""
    from pyspark.sql import functions as F

    number = F.col(num) if isinstance(num, str) else num
    nouns = F.when(number == 1, F.lit(f" {one}")).otherwise(F.lit(f" {many or f'{one}s'}"))
    return F.concat(number.cast("string"), nouns)
