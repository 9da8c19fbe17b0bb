"""What people decided -> how often they agreed when the machine put somebody out: an estimate of its precision.

People choose where they look, so it is no sample: where they look at doubts first, it is too low.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

from abuse.console.read.now import Stand
from abuse.words import LENIENT

Z = 1.645
"""Of a one-sided bound of 95 %."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """Accounts that the machine put out and that people decided on."""

    num: int
    num_stayed: int
    num_clusters: int
    least: float
    """Precision that holds with 95 % confidence, counted by clusters: members of one are not looked at one by one. A
    cluster of which anybody was let off counts as wrong."""

    @property
    def share(self) -> float:
        return self.num_stayed / self.num


def agreed(stands: Iterable[Stand]) -> Agreed | None:
    """None where people decided on nobody that the machine put out. A hold decides nothing."""
    clusters: dict[str, list[bool]] = defaultdict(list)
    for one in stands:
        if one.machine == "disqualified" and (one.action == "confirm" or one.action in LENIENT):
            clusters[one.cluster_id or one.account].append(one.action == "confirm")
    if not clusters:
        return None
    stayed = [is_out for found in clusters.values() for is_out in found]
    right = sum(all(found) for found in clusters.values())
    return Agreed(len(stayed), sum(stayed), len(clusters), wilson(right, len(clusters)))


def wilson(num: int, of: int) -> float:
    """Lower end of Wilson's score interval (1927) of a share; it holds for few, too."""
    share = num / of
    centre, half = share + Z * Z / (2 * of), Z * sqrt(share * (1 - share) / of + Z * Z / (4 * of * of))
    return max(0.0, (centre - half) / (1 + Z * Z / of))
