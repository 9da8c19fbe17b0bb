"""How members hang together."""

from __future__ import annotations

from abuse.steps.features import statistics as st
from abuse.steps.features.group import Group
from abuse.tables import ClusterFeatures as C


def structure(group: Group) -> dict[str, float]:
    n = len(group)
    ties = group.numbers("num_neighbours")
    return {
        C.size: float(n),
        C.density: ties.sum() / (n * (n - 1)) if n > 1 else st.UNKNOWN,
        C.star_index: ties.max() / (n - 1) if n > 1 else st.UNKNOWN,
        C.leaf_share: float((ties == 1).mean()),
        C.money_share: float((group.numbers("money_partners") > 0).mean()),
        C.sink_share: float((group.numbers("sink_partners") > 0).mean()),
        C.sequence_share: float((group.numbers("sequence_partners") > 0).mean()),
    }
