"""A public table's promises -> the CHECK constraints of its Delta table; NOT NULL is in its schema.

The second line: the gates count bad rows before anything is published; this refuses them whoever writes.
"""

from __future__ import annotations

from deltalake import DeltaTable
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from abuse.contract import Table
from abuse.promises import promises
from abuse.tables import Published

PREFIX = "delta.constraints."


def constraints(table: type[Table]) -> dict[str, str]:
    """Name -> SQL that Delta holds every written row against."""
    if not issubclass(table, Published):
        return {}
    plain = (promise for promise in promises(table) if promise.holds and promise.is_plain)
    return {promise.name.replace(".", "_"): promise.holds for promise in plain}


def renew(spark: SparkSession, table: type[Table], path: str) -> None:
    """Gives a table of an earlier version the constraints of this one. By Spark, which writes its rows too.

    Where its older rows break a new one it stays without: they were published under what was promised then, and the
    gates look at what is published now.
    """
    wanted = constraints(table)
    said = DeltaTable(path).metadata().configuration
    found = {name.removeprefix(PREFIX): sql for name, sql in said.items() if name.startswith(PREFIX)}
    for name in sorted(found):
        if found[name] != wanted.get(name):
            spark.sql(f"ALTER TABLE delta.`{path}` DROP CONSTRAINT {name}")
    for name, holds in wanted.items():
        if found.get(name) != holds:
            try:
                spark.sql(f"ALTER TABLE delta.`{path}` ADD CONSTRAINT {name} CHECK ({holds})")
            except PySparkException as why:
                if why.getCondition() != "DELTA_NEW_CHECK_CONSTRAINT_VIOLATION":
                    raise
