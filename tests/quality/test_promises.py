"""Contracts as SQL: which values break a promise."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from abuse.contract import Field
from abuse.promises import UNIQUE, promises
from abuse.quality.measure import Subject, bad_rows, measured
from abuse.tables import EVIDENCE, PUBLIC, PerRun, Published

AS_OF = datetime(2026, 4, 8, tzinfo=UTC)
LATE, EARLY = datetime(2026, 4, 8, tzinfo=UTC), datetime(2026, 4, 7, 23, 59, 59, 999999, tzinfo=UTC)


class Odd(Published):
    """One column of every sort of promise."""

    key = ("account",)
    account = Field(pa.string(), "who", required=True)
    kind = Field(pa.string(), "what", allowed=("a", "it's"[:2]))
    share = Field(pa.float64(), "share", unit="0 to 1")
    usd = Field(pa.float64(), "worth", low=0)
    ratio = Field(pa.float64(), "any finite number")
    num = Field(pa.int64(), "count")
    at = Field(pa.timestamp("us", tz="UTC"), "when")
    why = Field(pa.list_(pa.string()), "reasons", filled=True)
    evidence = Field(pa.list_(EVIDENCE), "movements")


def item(at: datetime | None) -> tuple[Any, ...]:
    return ("direct", None, None, None, None, at, None, None, 1, None)


GOOD: dict[str, Any] = {"campaign_id": "c", "as_of": AS_OF, "run_id": "r", "account": "x"}
CASES: dict[str, tuple[dict[str, Any], set[str]]] = {  # what a row has -> the promises it breaks
    "nothing but its key": ({}, set()),
    "no account": ({"account": None}, {"account.present"}),
    "a known word": ({"kind": "a"}, set()),
    "an unknown word": ({"kind": "b"}, {"kind.allowed"}),
    "a share at its bounds": ({"share": 1.0}, set()),
    "a share above": ({"share": 1.000001}, {"share.range"}),
    "a share below": ({"share": -0.000001}, {"share.range"}),
    "a share that is no number": ({"share": math.nan}, {"share.range"}),
    "money at zero": ({"usd": 0.0}, set()),
    "negative money": ({"usd": -0.01}, {"usd.range"}),
    "endless money": ({"usd": math.inf}, {"usd.range"}),
    "money that is no number": ({"usd": math.nan}, {"usd.range"}),
    "a negative ratio": ({"ratio": -5.0}, set()),
    "an endless ratio": ({"ratio": -math.inf}, {"ratio.finite"}),
    "a ratio that is no number": ({"ratio": math.nan}, {"ratio.finite"}),
    "a negative count": ({"num": -1}, {"num.range"}),
    "just before as_of": ({"at": EARLY}, set()),
    "at as_of": ({"at": LATE}, {"at.before_as_of"}),
    "a reason": ({"why": ["because"]}, set()),
    "no reason in the list": ({"why": []}, {"why.filled"}),
    "evidence in time": ({"evidence": [item(EARLY), item(None)]}, set()),
    "one item of evidence too late": ({"evidence": [item(EARLY), item(LATE)]}, {"evidence.before_as_of"}),
    "two faults": ({"num": -1, "kind": "b"}, {"num.range", "kind.allowed"}),
}


def test_each_value_breaks_the_promises_it_should_and_no_others(spark: SparkSession) -> None:
    rows = [{"account": name} | row for name, (row, _) in CASES.items()]
    names = Odd.columns()
    frame = spark.createDataFrame([tuple((GOOD | row).get(n) for n in names) for row in rows], Odd.schema())
    subject = Subject(Odd, frame)
    counts = measured([subject], []).bad["odd"]
    asked = promises(Odd)
    assert counts.pop("rows") == len(CASES)
    assert counts == {p.name: sum(p.name in broken for _, broken in CASES.values()) for p in asked}
    for promise in (p for p in asked if p.holds and "account" not in p.columns):
        found = {row["account"] for row in bad_rows(subject, promise).collect()}
        assert found == {name for name, (_, broken) in CASES.items() if promise.name in broken}, promise.name


def test_a_key_that_stands_twice_is_counted_and_shown(spark: SparkSession) -> None:
    rows = [tuple((GOOD | {"account": a}).get(n) for n in Odd.columns()) for a in ("a", "b", "a", "c", "a")]
    subject = Subject(Odd, spark.createDataFrame(rows, Odd.schema()))
    assert measured([subject], []).bad["odd"][UNIQUE] == 2, "rows too many"
    (key,) = [p for p in promises(Odd) if p.name == UNIQUE]
    assert [row.asDict() for row in bad_rows(subject, key).collect()] == [{"account": "a", "rows": 3}]


@pytest.mark.parametrize("table", PUBLIC, ids=lambda t: str(t.table_name()))
def test_a_contract_promises_its_key_its_required_columns_and_its_words(table: type[Published]) -> None:
    names = [p.name for p in promises(table)]
    assert len(names) == len(set(names))
    assert names[0] == UNIQUE
    for field in table.fields():
        assert (f"{field.name}.present" in names) == field.required
        assert (f"{field.name}.allowed" in names) == bool(field.allowed)
        is_time = pa.types.is_timestamp(field.kind) and field.name != PerRun.as_of
        assert not is_time or f"{field.name}.before_as_of" in names
    assert {check.name for check in table.checks} <= set(names)
