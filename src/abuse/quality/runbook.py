"""What to do about a closed gate: the lines of RUNBOOK.md, which people read and `abuse gates` prints."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

LINE = re.compile(r"^\| `(?P<gate>\w+)[^`]*` \| (?P<means>.+?) \| (?P<look>.+?) \| (?P<do>.+?) \|$", re.MULTILINE)


class Advice(NamedTuple):
    """One line of the runbook."""

    means: str
    look: str
    do: str


@cache
def runbook() -> dict[str, Advice]:
    """Gate, without the source or table it speaks of -> what it means, what to look at, what to do."""
    text = files("abuse.quality").joinpath("RUNBOOK.md").read_text(encoding="utf-8")
    return {found["gate"]: Advice(found["means"], found["look"], found["do"]) for found in LINE.finditer(text)}


def advice(gate: str) -> Advice | None:
    return runbook().get(gate.partition(":")[0])
