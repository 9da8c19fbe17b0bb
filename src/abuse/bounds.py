"""What a number of the settings may be, said beside it as its type, and checked when a section is made.

A number without bounds is a fault that a test finds. Neither infinity nor NaN is ever within any.
"""

from __future__ import annotations

import typing
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

MOST = 1_000_000_000
"""More of anything counted than a run could hold; within Spark's whole numbers too."""
CENTURY_S = 100 * 365.25 * 86_400.0
"""No time that is waited for or compared is longer, seconds."""


@dataclass(frozen=True, slots=True)
class Within:
    """From `low` to `high`, both included unless `low` itself is too little."""

    low: float
    high: float
    above: bool = False
    """Whether the number must be more than `low`."""

    def holds(self, value: float) -> bool:
        """NaN is neither more nor less than anything, so it never holds."""
        return (self.low < value if self.above else self.low <= value) and value <= self.high

    @property
    def words(self) -> str:
        """What an error says was wanted."""
        if self.above:
            return f"more than {self.low:,g}, at most {_plain(self.high)}"
        if self.high >= MOST:
            return f"{_plain(self.low)} or more, at most {_plain(self.high)}"
        return f"{_plain(self.low)} to {_plain(self.high)}"


Share = Annotated[float, Within(0, 1)]
"""Of a whole; 0 and 1 mean none and all."""
SomeShare = Annotated[float, Within(0, 1, above=True)]
"""Of a whole, where none of it would ask nothing."""
Seconds = Annotated[float, Within(0, CENTURY_S, above=True)]
SecondsOrNone = Annotated[float, Within(0, CENTURY_S)]
"""Seconds, where 0 means at once."""
Count = Annotated[int, Within(1, MOST)]
CountOrNone = Annotated[int, Within(0, MOST)]
"""A number of things, where 0 means none."""
Several = Annotated[int, Within(2, MOST)]
"""A number of things that one alone cannot be."""
Amount = Annotated[float, Within(0, MOST, above=True)]
"""Of coins or dollars, where 0 would let everything pass."""
AmountOrNone = Annotated[float, Within(0, MOST)]
"""Of coins or dollars, where 0 means unknown or none."""


def require(name: str, value: object, wanted: str, *, holds: bool) -> None:
    """Used by __post_init__; the TOML reader turns it into an error naming file and key."""
    if not holds:
        raise ValueError(name, value, wanted)


def require_bounds(section: Any) -> None:
    """The same of every number of a section that says what it may be."""
    cls: Any = type(section)
    for name, within, is_list in _bounded(cls):
        value = getattr(section, name)
        for one in value if is_list else (value,):
            require(name, one, within.words, holds=within.holds(one))


@cache
def _bounded(cls: type) -> tuple[tuple[str, Within, bool], ...]:
    """Field, its bounds, and whether it is a list of such numbers."""
    hints = typing.get_type_hints(cls, include_extras=True).items()
    found = ((name, within_of(hint), typing.get_origin(hint) is tuple) for name, hint in hints)
    return tuple((name, within, is_list) for name, within, is_list in found if within is not None)


def within_of(hint: Any) -> Within | None:
    """The bounds in a type, or in that of a list's items."""
    if typing.get_origin(hint) is tuple:
        return within_of(typing.get_args(hint)[0])
    return next((one for one in getattr(hint, "__metadata__", ()) if isinstance(one, Within)), None)


def _plain(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,g}"
