"""When members began and ended."""

from __future__ import annotations

import numpy as np

from abuse.steps.features import statistics as st
from abuse.steps.features.group import Group
from abuse.steps.features.members import MIN_TIMED, Z_95
from abuse.tables import ClusterFeatures as C


def timing(group: Group) -> dict[str, float]:
    began, ended = (st.known(group.seconds(name)) for name in ("first_at", "last_at"))
    precision_s = group.rows[0]["precision_s"]
    is_told = len(began) >= min(MIN_TIMED, len(group)) and 2 * len(began) >= len(group)
    between = np.sort(st.gaps(began)) if is_told else np.array([])
    start = group.rows[0]["campaign_start"]
    expected = group.aligned("time_expected")
    surprise = (group.aligned("time_partners") - expected) / np.sqrt(np.maximum(expected, 1.0))
    acts = np.array([at for own in group.acts for at, _ in own])
    hours = acts if len(acts) else began
    return {
        C.median_gap_s: st.median(between) + precision_s,
        C.median_gap_upper_s: median_upper(between) + precision_s,
        C.gap_cv: st.cv(between) if len(between) >= st.MIN_GAPS and not precision_s else st.UNKNOWN,
        C.gap_evenness: st.UNKNOWN if precision_s else st.evenness(between),
        C.begin_iqr_s: st.iqr(began),
        C.begin_span_s: float(np.ptp(began)) if len(began) else st.UNKNOWN,
        C.end_iqr_s: st.iqr(ended),
        C.begin_day: st.UNKNOWN if start is None else (st.median(began) - start / 1e6) / st.DAY_S,
        C.together_share: st.mean(group.numbers("time_partners")) / max(len(group) - 1, 1),
        C.together_surprise: st.mean(surprise),
        C.hour_concentration: st.UNKNOWN if precision_s else st.concentration(hours),
    }


def median_upper(between: st.Floats) -> float:
    """The order statistic of rank m/2 + z sqrt(m)/2 (Conover, Practical Nonparametric Statistics, 3.2)."""
    m = len(between)
    rank = int(np.ceil(m / 2 + Z_95 * np.sqrt(m) / 2 + 0.5))
    return float(between[rank - 1]) if rank <= m else st.UNKNOWN
