"""Spark's event log -> what each step asked of Spark: jobs, SQL executions, the largest plan, seconds in tasks.

A step is found by its job group, which `abuse.night.run_step` sets. The format: Spark's JsonProtocol, one event a line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SQL = "org.apache.spark.sql.execution.ui.SparkListener"
OUTSIDE = "(outside)"
"""What is done between two steps."""


@dataclass
class Asked:
    """What one step asked of Spark."""

    jobs: int = 0
    executions: int = 0
    plan_chars: int = 0
    """of the largest physical plan as Spark prints it, before it is run"""
    plan_operators: int = 0
    """of the plan with most operators"""
    task_cpu_s: float = 0.0


def by_step(log: Path) -> dict[str, Asked]:
    """Every step of an event log, in the order in which they were first seen."""
    found: dict[str, Asked] = {}
    group_of_stage: dict[int, str] = {}
    for event in _events(log):
        match event["Event"]:
            case "SparkListenerJobStart":
                group = (event.get("Properties") or {}).get("spark.jobGroup.id") or OUTSIDE
                _of(found, group).jobs += 1
                group_of_stage |= dict.fromkeys(event["Stage IDs"], group)
            case "SparkListenerTaskEnd":
                metrics = event.get("Task Metrics") or {}
                group = group_of_stage.get(event["Stage ID"], OUTSIDE)
                _of(found, group).task_cpu_s += metrics.get("Executor CPU Time", 0) / 1e9
            case kind if kind == f"{SQL}SQLExecutionStart":
                _execution(_of(found, event.get("jobGroupId") or OUTSIDE), event)
    return found


def total(steps: Iterable[Asked]) -> Asked:
    """All steps together: sums, and the largest plan of all."""
    every = list(steps)
    return Asked(
        sum(s.jobs for s in every),
        sum(s.executions for s in every),
        max((s.plan_chars for s in every), default=0),
        max((s.plan_operators for s in every), default=0),
        sum(s.task_cpu_s for s in every),
    )


def _execution(asked: Asked, event: dict[str, Any]) -> None:
    asked.executions += 1
    asked.plan_chars = max(asked.plan_chars, len(event.get("physicalPlanDescription") or ""))
    asked.plan_operators = max(asked.plan_operators, _operators(event.get("sparkPlanInfo") or {}))


def _operators(plan: dict[str, Any]) -> int:
    """Nodes of a plan; walked without recursion, since plans have been thousands deep."""
    count, left = 0, [plan]
    while left:
        node = left.pop()
        count += 1
        left.extend(node.get("children") or [])
    return count


def _of(found: dict[str, Asked], group: str) -> Asked:
    return found.setdefault(group, Asked())


def _events(log: Path) -> Iterator[dict[str, Any]]:
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
