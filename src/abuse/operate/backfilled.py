"""What a backfill would do, what it did, and whether a run made again is the same: for a terminal or for machines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from abuse.operate.page import printable
from abuse.plurals import counted

Row = dict[str, Any]


def show_plan(planned: Sequence[Row], console: Console, *, again: bool, is_json: bool) -> None:
    """Each night, its state, and how many of them would be run."""
    if is_json:
        console.out(json.dumps(list(planned), indent=1), highlight=False)
        return
    table = Table("as of", "campaign", "state", "why", "compared again", box=None, pad_edge=False)
    for row in planned:
        table.add_row(
            _day(row["as_of"]), row["campaign_id"], row["state"], printable(row["why"]), _day(row["compares"])
        )
    console.print(table)
    num = sum(again or row["state"] != "done" for row in planned)
    console.print(f"{num} of {counted(len(planned), 'night')} would be run; nothing was.")


def show_end(ended: Sequence[Row], console: Console, *, is_json: bool) -> None:
    """How many nights ended how."""
    if is_json:
        console.out(json.dumps(list(ended), indent=1), highlight=False)
        return
    counts = Counter(row["status"] for row in ended)
    said = ", ".join(f"{counts[status]} {word}" for status, word in WORDS.items() if counts[status])
    console.print(f"{counted(len(ended), 'night')}: {said}.")


WORDS = {"published": "published", "left": "done before", "held": "held by a gate", "failed": "failed"}


def show_replay(run_id: str, same: Sequence[Row], console: Console, *, is_json: bool) -> None:
    """Of each table how many rows there are, and how many differ."""
    if is_json:
        console.out(json.dumps(list(same), indent=1), highlight=False)
        return
    table = Table("table", "published", "made again", "only published", "only made again", box=None, pad_edge=False)
    for row in same:
        numbers = (row["published"], row["again"], row["only_published"], row["only_again"])
        table.add_row(row["table"], *(f"{number:,}" for number in numbers))
    console.print(table)
    differing = [row["table"] for row in same if row["only_published"] or row["only_again"]]
    console.print(f"Run {run_id}: " + (f"differs in {', '.join(differing)}." if differing else "the same rows again."))


def _day(instant: str | None) -> str:
    return "" if instant is None else instant.removesuffix("+00:00").removesuffix("T00:00:00")
