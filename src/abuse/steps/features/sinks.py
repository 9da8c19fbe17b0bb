"""Where members' coins went after the reward."""

from __future__ import annotations

import numpy as np

from abuse.steps.features import statistics as st
from abuse.steps.features.group import Group
from abuse.tables import ClusterFeatures as C


def sinks(group: Group) -> dict[str, float]:
    sunk = group.column("sink")
    if not group.column("funder") and not sunk:
        return {}  # nothing is known of their money: that is not the same as nobody moving any
    own = [row["sink"] for row in group.rows if row["sink"] is not None and not row["sink_serves"]]
    left, ended = group.seconds("sunk_at"), group.seconds("last_at")
    known = left[~np.isnan(left)]
    between = st.gaps(known)
    return {
        C.swept_share: len(sunk) / len(group),
        C.same_sink_share: st.mode(own)[1] / len(group),
        C.sink_entropy: st.entropy(sunk),
        C.sink_member_share: sum(sink in group.addresses for sink in own) / len(group),
        C.sink_iqr_s: st.iqr(known),
        C.sink_gap_cv: st.cv(between) if len(between) >= st.MIN_GAPS else st.UNKNOWN,
        C.sink_wait_s: st.median(st.known(left - ended)),
        C.sink_cv: st.cv(group.numbers("sink_amount")),
        C.sink_order_agreement: st.agreement(group.seconds("first_at"), left),
    }
