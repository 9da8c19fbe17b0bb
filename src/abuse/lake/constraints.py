"""A table -> the properties of its Delta table: how long versions stay, and for a public one its promises as CHECK
constraints. NOT NULL is in the schema.

The second line: the gates count bad rows before anything is published; this refuses them whoever writes.
"""

from __future__ import annotations

from deltalake import DeltaTable
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from abuse.contract import Table
from abuse.promises import promises
from abuse.tables import Fact, Published

PREFIX = "delta.constraints."
LEFT_OFF = "abuse.left_off."
"""Property of a table that stays without a constraint because older rows break it."""
BROKEN = "DELTA_NEW_CHECK_CONSTRAINT_VIOLATION"
KEPT = {"delta.logRetentionDuration": "interval 3650 days", "delta.deletedFileRetentionDuration": "interval 3650 days"}
"""A publication is read at the version its run wrote, however old. By default Delta forgets the log after 30 days and
refuses older versions than 7; what may really go, `abuse maintain` decides.
"""


def constraints(table: type[Table]) -> dict[str, str]:
    """Name -> SQL that Delta holds every written row against."""
    if not issubclass(table, Published):
        return {}
    plain = (promise for promise in promises(table) if promise.holds and promise.is_plain)
    return {promise.name.replace(".", "_"): promise.holds for promise in plain}


def configuration(table: type[Table], *, is_public: bool) -> dict[str, str]:
    """How long Delta keeps its versions, and what a public table refuses; in work the gates find bad rows."""
    refused = constraints(table).items() if is_public else ()
    kept = KEPT if issubclass(table, (Fact, Published)) else {}
    return kept | {f"{PREFIX}{name}": holds for name, holds in refused}


def renew(spark: SparkSession, table: type[Table], path: str) -> None:
    """Gives a table of an earlier version the constraints of this one. By Spark, which writes its rows too.

    Where its older rows break a new one it stays without, and is not asked again: they were published under what was
    promised then, and the gates look at what is published now.
    """
    wanted, said = constraints(table), DeltaTable(path).metadata().configuration
    found = {name.removeprefix(PREFIX): sql for name, sql in said.items() if name.startswith(PREFIX)}
    for name in (name for name, holds in sorted(found.items()) if holds != wanted.get(name)):
        spark.sql(f"ALTER TABLE delta.`{path}` DROP CONSTRAINT {name}")
    for name, holds in wanted.items():
        if holds not in (found.get(name), said.get(f"{LEFT_OFF}{name}")) and not _added(spark, path, name, holds):
            escaped = holds.replace("\\", "\\\\").replace('"', '\\"')
            spark.sql(f'ALTER TABLE delta.`{path}` SET TBLPROPERTIES ("{LEFT_OFF}{name}" = "{escaped}")')


def _added(spark: SparkSession, path: str, name: str, holds: str) -> bool:
    """Whether the rows that are there let the constraint be."""
    try:
        spark.sql(f"ALTER TABLE delta.`{path}` ADD CONSTRAINT {name} CHECK ({holds})")
    except (PySparkException, Py4JJavaError) as why:
        if BROKEN not in str(why):
            raise
        return False
    return True
