"""What speaks for one hidden hand: features that say how members depend on one another, and which way each points.

Feature -> +1 where more of it, -1 where less of it is more coordination. All others are left out on purpose: how large
a group is, how long its campaign ran or how busy its members are tells kinds of simulated groups apart, not farms.
"""

from __future__ import annotations

from collections.abc import Mapping

from abuse.model.rows import FeatureList
from abuse.tables import ClusterFeatures as Of

LESS = (
    *(
        Of.median_gap_s,
        Of.median_gap_upper_s,
        Of.gap_cv,
        Of.gap_evenness,
        Of.begin_iqr_s,
        Of.begin_span_s,
        Of.end_iqr_s,
    ),
    *(Of.actions_cv, Of.volume_cv, Of.pause_spread, Of.span_cv, Of.step_lag_spread, Of.calls_cv, Of.outside_cv),
    *(Of.tip_cv, Of.prior_cv, Of.funder_entropy, Of.funding_iqr_s, Of.funding_gap_s, Of.funding_gap_cv),
    *(Of.funding_gap_evenness, Of.funding_cv, Of.wait_cv, Of.sink_entropy, Of.sink_iqr_s, Of.sink_gap_cv, Of.sink_cv),
)
MORE = (
    *(Of.together_share, Of.together_surprise, Of.hour_concentration, Of.volume_mode_share, Of.same_tasks_share),
    *(Of.same_order_share, Of.task_overlap, Of.order_overlap, Of.same_selectors_share, Of.selector_overlap),
    *(Of.tip_mode_share, Of.same_funder_share, Of.same_origin_share, Of.one_payment_share, Of.member_funded_share),
    *(Of.funding_mode_share, Of.funding_digits_share, Of.order_agreement, Of.same_sink_share, Of.sink_member_share),
    *(Of.sink_order_agreement, Of.money_share, Of.sink_share, Of.sequence_share),
)
DIRECTIONS: Mapping[str, int] = dict.fromkeys(LESS, -1) | dict.fromkeys(MORE, 1)


def directions(features: FeatureList) -> list[int]:
    """Of each feature in order; 0 for one that is left out."""
    return [DIRECTIONS.get(name, 0) for name in features.names]
