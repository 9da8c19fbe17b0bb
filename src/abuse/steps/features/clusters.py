"""Facts of members -> ClusterFeatures: a cluster in about seventy figures, each family in a file of its own."""

from __future__ import annotations

import pyarrow as pa
from pyspark.sql import DataFrame

from abuse.steps.features.behaviour import behaviour
from abuse.steps.features.facts import Known, facts
from abuse.steps.features.funding import funding
from abuse.steps.features.group import Group
from abuse.steps.features.sinks import sinks
from abuse.steps.features.structure import structure
from abuse.steps.features.timing import timing
from abuse.tables import CLUSTER_FEATURES, ClusterFeatures

FAMILIES = (timing, behaviour, funding, sinks, structure)


def cluster_features(known: Known) -> DataFrame:
    """One row per cluster; a figure is empty where too little is known to have one."""
    columns = [ClusterFeatures.cluster_id, *CLUSTER_FEATURES]
    schema = ", ".join(f"{name} {'string' if name == ClusterFeatures.cluster_id else 'double'}" for name in columns)
    return facts(known).groupBy(ClusterFeatures.cluster_id).applyInArrow(figures, schema)


def figures(members: pa.Table) -> pa.Table:
    """The one row of a cluster."""
    group = Group.of(members)
    found: dict[str, float] = {}
    for family in FAMILIES:
        found |= family(group)
    values = {name: [_known(found.get(name))] for name in CLUSTER_FEATURES}
    row = {ClusterFeatures.cluster_id: [group.rows[0][ClusterFeatures.cluster_id]]} | values
    text, real = pa.string(), pa.float64()
    fields = [(name, text if name == ClusterFeatures.cluster_id else real) for name in row]
    return pa.table(row, schema=pa.schema(fields))


def _known(value: float | None) -> float | None:
    return None if value is None or value != value else float(value)  # noqa: PLR0124 -- NaN is not itself
