"""A public table's promises -> one CHECK constraint of its Delta table; NOT NULL is in its schema.

The second line: the gates count bad rows before anything is published; this refuses them whoever writes. One for all
promises, because each is a commit of its own, and a first night would wait for sixty.
"""

from __future__ import annotations

from pathlib import Path

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from abuse.address import is_remote
from abuse.contract import Table
from abuse.lake.rust import opened
from abuse.promises import promises
from abuse.settings import digest

PREFIX = "delta.constraints."
CONTRACT = "contract_"
"""How the constraint is named, with the digest of what it says behind it: Spark stores it in words of its own."""
LEFT_OFF = "abuse.left_off"
"""Property of a table that stays without its constraint because older rows break it."""
BROKEN = "DELTA_NEW_CHECK_CONSTRAINT_VIOLATION"


def constraint(table: type[Table]) -> tuple[str, str]:
    """Name, and SQL that Delta holds every written row against."""
    holds = " AND ".join(f"({p.holds})" for p in promises(table) if p.holds and p.is_plain)
    return f"{CONTRACT}{digest(holds)[:8]}", holds


def constrain(spark: SparkSession, table: type[Table], path: str) -> None:
    """Gives the table the constraint of this version for an earlier one's. By Spark, which writes its rows too.

    Where its older rows break it the table stays without, and is not asked again: they were published under what was
    promised then, and the gates look at what is published now.
    """
    (name, holds), said, named = constraint(table), opened(path).metadata().configuration, _named(path)
    if not holds or f"{PREFIX}{name}" in said or said.get(LEFT_OFF) == name:
        return
    for old in (key.removeprefix(PREFIX) for key in sorted(said) if key.startswith(f"{PREFIX}{CONTRACT}")):
        spark.sql(f"ALTER TABLE {named} DROP CONSTRAINT {old}")
    try:
        spark.sql(f"ALTER TABLE {named} ADD CONSTRAINT {name} CHECK ({holds})")
    except (PySparkException, Py4JJavaError) as why:
        if BROKEN not in str(why):
            raise
        spark.sql(f"ALTER TABLE {named} SET TBLPROPERTIES ('{LEFT_OFF}' = '{name}')")


def _named(path: str) -> str:
    """The table, as SQL names it: Delta takes a path that is not absolute for a name in the catalog."""
    whole = path if is_remote(path) else str(Path(path).absolute())
    return f"delta.`{whole.replace('`', '``')}`"
