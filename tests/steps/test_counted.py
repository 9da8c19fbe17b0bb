"""A sentence that Spark writes agrees with its number, and is none where the number is unknown."""

from __future__ import annotations

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from abuse import plurals
from abuse.steps.counted import counted


def test_spark_counts_as_python_does(spark: SparkSession) -> None:
    nums = [0, 1, 2, 41]
    rows = spark.createDataFrame([(n,) for n in [*nums, None]], "n long")
    found = rows.select(counted("n", "other"), counted(F.col("n"), "kind holds", "kinds hold")).collect()
    said = [(plurals.counted(n, "other"), plurals.counted(n, "kind holds", "kinds hold")) for n in nums]
    assert [tuple(row) for row in found] == [*said, (None, None)]
