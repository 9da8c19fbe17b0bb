"""Figures of a run -> gate answers. A gate that cannot be computed fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from abuse.plurals import counted
from abuse.settings import Settings

MOVES = ("transfers", "transactions", "token_transfers", "traces")
"""Tables of sources that say what moved."""


class Within(NamedTuple):
    """What was measured, and the bounds it must keep, both included."""

    low: float
    measured: float
    high: float

    @property
    def holds(self) -> bool:
        return self.low <= self.measured <= self.high


@dataclass(frozen=True, slots=True)
class Gate:
    """One answer; `stage` says when it was asked, `detail` the first rows that close it, as JSON."""

    gate: str
    stage: str
    passed: bool
    value: float
    limit: float
    message: str
    detail: str | None = None
    within: Within | None = None
    """The figure unrounded, for the suite to judge too."""

    def row(self) -> dict[str, Any]:
        """What is stored of it."""
        names = ("gate", "stage", "passed", "value", "limit", "message", "detail")
        return {name: getattr(self, name) for name in names}


def figure_gate(gate: str, stage: str, within: Within, limit: float, message: str) -> Gate:
    return Gate(gate, stage, within.holds, round(within.measured, 4), limit, message, within=within)


def input_gates(sources: list[Mapping[str, Any]], settings: Settings) -> list[Gate]:
    """Of every source the share of its rows in quarantine; of those that say what moved, that they have any."""
    limit = settings.ingest.max_quarantine_share
    gates = []
    for source in sources:
        rows, bad = int(source["rows_in"]), int(source["quarantined"])
        share = bad / rows if rows else 0.0
        name = f"quarantine_share:{source['source']}"
        message = (
            f"{bad} of {rows} rows of {source['source']} in quarantine ({share:.1%}); up to {limit:.0%} is let pass"
        )
        if why := source.get("why_quarantined"):
            message = f"{message}. Most often {why}"
        gates.append(figure_gate(name, "inputs", Within(0, share, limit), limit, message))
        if source.get("table") in MOVES:  # an export that failed: nobody would be tied, and nobody out
            name = f"empty_source:{source['source']}"
            message = f"{counted(rows, 'row')} in {source['source']}; at least one is due"
            gates.append(figure_gate(name, "inputs", Within(1, rows, max(rows, 1)), 1.0, message))
    return gates


def cluster_gates(figures: Mapping[str, Any], settings: Settings) -> list[Gate]:
    """The largest cluster: a missed hub shows here first. A small one may be all there is."""
    policy = settings.policy
    largest, participants = int(figures["largest"]), int(figures["participants"])
    share, small = (n / participants if participants else 0.0 for n in (largest, policy.small_component))
    within = Within(0, share, max(policy.max_component_share, small))
    message = (
        f"the largest cluster has {largest} of {participants} participants ({share:.1%}); "
        f"up to {policy.max_component_share:.0%} or {policy.small_component} accounts is let pass"
    )
    return [figure_gate("largest_cluster_share", "clusters", within, policy.max_component_share, message)]


def output_gates(figures: Mapping[str, Any], settings: Settings) -> list[Gate]:
    """What a publication must keep: one row for each participant, evidence for each disqualified, a share in band."""
    policy = settings.policy
    participants = int(figures["participants"])
    share = int(figures["flagged"]) / participants if participants else 0.0
    within = Within(policy.min_flagged_share, share, policy.max_flagged_share)
    band = f"{policy.min_flagged_share:.0%} to {policy.max_flagged_share:.0%}"
    message = f"{share:.1%} of the participants flagged (disqualified or in review); the campaign's band is {band}"
    gates = [figure_gate("flagged_share", "outputs", within, policy.max_flagged_share, message)]
    for name, sentence in MUST_BE_ZERO.items():
        value = int(figures[name])
        message = f"{sentence}: {value:,}; none is let pass"
        gates.append(figure_gate(name, "outputs", Within(0, value, 0), 0.0, message))
    return gates


def drift_gates(figures: Mapping[str, Any], settings: Settings) -> list[Gate]:
    """How far scores moved since the publication before: a model or an export that went wrong moves many."""
    policy, scored = settings.policy, int(figures["scored_before"])
    if scored < policy.min_scored_before:
        moved = 0.0
        message = f"fewer than {policy.min_scored_before} accounts were scored by a publication before; not compared"
    else:
        moved = float(figures["moved"])
        message = (
            f"scores of the {counted(scored, 'account')} that the publication before had scored moved by {moved:.3f} "
            f"on average, no score counted as 0; up to {policy.max_score_drift:g} is let pass"
        )
    within = Within(0, moved, policy.max_score_drift)
    return [figure_gate("score_drift", "outputs", within, policy.max_score_drift, message)]


MUST_BE_ZERO = {
    "undecided": "participants without exactly one decision",
    "without_reasons": "decisions without a reason",
    "too_little_evidence": "accounts the machine disqualified on fewer kinds of evidence than the policy asks",
    "without_evidence": "accounts the machine disqualified without a movement or act to show for it",
}
