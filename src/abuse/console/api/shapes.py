"""The shapes of answers. Names are those of the tables; unknown is null, never 0."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """Only what is declared goes out."""

    model_config = ConfigDict(from_attributes=True, extra="ignore")


class Slice(Shape):
    """What an answer was read from: it stays the same for this run."""

    campaign_id: str
    as_of: datetime
    run_id: str


class Campaign(Shape):
    id: str
    name: str
    as_of: datetime | None = Field(description="Of the current publication.")
    run_id: str | None
    published_at: datetime | None
    verdicts: dict[str, int]
    num_clusters: int | None
    num_nights: int
    latest_status: str = Field(description="Of the last attempt, which may be held.")


class Gate(Shape):
    gate: str
    stage: str
    passed: bool
    value: float
    limit: float
    message: str


class Run(Shape):
    run_id: str
    attempt: int
    campaign_id: str
    as_of: datetime
    status: str
    finished_at: datetime
    seconds: float
    actor: str | None
    reason: str | None


class RunDetail(Run):
    versions: dict[str, int] = Field(description="Delta version of every public table.")
    gates: list[Gate]
    step_seconds: dict[str, float]
    warnings: list[str]


class Evidence(Shape):
    kind: str
    chain: str | None
    tx_hash: str | None
    tx_url: str | None = Field(description="A block explorer's page, where the settings name one.")
    sender: str | None
    recipient: str | None
    at: datetime | None
    amount: float | None
    asset: str | None
    n: int | None
    source: str | None


class Decision(Shape):
    account: str
    account_as_given: str | None = Field(description="As the campaign wrote it; null where a night does not say.")
    verdict: str
    machine_verdict: str
    cluster_id: str | None
    score: float | None
    score_lower: float | None
    member_score: float | None
    reasons: list[str]
    evidence_kinds: list[str]
    rule_version: str
    model_version: str


class Decisions(Slice):
    decisions: list[Decision]
    next_after: str | None = Field(description="`after` of the next page; null on the last.")


class AccountStatus(Slice, Decision):
    seen: str = Field(description="Digest of its cluster's members, or of itself alone; a decision may name it.")
    published_verdict: str = Field(description="What the public tables say; people may have said another since.")
    evidence: list[Evidence]
    addresses: list[str] = Field(description="Further addresses of the account.")
    for_user: dict[str, Any] | None = Field(description="What its owner may be told; holds nobody else's address.")
    withheld: str | None = Field(description="Why nothing may be told to its owner just now; null where it may.")


class Cluster(Shape):
    cluster_id: str
    founder: str
    size: int
    num_links: int
    shape: str | None
    core_funder: str | None
    core_kind: str | None
    num_cut: int
    is_giant: bool
    score: float | None
    score_lower: float | None
    disqualified: int | None
    review: int | None
    clear: int | None
    exempt: int | None
    not_analysed: int | None
    taken_by: str | None = Field(description="Who works on it; null where nobody does.")
    taken_at: datetime | None


class Clusters(Slice):
    clusters: list[Cluster]
    page: int
    num: int = Field(description="Clusters in all pages.")


class Standing(Shape):
    feature: str
    value: float | None
    share_below: float


class ClusterDetail(Slice, Cluster):
    seen: str = Field(description="Digest of its members, which a decision about it must name.")
    sentence: str
    top_reasons: list[str]
    standing: list[Standing]
    lineage: list[dict[str, Any]]


class Member(Shape):
    account: str
    role: str
    num_neighbours: int
    link_kinds: list[str]
    strength: int
    num_cut: int
    is_weak: bool
    verdict: str | None
    member_score: float | None
    evidence_kinds: list[str]


class Members(Slice):
    members: list[Member]
    next_after: str | None


class Movements(Slice):
    movements: list[Evidence]
    next_offset: int | None


class Problem(Shape):
    """RFC 9457, as `application/problem+json`."""

    type: str
    title: str
    status: int
    detail: str
    fix: str | None = None
