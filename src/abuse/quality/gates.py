"""Figures of a run -> gate answers. A gate that cannot be computed fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from abuse.settings import Settings


@dataclass(frozen=True, slots=True)
class Gate:
    """One answer; `stage` says when it was asked."""

    gate: str
    stage: str
    passed: bool
    value: float
    limit: float
    message: str

    def row(self) -> dict[str, Any]:
        return asdict(self)


def input_gates(sources: list[Mapping[str, Any]], settings: Settings) -> list[Gate]:
    """One per source: the share of its rows in quarantine."""
    limit = settings.ingest.max_quarantine_share
    gates = []
    for source in sources:
        rows, bad = int(source["rows_in"]), int(source["quarantined"])
        share = bad / rows if rows else 0.0
        passed = share <= limit
        name = f"quarantine_share:{source['source']}"
        message = (
            f"{bad} of {rows} rows of {source['source']} in quarantine ({share:.1%}); up to {limit:.0%} is let pass"
        )
        gates.append(Gate(name, "inputs", passed, round(share, 4), limit, message))
    return gates


def cluster_gates(figures: Mapping[str, Any], settings: Settings) -> list[Gate]:
    """The largest cluster: a missed hub shows here first."""
    policy = settings.policy
    largest, participants = int(figures["largest"]), int(figures["participants"])
    share = largest / participants if participants else 0.0
    passed = share <= policy.max_component_share or largest <= policy.small_component
    message = (
        f"the largest cluster has {largest} of {participants} participants ({share:.1%}); "
        f"up to {policy.max_component_share:.0%} or {policy.small_component} accounts is let pass"
    )
    return [Gate("largest_cluster_share", "clusters", passed, round(share, 4), policy.max_component_share, message)]


def output_gates(figures: Mapping[str, Any], settings: Settings) -> list[Gate]:
    """What a publication must keep: one row for each participant, evidence for each disqualified, a share in band."""
    policy = settings.policy
    participants = int(figures["participants"])
    share = int(figures["flagged"]) / participants if participants else 0.0
    in_band = policy.min_flagged_share <= share <= policy.max_flagged_share
    band = f"{policy.min_flagged_share:.0%} to {policy.max_flagged_share:.0%}"
    gates = [
        Gate(
            "flagged_share",
            "outputs",
            in_band,
            round(share, 4),
            policy.max_flagged_share,
            f"{share:.1%} of the participants flagged (disqualified or in review); the campaign's band is {band}",
        )
    ]
    for name, sentence in MUST_BE_ZERO.items():
        value = int(figures[name])
        gates.append(Gate(name, "outputs", value == 0, float(value), 0.0, f"{value} {sentence}; none is let pass"))
    return gates


MUST_BE_ZERO = {
    "undecided": "participants without exactly one decision",
    "without_reasons": "decisions without a reason",
    "too_little_evidence": "accounts the machine disqualified on fewer kinds of evidence than the policy asks",
    "without_evidence": "accounts the machine disqualified without a movement or act to show for it",
}
