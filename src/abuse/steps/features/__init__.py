"""Members, participants, links, trails, acts and calls -> Features, ClusterFeatures, Events, MemberTies,
ClusterTokens.

A feature's doc in tables is the sentence a reviewer reads.
"""

from __future__ import annotations

from abuse.steps.features.clusters import cluster_features
from abuse.steps.features.events import events
from abuse.steps.features.facts import Known, known
from abuse.steps.features.members import features
from abuse.steps.features.ties import member_ties
from abuse.steps.features.tokens import cluster_tokens

__all__ = ["Known", "cluster_features", "cluster_tokens", "events", "features", "known", "member_ties"]
