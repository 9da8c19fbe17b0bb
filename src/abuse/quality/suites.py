"""Figures of a stage -> what a Great Expectations suite says of each.

A suite looks at one row of figures, counted by us in one pass over each table; `poe bench lake` says what the same
expectations on the tables themselves would cost.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from abuse.errors import first_line

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


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
    log = logging.getLogger("great_expectations")
    log.propagate = False
    log.handlers = [logging.NullHandler()]  # what matters of it is in its answers
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
        return dict.fromkeys(row, Answer(passed=False, crashed=first_line(why))), {}
    said = {r.expectation_config.kwargs["column"]: _answer(r) for r in found.results}
    validation = found.to_json_dict()
    for one in validation["results"]:  # BOOLEAN_ONLY leaves out what was observed, and we know it
        one["result"]["observed_value"] = row.get(one["expectation_config"]["kwargs"]["column"])
    return unasked | {name: answer for name, answer in said.items() if name in row}, validation


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
