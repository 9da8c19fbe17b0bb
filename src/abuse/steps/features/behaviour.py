"""What members did in the campaign, and on the chain beside it."""

from __future__ import annotations

from typing import Any

import numpy as np

from abuse.steps.features import statistics as st
from abuse.steps.features.group import Group
from abuse.tables import ClusterFeatures as C

MIN_AT_STEP = 3


def behaviour(group: Group) -> dict[str, float]:
    return campaign(group) | chain(group)


def campaign(group: Group) -> dict[str, float]:
    """Of the campaign's actions. Their names are unknown where the source sums them up."""
    told = [own for own in ([word for word in own if word] for own in group.words) if own]
    ordered = [own for own in ([word for _, word in own if word] for own in group.acts) if own]
    own_times = [np.array([at for at, _ in own]) for own in group.acts]
    pauses = np.concatenate([np.diff(own) for own in own_times]) if own_times else np.array([])
    volumes = group.numbers("volume_usd")
    actions = group.numbers("num_actions")
    return {
        C.actions_mean: st.mean(actions),
        C.actions_cv: st.cv(actions),
        C.volume_cv: st.cv(volumes),
        C.volume_mode_share: st.mode_share([f"{usd:.1e}" for usd in volumes]),
        C.num_words: float(len({word for own in told for word in own})) if told else st.UNKNOWN,
        C.same_tasks_share: st.mode_share([tuple(sorted(own)) for own in told]),
        C.same_order_share: st.mode_share([tuple(own) for own in ordered]),
        C.task_overlap: st.overlap(told),
        C.order_overlap: st.overlap([st.steps(own) for own in ordered]),
        C.pause_s: st.median(pauses),
        C.pause_spread: st.log_spread(pauses),
        C.span_cv: st.cv(np.array([own[-1] - own[0] for own in own_times if len(own) > 1])),
        C.step_lag_spread: step_lag_spread(own_times),
    }


def step_lag_spread(own_times: list[st.Floats]) -> float:
    """Mean over steps of how the members' logarithms of the time since their own first action spread."""
    deepest = max((len(own) for own in own_times), default=0)
    spreads = []
    for step in range(1, deepest):
        elapsed = np.array([own[step] - own[0] for own in own_times if len(own) > step])
        if len(elapsed) < MIN_AT_STEP:
            break
        spreads.append(st.log_spread(elapsed))
    return float(np.mean(spreads)) if spreads else st.UNKNOWN


def chain(group: Group) -> dict[str, float]:
    """Of the transactions they signed. Members without any known are left out: unknown is not idle."""
    seen = [(row["first_at"], own) for row, own in zip(group.rows, group.calls, strict=True) if own]
    timed = [(first, own) for first, own in seen if first is not None]
    calls = [call for _, own in seen for call in own]
    selectors = [{call["selector"] or "" for call in own} for _, own in seen]
    outside = np.array([sum(not call["is_act"] for call in own) for _, own in seen], dtype=np.float64)
    prior = np.array([sum(call["at"] < first for call in own) for first, own in timed], dtype=np.float64)
    return {
        C.calls_mean: st.mean(np.array([float(len(own)) for _, own in seen])),
        C.calls_cv: st.cv(np.array([float(len(own)) for _, own in seen])),
        C.num_selectors: float(len(set().union(*selectors))) if seen else st.UNKNOWN,
        C.same_selectors_share: st.mode_share([tuple(sorted(own)) for own in selectors]),
        C.selector_overlap: st.overlap(selectors),
        C.outside_share: outside.sum() / len(calls) if calls else st.UNKNOWN,
        C.outside_cv: st.cv(outside),
        C.failed_share: share_of(calls, "is_ok", False),
        **tips(seen, calls),
        C.prior_calls: st.median(prior),
        C.prior_cv: st.cv(prior),
    }


def tips(seen: list[tuple[int | None, list[dict[str, Any]]]], calls: list[dict[str, Any]]) -> dict[str, float]:
    usual = [st.median(st.known(call["tip_wei"] for call in own)) for _, own in seen]
    every = [call["tip_wei"] for call in calls if call["tip_wei"] is not None]
    return {C.tip_mode_share: st.mode_share(every), C.tip_cv: st.cv(st.known(usual))}


def share_of(calls: list[dict[str, Any]], name: str, value: object) -> float:
    """Of the calls that have it."""
    known = [call[name] for call in calls if call[name] is not None]
    return sum(found == value for found in known) / len(known) if known else st.UNKNOWN
