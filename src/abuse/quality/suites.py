"""Figures of a stage -> what a Great Expectations suite says of each; bad rows -> the first of them. The only place
that knows Great Expectations.

A suite looks at one row of figures, counted by us in one pass over each table: the same expectations on the tables
themselves took `poe bench lake` many times as long. Only what failed is looked at row by row, and only its first rows.
"""

from __future__ import annotations

import json
import logging
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

LONGEST = 200
"""Characters shown of a value."""
FIRST = 20
"""Bad rows shown of a broken promise; enough to see what is wrong, few enough for any table."""


@dataclass(frozen=True, slots=True)
class Line:
    """One expectation: the figure lies within these bounds, both included."""

    figure: str
    gate: str
    says: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Answer:
    """`crashed` says why there is none; then it has not passed."""

    passed: bool
    crashed: str = ""


@contextmanager
def great_expectations() -> Iterator[Any]:
    """The library, without telemetry, progress bars, logs or warnings."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when it is imported
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx

        yield gx


def suite(name: str, lines: Iterable[Line]) -> Any:
    """One expectation for each line."""
    with great_expectations() as gx:
        return gx.ExpectationSuite(
            name=name,
            expectations=[
                gx.expectations.ExpectColumnMaxToBeBetween(
                    column=line.figure,
                    min_value=line.low,
                    max_value=line.high,
                    description=line.says,
                    meta={"gate": line.gate},
                )
                for line in lines
            ],
        )


def answers(
    spark: SparkSession, stage: str, lines: list[Line], figures: Mapping[str, float | None]
) -> tuple[dict[str, Answer], dict[str, Any]]:
    """Figure -> whether it is as expected, BOOLEAN_ONLY; and the validation as JSON, for `write_docs`."""
    row = {line.figure: None if (value := figures.get(line.figure)) is None else float(value) for line in lines}
    frame = spark.createDataFrame([tuple(row.values())], ", ".join(f"`{name}` double" for name in row))
    unasked = dict.fromkeys(row, Answer(passed=False, crashed="no answer"))
    try:
        found = _validated(stage, frame, suite(stage, lines), "BOOLEAN_ONLY")
    except Exception as why:  # whatever it is, a gate that cannot be asked is closed
        return dict.fromkeys(row, Answer(passed=False, crashed=_said(why))), {}
    said = {r.expectation_config.kwargs["column"]: _answer(r) for r in found.results}
    validation = found.to_json_dict()
    for one in validation["results"]:  # BOOLEAN_ONLY leaves out what was observed, and we know it
        one["result"]["observed_value"] = row[one["expectation_config"]["kwargs"]["column"]]
    return unasked | said, validation


def first_rows(bad: DataFrame) -> list[dict[str, Any]]:
    """The first bad rows in the order of their columns, as JSON-ready data."""
    names = ", ".join(f"`{name}`" for name in bad.columns)
    with great_expectations() as gx:
        query = f"SELECT {names} FROM {{batch}} ORDER BY {names} LIMIT {FIRST}"  # noqa: S608 -- our own columns
        looked = gx.expectations.UnexpectedRowsExpectation(unexpected_rows_query=query)
        only = gx.ExpectationSuite(name="first rows", expectations=[looked])
    found = _validated("first rows", bad, only, "SUMMARY").results[0]
    if crashed := _raised(found.exception_info or {}):
        return [{"not_shown": crashed}]
    rows = found.result.get("details", {}).get("unexpected_rows", [])
    return [{name: _short(value) for name, value in row.items()} for row in rows[:FIRST]]


def _short(value: Any) -> Any:
    """A value as JSON has it; what is longer than a line is cut, since a row may hold any text."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    text = str(value) if isinstance(value, (date, datetime)) else text
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _validated(name: str, frame: DataFrame, asked: Any, result_format: str) -> Any:
    with great_expectations() as gx:
        context = context_of(gx)
        asset = context.data_sources.add_spark("night", persist=False).add_dataframe_asset(name)
        batch = asset.add_batch_definition_whole_dataframe("whole")
        suite_ = context.suites.add(asked)
        definition = gx.ValidationDefinition(name=name, data=batch, suite=suite_)
        return context.validation_definitions.add(definition).run(
            batch_parameters={"dataframe": frame}, result_format=result_format
        )


def context_of(gx: Any) -> Any:
    """A context of its own, in memory; nothing is read from this machine or written to it."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return context


def _answer(result: Any) -> Answer:
    crashed = _raised(result.exception_info or {})
    return Answer(passed=bool(result.success) and not crashed, crashed=crashed)


def _raised(info: Mapping[str, Any]) -> str:
    """Why an expectation crashed. It is said at the top or nested by metric, and success may stand beside it."""
    for one in (info, *(nested for nested in info.values() if isinstance(nested, Mapping))):
        if one.get("raised_exception"):
            return str(one.get("exception_message") or "no reason given").splitlines()[0][:200]
    return ""


def _said(why: Exception) -> str:
    return f"{type(why).__name__}: {(str(why).splitlines() or [''])[0][:200]}"
