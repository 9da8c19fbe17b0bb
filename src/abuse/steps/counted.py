"""Numbers that agree with their nouns, in sentences that Spark writes."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F


def counted(num: Column | str, one: str, many: str = "") -> Column:
    """`1 cluster`, `2 clusters`; as `abuse.plurals.counted`, of a column of whole numbers."""
    number = F.col(num) if isinstance(num, str) else num
    nouns = F.when(number == 1, F.lit(f" {one}")).otherwise(F.lit(f" {many or f'{one}s'}"))
    return F.concat(number.cast("string"), nouns)
