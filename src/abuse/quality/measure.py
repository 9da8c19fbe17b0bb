"""Tables and rules -> how many rows break each promise, in one Spark action, each table read once or twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial, reduce
from typing import Any

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse.contract import Table
from abuse.errors import first_line
from abuse.promises import UNIQUE, Promise, promises
from abuse.tables import Fact

ROWS = "rows"
FIRST = 20
"""Bad rows shown of a broken promise; enough to see what is wrong, few enough for any table."""
Part = tuple[str, str]
"""A table and what is counted of it, or a rule."""
Asking = Callable[[], DataFrame]
"""Spark objects to a column that is missing before it counts anything, so a question is put together when asked."""
LONGEST = 200
"""Characters shown of a value."""
BROKEN = (PySparkException, Py4JError)
"""What Spark raises when a question cannot be answered."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A table whose contract is asked about; `known` are its counts where they were made before."""

    table: type[Table]
    frame: DataFrame
    known: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """What no contract of one table says: `bad` are the rows that break it, none in a good run."""

    gate: str
    says: str
    bad: DataFrame


@dataclass(slots=True)
class Counts:
    """`bad`: table or rule -> promise -> rows that break it; none where it could not be counted, and why not."""

    bad: dict[str, dict[str, int | None]] = field(default_factory=dict)
    crashed: dict[str, str] = field(default_factory=dict)


def asked_of(table: type[Table]) -> list[Promise]:
    """The promises that a gate asks about. Ingest counts the keys of facts to the row, so this does not."""
    return [p for p in promises(table) if p.holds or not issubclass(table, Fact)]


def measured(subjects: Sequence[Subject], rules: Sequence[Rule]) -> Counts:
    """Everything counted together; what Spark cannot count is asked alone, so that the others keep their answer."""
    found, parts = Counts(), dict[Part, Asking]()
    for subject in subjects:
        name = subject.table.table_name()
        if subject.known is not None:
            found.bad[name] = dict(subject.known)
            continue
        parts[name, ROWS] = partial(_kept, subject)
        parts[name, UNIQUE] = partial(_repeated, subject, F.xxhash64(*_texts(subject.table)))
    for rule in rules:
        parts[rule.gate, ""] = partial(rule.bad.agg, F.array(F.count("*")).alias("numbers"))
    numbers = _collected(parts, found.crashed)
    for subject in (s for s in subjects if s.known is None):
        found.bad[subject.table.table_name()] = _of_table(subject, numbers, found.crashed)
    for rule in rules:
        counted = numbers.get((rule.gate, ""))
        found.bad[rule.gate] = {"": counted[0] if counted else None}
    return found


def counts_by(frame: DataFrame, table: type[Table], column: str) -> dict[str, dict[str, int]]:
    """The same counts of a table apart for each value of a column."""
    rows = frame.groupBy(column).agg(_counts(table).alias("numbers")).collect()
    return {row[column]: _named(table, row["numbers"]) for row in rows}


def bad_rows(subject: Subject, promise: Promise) -> DataFrame:
    """The key, and what is wrong, of the rows that break it."""
    if not promise.holds:
        repeated = subject.frame.groupBy(*promise.columns).agg(F.count("*").alias(ROWS))
        return repeated.where(F.col(ROWS) > 1)
    names = dict.fromkeys((*subject.table.key, *promise.columns))
    return subject.frame.where(_is_broken(promise)).select(*names)


def first_rows(bad: DataFrame) -> list[dict[str, Any]]:
    """The first of them in the order of their columns, as JSON-ready data."""
    rows = bad.orderBy(*bad.columns).limit(FIRST).collect()
    return [{name: _short(value) for name, value in row.asDict(recursive=True).items()} for row in rows]


def _short(value: Any) -> Any:
    """A value as JSON has it; what is longer than a line is cut, since a row may hold any text."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = json.dumps(value, default=str, ensure_ascii=False) if isinstance(value, (list, dict)) else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _counts(table: type[Table]) -> Column:
    """All rows, then those that break each promise of a row."""
    of_rows = [F.count_if(_is_broken(p)) for p in asked_of(table) if p.holds]
    return F.array(F.count("*"), *of_rows)


def _is_broken(promise: Promise) -> Column:
    return ~F.coalesce(F.expr(promise.holds), F.lit(False))


def _named(table: type[Table], numbers: list[int]) -> dict[str, int]:
    names = [ROWS, *(p.name for p in asked_of(table) if p.holds)]
    return dict(zip(names, numbers, strict=True))


def _texts(table: type[Table]) -> list[Column]:
    return [F.coalesce(F.col(name).cast("string"), F.lit("")) for name in table.key]


def _kept(subject: Subject) -> DataFrame:
    return subject.frame.agg(_counts(subject.table).alias("numbers"))


def _repeated(subject: Subject, *key: Column) -> DataFrame:
    """Rows too many of a key."""
    per_key = subject.frame.groupBy(*(k.alias(f"_{place}") for place, k in enumerate(key))).agg(
        F.count("*").alias("_rows")
    )
    return per_key.agg(F.array(F.coalesce(F.sum(F.col("_rows") - 1), F.lit(0))).alias("numbers"))


def _of_table(subject: Subject, numbers: Mapping[Part, list[int]], crashed: dict[str, str]) -> dict[str, int | None]:
    name = subject.table.table_name()
    rows, repeated = numbers.get((name, ROWS)), numbers.get((name, UNIQUE))
    if repeated and repeated[0]:  # of the key's digest; two keys may share one, so it is asked again of the key itself
        exact = partial(_repeated, subject, *_texts(subject.table))
        repeated = _collected({(name, UNIQUE): exact}, crashed).get((name, UNIQUE))
    found: dict[str, int | None] = dict.fromkeys((ROWS, *(p.name for p in asked_of(subject.table))))
    found |= _named(subject.table, rows) if rows else {}
    return found | {UNIQUE: repeated[0] if repeated else None}


def _collected(parts: Mapping[Part, Asking], crashed: dict[str, str]) -> dict[Part, list[int]]:
    """Part -> its numbers. What could not be counted is missing, and in `crashed` under its name."""
    if not parts:
        return {}
    keys = list(parts)
    try:
        made = [parts[key]().select(F.lit(place).alias("place"), "numbers") for place, key in enumerate(keys)]
        rows = reduce(DataFrame.unionByName, made).collect()
    except BROKEN as why:
        if len(keys) == 1:
            crashed[keys[0][0]] = first_line(why)
            return {}
        alone = [_collected({key: parts[key]}, crashed) for key in keys]
        return {key: numbers for one in alone for key, numbers in one.items()}
    return {keys[row["place"]]: row["numbers"] for row in rows}
