"""When members began and ended."""

from __future__ import annotations

import numpy as np

from abuse.steps.features import statistics as st
from abuse.steps.features.group import Group
from abuse.steps.features.members import Z_95
from abuse.tables import ClusterFeatures as C


def timing(group: Group) -> dict[str, float]:
    began, ended = group.seconds("first_at"), group.seconds("last_at")
    between = np.sort(st.gaps(began))
    expected = group.aligned("time_expected")
    surprise = (group.aligned("time_partners") - expected) / np.sqrt(np.maximum(expected, 1.0))
    acts = np.array([at for own in group.acts for at, _ in own])
    return {
        C.median_gap_s: st.median(between),
        C.median_gap_upper_s: median_upper(between),
        C.gap_cv: st.cv(between) if len(between) >= st.MIN_GAPS else st.UNKNOWN,
        C.gap_evenness: st.evenness(between),
        C.begin_iqr_s: st.iqr(began),
        C.begin_span_s: float(np.ptp(began)),
        C.end_iqr_s: st.iqr(ended),
        C.begin_day: (st.median(began) - group.rows[0]["campaign_start"] / 1e6) / st.DAY_S,
        C.together_share: st.mean(group.numbers("time_partners")) / max(len(group) - 1, 1),
        C.together_surprise: st.mean(surprise),
        C.hour_concentration: st.concentration(acts if len(acts) else began),
    }


def median_upper(between: st.Floats) -> float:
    """The order statistic of rank m/2 + z sqrt(m)/2 (Conover, Practical Nonparametric Statistics, 3.2)."""
    m = len(between)
    rank = int(np.ceil(m / 2 + Z_95 * np.sqrt(m) / 2 + 0.5))
    return float(between[rank - 1]) if rank <= m else st.UNKNOWN
