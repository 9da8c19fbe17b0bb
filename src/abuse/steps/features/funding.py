"""Where members' first coins came from."""

from __future__ import annotations

from collections import Counter

import numpy as np

from abuse.steps.features import statistics as st
from abuse.steps.features.group import Group
from abuse.tables import ClusterFeatures as C


def funding(group: Group) -> dict[str, float]:
    known = [row for row in group.rows if row["funder"] is not None]
    if not known:
        return {}  # of pair-only sources nothing is known, and unknown is not 0
    n = len(known)
    own = [row["funder"] for row in known if not row["funder_serves"]]
    services = [row["funder"] for row in known if row["funder_serves"]]
    payments = Counter(row["funding_tx"] for row in known)
    return {
        C.known_funder_share: n / len(group),
        C.same_funder_share: st.mode(own)[1] / n,
        C.same_service_share: st.mode(services)[1] / n,
        C.service_share: len(services) / n,
        C.member_funded_share: sum(funder in group.addresses for funder in own) / n,
        C.funder_entropy: st.entropy([row["funder"] for row in known]),
        C.same_origin_share: st.mode_share([row["origin"] for row in known]),
        C.trail_hops: st.mean(group.numbers("hops")),
        C.one_payment_share: sum(count for count in payments.values() if count > 1) / n,
        **when(group),
        **how_much(group),
    }


def when(group: Group) -> dict[str, float]:
    paid, began = group.seconds("funded_at"), group.seconds("first_at")
    known = paid[~np.isnan(paid)]
    between = st.gaps(known)
    waits = st.known(began - paid)
    return {
        C.funding_iqr_s: st.iqr(known),
        C.funding_gap_s: st.median(between),
        C.funding_gap_cv: st.cv(between) if len(between) >= st.MIN_GAPS else st.UNKNOWN,
        C.funding_gap_evenness: st.evenness(between),
        C.wait_s: st.median(waits),
        C.wait_cv: st.cv(waits),
        C.order_agreement: st.agreement(paid, began),
    }


def how_much(group: Group) -> dict[str, float]:
    amounts = group.numbers("funding_amount")
    return {
        C.funding_cv: st.cv(amounts),
        C.funding_mode_share: st.mode_share([f"{amount:.2e}" for amount in amounts]),
        C.funding_digits_share: st.mode_share([digits(amount) for amount in amounts]),
    }


def digits(amount: float) -> int:
    """Significant digits of an amount as a person writes it, to nine decimals."""
    return len(f"{amount:.9f}".replace(".", "").strip("0"))
