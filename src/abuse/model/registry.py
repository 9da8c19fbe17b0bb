"""The scorers there are. A new one is one class and one line here."""

from __future__ import annotations

from collections.abc import Mapping

from abuse.errors import InputError
from abuse.model.boosted import BoostedTrees, CoordinationTrees
from abuse.model.isolation import Isolation
from abuse.model.logistic import Logistic
from abuse.model.rules import SizeAndFunder, TimeGap
from abuse.model.scorer import Scorer

REFERENCE = BoostedTrees.name
"""Every other scorer is compared with this one."""
SCORERS: Mapping[str, type[Scorer]] = {
    kind.name: kind for kind in (SizeAndFunder, TimeGap, Isolation, Logistic, BoostedTrees, CoordinationTrees)
}


def scorer_named(name: str) -> Scorer:
    """A fresh scorer, not yet fitted."""
    if name not in SCORERS:
        raise InputError("scorer", name, f"one of: {', '.join(SCORERS)}", "Name another.")
    return SCORERS[name]()
