"""What a source's counts say of a whole column: ids that lost digits, amounts in another unit. No row is believed."""

from __future__ import annotations

from typing import Any

from abuse.campaign import Source
from abuse.edge.counts import summed
from abuse.errors import InputError
from abuse.plurals import counted
from abuse.quality.causes import cause

MIN_ROWS = 10
"""Fewer small amounts may be chance."""
MOST_FRACTIONS = 0.05
"""Share of amounts with a fraction above which they are no slip of a row or two, however large the others are."""


def refuse(source: Source, counts: dict[str, Any]) -> None:
    """Raises InputError where the rows that look right cannot be right either."""
    where = f"source {source.name}"
    if lost := counts["quarantine_reasons"].get("lost_digits", 0):
        ids = counted(lost, "id has", "ids have")
        found = f"{ids} lost digits: a program took them for numbers and wrote them as 4.58E+17"
        fix = "Export the column as text; a spreadsheet must not have touched it."
        raise InputError(where, found, "ids with every digit", fix)
    if source.table == "transfers" and source.format == "transfers" and not source.unit:
        _refuse_coins(source, counts)


def _refuse_coins(source: Source, counts: dict[str, Any]) -> None:
    """Read as the smallest unit, every payment in coins would be dust and tie nobody."""
    amounts = counts["stored"] + counts["in_coins"]
    are_mostly_small = 2 * counts["small"] >= counts["stored"]
    are_fractions = counts["in_coins"] > 0 and (are_mostly_small or counts["in_coins"] > MOST_FRACTIONS * amounts)
    are_small = counts["stored"] >= MIN_ROWS and counts["small"] >= counts["stored"]
    if not (are_fractions or are_small):
        return
    fractions = counted(counts["in_coins"], "has a fraction", "have a fraction")
    why = fractions if are_fractions else "all of them are below 1,000,000"
    raise InputError(
        f"source {source.name}: amount_raw",
        f"amounts look like whole coins, not the smallest unit: of {amounts:,}, {why}",
        "whole numbers of the smallest unit, such as wei",
        'Multiply them by 10^decimals; or, if they are right, say `unit = "raw"` in the source.',
    )


def refuse_nobody(lists: list[dict[str, Any]], as_of: str, *, is_any_late: bool) -> None:
    """Raises InputError where nobody takes part that can be judged, with the cause that stands behind most rows."""
    reasons = summed([one["quarantine_reasons"] for one in lists])
    wanted = f"at least one action before {as_of}"
    if is_any_late or not reasons:
        raise InputError("participation", "every action is at or after as_of", wanted, "Give a later --as-of.")
    what, fix = cause(reasons)
    raise InputError("participation", f"nobody can be judged: {what}", "an account that takes part", fix)
