"""Whoever reads `1 accounts` wonders what else is wrong."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from abuse.plurals import counted, counted_in

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


def test_spark_counts_as_python_does(spark: SparkSession) -> None:
    nums = [0, 1, 2, 41]
    rows = spark.createDataFrame([(n,) for n in [*nums, None]], "n long")
    found = rows.select(counted_in("n", "other"), counted_in(F.col("n"), "kind holds", "kinds hold")).collect()
    said = [(counted(n, "other"), counted(n, "kind holds", "kinds hold")) for n in nums]
    assert [tuple(row) for row in found] == [*said, (None, None)]
