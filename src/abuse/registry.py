"""The steps of a run: their order, what each reads and writes, and the gates evaluated after it.

Written here and nowhere else. `abuse.night` runs it, `abuse step` and jobs/ offer it, `poe steps` writes Airflow's copy
of it, the report and the run's page show it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from abuse.contract import Table
from abuse.tables import (
    FACTS,
    PUBLIC,
    Calls,
    ClusterFeatures,
    ClusterMembers,
    Clusters,
    ClusterTokens,
    Decisions,
    DisqualifiedAccounts,
    Events,
    Explanations,
    Features,
    FirstFunders,
    Labels,
    Links,
    MemberTies,
    ParticipantAddresses,
    Participants,
    Participation,
    ScoreCache,
    Scores,
    Services,
    Trails,
    Transfers,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `reads` are tables of the steps before it, without what it wrote itself."""

    name: str
    reads: tuple[type[Table], ...]
    writes: tuple[type[Table], ...]
    made_by: str
    """module:function, loaded when the step is run: who only asks for the order needs no Spark"""
    gate: str = ""
    """the stage of gates that is evaluated after it, if any"""

    def __call__(self, night: Any) -> dict[str, Any]:
        """Does the step; returns what it counted."""
        module, _, function = self.made_by.partition(":")
        made: Callable[[Any], dict[str, Any]] = getattr(import_module(module), function)
        return made(night)


REGISTRY = (
    Step("ingest", (), (*FACTS, Participants, ParticipantAddresses), "abuse.edge.ingest:ingest", "inputs"),
    Step(
        "services",
        (Transfers, Labels, ParticipantAddresses, FirstFunders),
        (Services,),
        "abuse.edge.steps:services",
    ),
    Step(
        "trails",
        (Transfers, Participants, ParticipantAddresses, Services, FirstFunders),
        (Trails,),
        "abuse.edge.steps:trails",
    ),
    Step(
        "links",
        (Trails, Transfers, Services, Participants, ParticipantAddresses, Participation, FirstFunders),
        (Links,),
        "abuse.edge.steps:links",
    ),
    Step("clusters", (Links, Participants), (Clusters, ClusterMembers), "abuse.edge.steps:clusters", "clusters"),
    Step(
        "features",
        (ClusterMembers, Participants, ParticipantAddresses, Links, Trails, Services, Participation, Calls, Transfers),
        (Features, ClusterFeatures, Events, MemberTies, ClusterTokens),
        "abuse.edge.steps:features",
    ),
    Step(
        "score",
        (Features, ClusterFeatures, ClusterTokens, ScoreCache),
        (Scores, Explanations, ScoreCache),
        "abuse.edge.steps:score",
    ),
    Step(
        "decide",
        (Participants, ParticipantAddresses, Clusters, Features, Scores, Links, ClusterMembers, Services),
        (Decisions, DisqualifiedAccounts),
        "abuse.edge.steps:decide",
        "outputs",
    ),
    Step("publish", tuple(PUBLIC), tuple(PUBLIC), "abuse.edge.publish:publish"),
)
STEPS = {step.name: step for step in REGISTRY}
STAGES = tuple(step.gate for step in REGISTRY if step.gate)
"""Stages of gates, in the order in which they are evaluated."""
