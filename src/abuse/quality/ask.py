"""A stage's tables, rules and figures -> its gates: counted by us, judged by a Great Expectations suite, fail closed.

Two phases. Every promise is asked first for a yes or no; only of those that are broken are the first rows looked at.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from abuse.plurals import counted
from abuse.promises import Promise
from abuse.quality.gates import Gate
from abuse.quality.measure import ROWS, Counts, Rule, Subject, asked_of, bad_rows, first_rows, measured
from abuse.quality.suites import Answer, Line, answers

LOOKED_AT = 5
"""Broken promises of one gate whose rows are looked at, each a pass over the table; the others are only counted."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The gates of a stage, and the suite's validation as JSON."""

    gates: list[Gate]
    validation: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stage:
    """What is asked at one time; `figures` are gates already computed, which the suite judges too."""

    name: str
    subjects: Sequence[Subject]
    rules: Sequence[Rule]
    figures: Sequence[Gate]


def lines(stage: Stage) -> list[Line]:
    """An expectation for every figure gate, every promise of every contract, every rule."""
    of_figures = [
        Line(_figure(g.gate), g.gate, g.message, g.within.low, g.within.high) for g in stage.figures if g.within
    ]
    promised = [
        Line(_figure(p.table, p.name), p.gate, f"{p.table}: {p.says}", 0, 0)
        for subject in stage.subjects
        for p in asked_of(subject.table)
    ]
    return [*of_figures, *promised, *(Line(_figure(r.gate), r.gate, f"no {r.says}", 0, 0) for r in stage.rules)]


def ask(spark: SparkSession, stage: Stage) -> Asked:
    """Every gate of the stage, in the order of figures, tables and rules."""
    counts = measured(stage.subjects, stage.rules)
    figures: dict[str, float | None] = {_figure(g.gate): g.within.measured for g in stage.figures if g.within}
    figures |= {_figure(name, promise): value for name, bad in counts.bad.items() for promise, value in bad.items()}
    said, validation = answers(spark, stage.name, lines(stage), figures)
    gates = [_judged(gate, said[_figure(gate.gate)]) for gate in stage.figures]
    gates += [_contract_gate(stage.name, subject, counts, said) for subject in stage.subjects]
    gates += [_rule_gate(stage.name, rule, counts, said) for rule in stage.rules]
    return Asked(gates, validation)


def _figure(name: str, promise: str = "") -> str:
    """Its column in the row of figures. Spark reads a dot or a backtick in a name as its own."""
    return "·".join(filter(None, (name, promise))).replace(".", "·").replace("`", "'")


def _judged(gate: Gate, answer: Answer) -> Gate:
    """Passed only when the suite says so too."""
    if answer.crashed:
        return replace(gate, passed=False, message=f"could not be asked ({answer.crashed}); {gate.message}")
    return replace(gate, passed=gate.passed and answer.passed)


def _contract_gate(stage: str, subject: Subject, counts: Counts, said: dict[str, Answer]) -> Gate:
    """Whether every row of a table keeps its contract."""
    name, asked = subject.table.table_name(), asked_of(subject.table)
    bad = counts.bad[name]
    by_promise = {p: said[_figure(name, p.name)] for p in asked}
    broken = [p for p, answer in by_promise.items() if not answer.passed]
    wrong = sum(bad.get(p.name) or 0 for p in broken)
    if not broken:
        rows = counted(bad[ROWS] or 0, f"row of {name} keeps", f"rows of {name} keep")
        message = f"{rows} all {counted(len(asked), 'promise')} of its contract"
        return Gate(f"contract:{name}", stage, True, 0.0, 0.0, message)
    lost = [_lost(p, bad.get(p.name), by_promise[p], counts.crashed.get(name, "")) for p in broken]
    detail = _detail([(p.name, bad_rows(subject, p)) for p in broken if bad.get(p.name)])
    return Gate(f"contract:{name}", stage, False, float(wrong), 0.0, f"{name}: {'; '.join(lost)}", detail)


def _lost(promise: Promise, rows: int | None, answer: Answer, crashed: str) -> str:
    """A broken promise in words."""
    if rows is None or answer.crashed:
        return f"{promise.says}: could not be asked ({crashed or answer.crashed})"
    return f"{counted(rows, 'row breaks', 'rows break')} `{promise.name}` ({promise.says})"


def _rule_gate(stage: str, rule: Rule, counts: Counts, said: dict[str, Answer]) -> Gate:
    value, answer = counts.bad[rule.gate][""], said[_figure(rule.gate)]
    why = counts.crashed.get(rule.gate) or answer.crashed
    if value is None or answer.crashed:
        return Gate(rule.gate, stage, False, 0.0, 0.0, f"could not be asked ({why}): {rule.says}")
    detail = None if answer.passed else _detail([(rule.gate, rule.bad)])
    return Gate(rule.gate, stage, answer.passed, float(value), 0.0, f"{rule.says}: {value:,}; none is let pass", detail)


def _detail(broken: list[tuple[str, DataFrame]]) -> str | None:
    """The first bad rows of the first broken promises, as JSON."""
    found: list[dict[str, Any]] = []
    for name, rows in broken[:LOOKED_AT]:
        try:
            shown = first_rows(rows)
        except Exception as why:  # the gate is closed already; what is shown is a help
            shown = [{"not_shown": type(why).__name__}]
        found += [{"promise": name} | row for row in shown]
    return json.dumps(found, ensure_ascii=False) if found else None
